"""Go's expressions mean here what they mean there."""

import pytest

from scrubrelay.config.foreign.re2 import translate
from scrubrelay.config.foreign.re2_class import ForeignError
from scrubrelay.core.redaction.detectors.finders import compiled
from scrubrelay.core.redaction.engine.superset import superset

BACKTICK = "\\x60"


@pytest.mark.parametrize(
    ("expression", "found", "left"),
    [
        ("a b#c", ["a b#c"], ["ab", "abc"]),
        ("a\tb\nc", ["a\tb\nc"], ["abc"]),
        (r"[ #]x", [" x", "#x"], ["ax"]),
        (r"ab\z", ["cab"], ["abc", "ab\n"]),
        (rf"['\"{BACKTICK}]k", ["`k", "'k"], ["k"]),
        (r"\x{1F600}", ["\U0001f600"], ["x"]),
        (r"a\x2eb", ["a.b"], ["axb"]),
        (r"[\x2d\x5d]a", ["-a", "]a"], ["xa"]),
        (r"\Qa.b*[\E+", ["a.b*[[["], ["axb*["]),
        (r"(?i)abc", ["ABC"], ["AB"]),
        (r"a(?i)b", ["aB"], ["AB"]),
        (r"a(?i)b|c", ["aB", "C"], ["AB"]),
        (r"(a(?i)b|c)d", ["aBd", "Cd"], ["aBD", "ABd"]),
        (r"(?i)a(?-i:b)", ["Ab"], ["AB"]),
        (r"(?i)a(?-i)b", ["Ab"], ["AB"]),
        (r"(?i:a)b", ["Ab"], ["AB"]),
        (r"(?s)a.b|(?s:c.d)", ["a\nb", "c\nd"], ["ab"]),
        (r"(?P<n>a)(?<m>b)", ["ab"], ["a"]),
        (r"[[:alpha:]]-[[:xdigit:]_]", ["g-_", "x-f"], ["1-f"]),
        (r"\pL\p{Nd}\PL", ["a1-"], ["1a-"]),
        (r"\p{^L}x", ["1x"], ["ax"]),
        (r"a{,2}", ["a{,2}"], ["aa"]),
        (r"a{2}b{1,}", ["aabb"], ["ab"]),
        (r"[]a]x[^]]", ["]xa"], ["bxa", "ax]"]),
        (r"[[a]x", ["[x"], ["bx"]),
        (r"a\d\w", ["a1b"], ["a٣b", "a1é"]),
        (r"\ba", ["éa"], ["ba"]),
        (r"a\Bé|\Bx", ["axx"], ["aé", "éx"]),
        (r"a[\w-.]b", ["a-b", "a.b"], ["aéb", "a/b"]),
        (r"a\sb", ["a b"], ["a\vb", "a\u00a0b"]),
        (r"[[:^alpha:]_]b", ["1b", "_b", "éb"], ["ab"]),
        (r"(?i)[[:^upper:]]1", ["_1"], ["a1", "K1", "ſ1"]),
        (r"a\D[^\S\n]", ["ab ", "a٣ "], ["a1 ", "ab\n"]),
        ("ab$", ["cab"], ["ab\n"]),
        ("(?m)ab$", ["ab\nc"], ["abc"]),
        ("(?U)<.+>$|<.+?>", ["<a>"], ["<>"]),
        (r"a\101\x{e9}\a", ["aAé\a"], ["aA"]),
        (r"[&&a][~~b][||c]", ["&~|", "abc"], ["xbc"]),
        (r"a(?:.|\s)+?b", ["a\nb", "a b"], ["ab"]),
        (r"a(.|-)b", ["a-b", "axb"], ["a\nb"]),
        (r"a(?s:.|x)b", ["a\nb"], ["ab"]),
        (r"a(?:[xy]|\.|z|[^q])b", ["axb", "a.b", "azb", "awb"], ["aqb"]),
        (r"a(?:[xy]|\.|z)b", ["axb", "a.b", "azb"], ["awb", "a|b"]),
        (r"(?:a(?m)b$|c)\n$", ["ab\n"], ["b\n"]),
    ],
)
def test_it_matches_what_go_matches(expression, found, left):
    made = compiled(translate(expression).text)
    assert [text for text in found if not made.search(text)] == []
    assert [text for text in left if made.search(text)] == []


