"""gitleaks.toml as a pattern file."""

import tomllib
from pathlib import Path

import orjson
import pytest

from scrubrelay.config.foreign.gitleaks import from_gitleaks, is_gitleaks
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import Pack, Pattern
from scrubrelay.core.redaction.policy import Policy
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


def test_all_of_them_are_a_category():
    assert {one.categories for one in load().patterns} == {("gitleaks",)} == {load().categories}


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
        ("regex = '''a b++'''", "rule x: regex: line 1, column 5: multiple repeat"),
        ("regex = 'a*'", "rule x: regex: matches the empty string"),
        ("regex = 'a(b)'\nsecretGroup = 2", "rule x: secretGroup: 2, but the regex has 1 groups"),
        ("regex = 'a'\nentropy = 'x'", "rule x: entropy: expected a number"),
        ("regex = 'a'\n[rules.allowlist]\nregexes = ['(']", "rule x: allowlist.regexes: line 1, column 2"),
        ("regex = 'a'\n[rules.allowlist]\nregexTarget = 'x'", "allowlist.regexTarget: expected"),
        ("regex = 'a'\nsecretGroup = 'x'", "rule x: secretGroup: expected the number of a group"),
        ("regex = 'a'\nkeywords = 'acme'", "rule x: keywords: expected a list of strings"),
        ("regex = 'a'\n[rules.allowlist]\nregexes = 'a'", "rule x: regexes: expected a list of strings"),
        (
            "regex = 'a'\n[[rules.allowlists]]\nstopwords = [1]",
            "rule x: stopwords: expected a list of strings",
        ),
    ],
)
def test_what_is_wrong_is_told(rule, told):
    with pytest.raises(ConfigError) as caught:
        load(f"[[rules]]\nid = 'x'\n{rule}\n")
    assert any(told in one for one in caught.value.problems)


@pytest.mark.parametrize(
    "text",
    [
        "[extend]\nuseDefault = true\n[allowlist]\nregexes = ['a1']\n",
        "[extend]\npath = 'base.toml'\n[[rules]]\nid = 'x'\nkeywords = ['y']\n",
        "[[rules]]\nid = 'x'\npath = 'a'\n",
    ],
)
def test_a_file_that_only_changes_the_rules_of_another_one_is_taken_and_told(text):
    assert is_gitleaks(text)
    assert load(text).patterns == ()
    assert any("nothing is looked for" in note for note in load(text).notes)


def test_keys_are_known_in_any_case_as_there():
    config = (
        "[[rules]]\nID = 'k'\nRegex = '(a)(b)'\nsecretgroup = 2\n[[rules.AllowLists]]\nStopWords = ['x']\n"
    )
    assert scrub("ab", config) == "a[k]"
    assert load(config).patterns[0].allow


def test_a_key_that_is_not_known_is_told():
    assert any(
        "rule k: regexp: unknown" in one for one in load("[[rules]]\nid='k'\nregex='a'\nregexp='b'\n").notes
    )


SLOW = r"""
[[rules]]
id = "yaml"
regex = '''(?i)kind:[ ]secret(?:.|\s){0,200}?data:(?:.|\s){0,100}?\s+([\w.-]+:[ ][a-z0-9+/]{10,}={0,3})'''
[[rules]]
id = "jira"
regex = '''(?i)[\w.-]{0,50}?(?:jira)(?:[ \t\w.-]{0,20})[\s'"]{0,3}[=:][\s"]{0,5}([a-z0-9]{24})(?:["\s]|$)'''
[[rules]]
id = "match"
regex = '''[\w.-]{0,50}?(?:bamboo)=([a-z0-9]{24})'''
[[rules.allowlists]]
regexTarget = "match"
regexes = ['''^my-''']
"""


def test_what_takes_no_time_there_takes_little_here():
    """Their engine never tries twice; ours would, at each space and letter."""
    redactor = Redactor(Library([*load(SLOW).patterns], engine=False), Policy(budget=0.5))
    for text in ("kind: secret\ndata:" + " " * 90 + "\n" * 90, "jira " + "x" * 5000, "x" * 5000 + " jira"):
        assert redactor.text(text) == (text, ())
    key = "k" * 23 + "1"
    assert redactor.text(f"our.jira.key: {key}")[0] == "our.jira.key: [jira]"
    assert redactor.text("kind: secret\n\ndata:\n  a: " + key)[0] == "kind: secret\n\ndata:\n  [yaml]"


def test_where_an_allowlist_looks_at_the_match_it_stays_whole():
    assert scrub("my-bamboo=" + "k" * 24, SLOW) == "my-bamboo=" + "k" * 24
    assert scrub("a-bamboo=" + "k" * 24, SLOW) == "a-bamboo=[match]"


DATA = Path(__file__).parent / "data"


def test_it_finds_what_gitleaks_itself_found():
    """60 rules and 237 texts, given to gitleaks 8.24.3; the findings are its own."""
    path = DATA / "gitleaks_rules.toml"
    rules = [rule for rule in tomllib.loads(path.read_text())["rules"] if "regex" in rule]
    patterns = from_gitleaks(path.read_text(), path.name).patterns
    for text, findings in orjson.loads((DATA / "gitleaks_findings.json").read_bytes()):
        found = [
            [rule["id"], cut]
            for rule, pattern in zip(rules, patterns, strict=True)
            for cut in cuts(pattern, text)
        ]
        assert sorted(found) == findings, text


def cuts(pattern: Pattern, text: str) -> set[str]:
    """Return what one pattern finds in a text that no other pattern changes; it trims line ends."""
    (rule,) = Library([pattern], engine=False).rules
    if rule.keywords and not any(word in text.lower() for word in rule.keywords):
        return set()
    spans = [found.span(rule.cut) for found in rule.regex.finditer(text)]
    return {text[start:end].strip("\n") for start, end in spans}


def test_it_is_known_by_its_rules():
    assert is_gitleaks(CONFIG)
    assert not is_gitleaks('[[pattern]]\nid = "a.b"\nwhy = "rules = of the house"\n')
