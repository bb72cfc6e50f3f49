"""gitleaks.toml as a pattern file."""

import pytest

from scrubrelay.config.gitleaks import from_gitleaks, is_gitleaks
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.library import Library
from scrubrelay.core.redaction.pattern import Pack
from scrubrelay.core.redaction.redactor import Redactor

CONFIG = r"""
title = "ours"
[extend]
useDefault = true
disabledRules = ["generic-api-key"]

[[rules]]
id = "acme-api-key"
description = "Acme API key"
regex = '''(?i)acme[\w .-]{0,10}[:=]\s{0,3}['"\x60]?([a-z0-9]{16})(?:['"\x60\s;]|$)'''
entropy = 3
keywords = ["acme"]
[[rules.allowlists]]
stopwords = ["example"]
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''(?i)# a test$''']

[[rules]]
id = "1acme-2session"
regex = '''(sess)-([0-9a-f]{8})'''
secretGroup = 2
path = '''\.env$'''

[[rules]]
id = "pem"
path = '''\.pem$'''

[allowlist]
paths = ['''vendor/''']
regexes = ['''^q8zr''']
"""
KEY = "v4kd7tnb2wyc5jhp"


def load(text: str = CONFIG) -> Pack:
    return from_gitleaks(text, "rules/gitleaks.toml")


def scrub(text: str, config: str = CONFIG) -> str:
    return Redactor(Library.compile([load(config)])).text(text)[0]


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        (f"ACME_KEY = '{KEY}'", "ACME_KEY = '[acme-api-key]'"),
        ("acme_key = aaaaaaaaaaaaaaab", None),
        ("acme_key = " + KEY[:9] + "example", None),
        (f"acme_key = {KEY} # a test", None),
        ("acme_key = q8zr3lm0vkd7tnb2", None),
        (f"bolt_key = {KEY}", None),
        ("sess-0f3a9b7c", "sess-[acme-session]"),
    ],
)
def test_rules_mean_what_they_mean_there(text, becomes):
    assert scrub(text) == (becomes or text)


def test_ids_and_labels_are_ours():
    assert [one.id for one in load().patterns] == ["gitleaks.acme_api_key", "gitleaks.1acme_2session"]
    assert load().patterns[0].why == "Acme API key"


def test_what_is_not_done_is_noted():
    notes = " ".join(load().notes)
    told = (
        "[extend]: useDefault",
        "disabledRules",
        "1acme-2session: path",
        "pem: regex: not taken",
        "allowlist.paths",
    )
    assert [one for one in told if one not in notes] == []


@pytest.mark.parametrize(("condition", "stays"), [("", True), ("AND", False), ("OR", True)])
def test_an_allowlist_that_wants_a_file_never_allows(condition, stays):
    """AND with a path cannot hold in an event; OR still has its expressions."""
    allow = f"condition = '{condition}'\npaths = ['x']\nregexes = ['a1']\n"
    config = f"[[rules]]\nid = 'k'\nregex = 'k[a-z0-9]+'\n[[rules.allowlists]]\n{allow}"
    assert scrub("ka1b2", config) == ("ka1b2" if stays else "[k]")


def test_an_allowlist_for_single_rules():
    config = (
        "[[rules]]\nid = 'k'\nregex = 'k[0-9]{3}'\n[[rules]]\nid = 'm'\nregex = 'm[0-9]{3}'\n"
        "[[allowlists]]\ntargetRules = ['k']\nregexes = ['1$']\n"
    )
    assert scrub("k121 m121 k122", config) == "k121 [m] [k]"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("regex = '''ab(c'''", "rule x: regex: line 1, column 5: missing )"),
        ("regex = '''a b(?=c)'''", "rule x: regex: line 1, column 4: a group that Go does not know"),
        ("regex = '''a b++*'''", "rule x: regex: line 1, column 6: multiple repeat"),
        ("regex = 'a*'", "rule x: regex: matches the empty string"),
        ("regex = 'a(b)'\nsecretGroup = 2", "rule x: secretGroup: 2, but the regex has 1 groups"),
        ("regex = 'a'\nentropy = 'x'", "rule x: entropy: expected a number"),
        ("regex = 'a'\n[rules.allowlist]\nregexes = ['(']", "rule x: allowlist.regexes: line 1, column 2"),
        ("regex = 'a'\n[rules.allowlist]\nregexTarget = 'x'", "allowlist.regexTarget: expected"),
        ("path = 'a'", "no rule with a regex"),
    ],
)
def test_what_is_wrong_is_told(rule, told):
    with pytest.raises(ConfigError) as caught:
        load(f"[[rules]]\nid = 'x'\n{rule}\n")
    assert any(told in one for one in caught.value.problems)


def test_it_is_known_by_its_rules():
    assert is_gitleaks(CONFIG)
    assert not is_gitleaks('[[pattern]]\nid = "a.b"\nwhy = "rules = of the house"\n')
