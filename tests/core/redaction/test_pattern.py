"""What a pattern file may say."""

from dataclasses import replace

import pytest

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.detectors.library import Library, group_of
from scrubrelay.core.redaction.detectors.pattern import Own, Pack, compile_match, parse_pack
from scrubrelay.core.redaction.redactor import Redactor

FIVE_LINES = """[[pattern]]
id    = "shop.customer"
label = "[customer]"
match = 'CUS-[0-9]{6}'
"""


def parse(text: str, names: str = "Acme\n") -> Pack:
    return parse_pack(text, "rules/shop.toml", Own(lambda file: (file, names)))


def scrub(text: str, pack: str) -> str:
    return Redactor(Library.compile([parse(pack)])).text(text)[0]


def problems(text: str, **more: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text, **more)
    return list(caught.value.problems)


def test_id_label_and_match_are_enough_for_a_file_of_the_user():
    assert scrub("for CUS-204417", FIVE_LINES) == "for [customer]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("pattern = ['CUS-[0-9]{6}']\n", "expected at least one [[pattern]], and nothing else"),
        (FIVE_LINES.replace("CUS", "#CUS"), "matches the empty string; # begins a comment"),
        (FIVE_LINES + "only_at = ['$user.email']\n", "only_at: '$user.email': expected a path such as"),
        (FIVE_LINES + "not_at = ['tags.a', 'a || b']\n", "not_at: 'a || b': expected a path such as"),
    ],
)
def test_what_a_newcomer_writes_is_told(text, told):
    (problem,) = problems(text)
    assert told in problem


def test_a_list_that_cannot_be_read_is_told_once():
    def read(_file: str) -> tuple[str, str]:
        raise ConfigError(["names.txt: cannot be read"])

    text = "[[pattern]]\nid = 'a.b'\nlabel = '[c]'\nlist = 'names.txt'\n"
    with pytest.raises(ConfigError) as caught:
        parse_pack(text, "rules/shop.toml", Own(read))
    assert caught.value.problems == ("rules/shop.toml: pattern a.b: list: names.txt: cannot be read",)


def test_the_library_itself_must_explain_and_prove():
    with pytest.raises(ConfigError) as caught:
        parse_pack(FIVE_LINES, "shop.toml")
    told = " ".join(caught.value.problems)
    assert all(word in told for word in ("why: expected", "example: expected", "counterexample: expected"))


def test_entropy_and_allow():
    pack = FIVE_LINES + "entropy = 2.5\nallow = ['^CUS-12', 'CUS-00']\n"
    assert (
        scrub("CUS-204417 CUS-123459 CUS-000000 CUS-222222", pack)
        == "[customer] CUS-123459 CUS-000000 CUS-222222"
    )


def test_a_list_stands_in_place_of_match():
    assert (
        scrub("acme called", FIVE_LINES.replace("match = 'CUS-[0-9]{6}'", 'list = "n.txt"'))
        == "[customer] called"
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("match = '''a\n  (b'''", "match: line 2, column 5: missing )"),
        ("match = 'a'\nallow = ['(']", "allow: line 1, column 2: missing )"),
        ("match = 'a'\nallow = '('", "allow: expected a list of strings"),
        ("match = 'a'\nentropy = 'high'", "entropy: expected a number above 0"),
        ("match = 'a'\nlist = 'n.txt'", "match: expected one of match (a shape), list"),
        ("near = 3", "match: expected one of match (a shape), list"),
        ("list = 'n.txt'\ncase = 'yes'", "case: expected true or false"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(line, told):
    text = FIVE_LINES.replace("match = 'CUS-[0-9]{6}'", line)
    assert any(f"rules/shop.toml: pattern shop.customer: {told}" in one for one in problems(text))


@pytest.mark.parametrize("names", ["", "# none\n", "Acme\n***\n"])
def test_a_list_has_names_with_words(names):
    text = FIVE_LINES.replace("match = 'CUS-[0-9]{6}'", 'list = "n.txt"')
    assert any("n.txt: expected names" in one for one in problems(text, names=names))


def test_a_list_is_for_files_of_the_user():
    with pytest.raises(ConfigError) as caught:
        parse_pack(FIVE_LINES.replace("match = 'CUS-[0-9]{6}'", 'list = "n.txt"'), "shop.toml")
    assert any("list: only in files of your own" in one for one in caught.value.problems)


def test_the_group_that_is_cut_is_known_without_compiling(packs):
    """What is cut by the relay's own patterns is read from their text at the start."""
    shapes = [replace(one, measured=True) for pack in packs for one in pack.patterns if one.match]
    assert [*map(group_of, shapes)] == [
        "cut" if "cut" in compile_match(one).groupindex else 0 for one in shapes
    ]


@pytest.mark.parametrize(
    ("match", "left"), [("a (?P<cut> b )", "a[customer]"), ("a b # no (?P<cut>", "[customer]")]
)
def test_a_group_that_is_only_talked_about_is_none(match, left):
    assert scrub("ab", FIVE_LINES.replace("CUS-[0-9]{6}", match)) == left