@pytest.mark.parametrize(
    ("expression", "found", "left"),
    [
        (r"a\d\w", ["a1b", "a٣é"], ["ab"]),
        (r"\bé", ["-é"], ["aé"]),
        (r"(?-u:\w\b)é", ["aé"], ["éé"]),
        ("[a-z&&[^aeiou]]1", ["b1"], ["a1", "&1"]),
        (r"[\w--[a-c0-9]]!", ["d!"], ["b!", "1!"]),
        ("[a-c~~b-d]!", ["a!", "d!"], ["b!"]),
        ("[^[a-c][xy]]!", ["d!"], ["a!", "x!"]),
        ("[a[b-c]]!", ["a!", "c!"], ["[!"]),
        ("[&&a]!x", [], ["a!x", "&!x"]),
        ("[--a]!", ["-!", "a!"], ["b!"]),
        (r"(?x) a b # c", ["ab"], ["a b"]),
        ("(?x)[ a # no b\n]!", ["a!"], [" !", "#!", "b!"]),
        (r"\u{e9}\u00e9\U000000e9", ["ééé"], ["é"]),
        ("^a*+a$|^(?:b{2}){2}$|^c{2}{2}$", ["aaa", "bbbb", "cccc"], ["bb", "cc", "cccccccc"]),
        (r"\<a|z\>|b\b{end}", ["-a", "z-", "b-"], ["xa", "zx", "bx"]),
        ("ab$", ["cab"], ["ab\n"]),
    ],
)
def test_it_matches_what_rust_matches(expression, found, left):
    made = compiled(translate(expression, dialect="rust").text)
    assert [text for text in found if not made.search(text)] == []
    assert [text for text in left if made.search(text)] == []


@pytest.mark.parametrize(
    "expression", [r"\Qa\E", "a{,2}", "a{", r"[\d-z]", r"\p{^L}", "(?R)a", "(?<=a)b", r"\8", "[[a]"]
)
def test_what_rust_refuses_is_refused(expression):
    with pytest.raises(ForeignError):
        translate(expression, dialect="rust")


def test_one_group_is_cut_by_its_number():
    made = translate("(a)(?P<x>b)(?:c)(d)", 3)
    assert compiled(made.text).search("abcd")["cut"] == "d"
    assert made.groups == 3


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        ("a(?=b)", 1),
        (r"a\Cb", 1),
        ("(?X)a", 0),
        ("a*+", 2),
        ("a{2}{3}", 4),
        ("|*", 1),
        (r"\Z", 0),
        (r"\1", 0),
        ("[z-a]", 2),
        (r"[a-\d]", 2),
        ("ab)", 2),
        ("(ab", 3),
        ("x[a", 1),
        ("a\\", 1),
        ("[[:x:]]", 1),
    ],
)
def test_what_cannot_be_said_is_told_with_its_place(expression, at):
    with pytest.raises(ForeignError) as caught:
        translate(expression)
    assert caught.value.at == at


def test_the_engine_understands_a_typical_rule():
    before = r"(?i)[\w.-]{0,50}?(?:acme)(?:[ \t\w.-]{0,20})[\s'\"]{0,3}(?:=|>|:{1,3}=)"
    after = r"[\x60'\"\s=]{0,5}([a-z0-9]{32})(?:[\x60'\"\s;]|\\[nr]|$)"
    made = translate(before + after)
    assert superset(made.text)


def test_positions_lead_back():
    made = translate(r"a b(?i)c{2}[d#]e")
    assert made.origin(made.text.index("e")) == 15
