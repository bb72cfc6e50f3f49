"""What the engine is shown matches wherever the pattern does."""

import pytest
import regex
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scrubrelay.core.redaction.engine.superset import UnsupportedError, superset


@pytest.mark.parametrize(
    ("match", "text"),
    [
        (r"(?s) <a> .*? </a>", "<a>1\n2</a>"),
        (r"x (?i-m:a(?s: . )b)", "xa\nb"),
        (r"[\d-z] [a-]", "z-"),
        (r"[\d-z] [a-]", "--"),
        (r"(?a:\b) x", "éx"),
        (r"(?i) kapı", "KAPI"),
        (r"x \S [^\s]", "x\x1f\x1c"),
        (r"(?i) [ı-ž]x", "şx"),
        (r"(?i) x[\u0100-\u017f]", "xS"),
    ],
)
def test_the_engine_is_shown_at_least_what_matches(match, text):
    assert regex.search(match, text, regex.VERBOSE)
    framed = f"\xff{text}\xff".encode()
    flags = regex.DOTALL | regex.IGNORECASE
    assert any(regex.search(one.encode(), framed, flags) for one in superset(match))


@pytest.mark.parametrize(
    ("match", "text"),
    [
        (r"(?<! [a-z] | _ (?= pwd ) ) (?: pwd | pass )", "_pass"),
        (r"(?<! _ \b ) x", "_x"),
        (r"(?<! a (?! b ) ) b", "ab"),
        (r"x (?! (?<! x ) y )", "xy"),
        (r"x (?! y $ )", "xyz"),
    ],
)
def test_what_a_negative_look_around_leaves_out_by_more_than_characters_is_not_left_out(match, text):
    assert regex.search(match, text, regex.VERBOSE)
    framed = f"\n{text}\n".encode()
    assert any(regex.search(one.encode(), framed, regex.DOTALL) for one in superset(match))


@pytest.mark.parametrize("match", [r"a\007", r"a\101", r"[\07]b", r"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\10"])
def test_what_it_does_not_know_is_said(match):
    """Then every text is for the pattern."""
    with pytest.raises(UnsupportedError):
        superset(match)


SPELLED = r"""
a k é ı 1 _ - \. . \d \w \s \D \W \S \b \B ^ $ \A \Z \# \n \x41 \xe9 \x20
[abc] [^abc] [a-z] [\w.-] [\d-z] []a] [^]a] [#] [\s\S] [^\S\n] [ı-ž]
\p{L} \P{L} [\p{Lu}\p{N}] \P{P} \p{P} [^\P{L}] (?i:k) (?s:.) (?a:\b) (?>a+) a++
(?<!a) (?<=[ab]) (?!b) (?=[a-k]) (?<![\w]) (?!\d|x) (?<!ab) (?=.b) (?!.) (?<=\A|-) (?!(?<!x)y)
"""
ATOMS = SPELLED.split()
WORDS = "aakKbsS1_-. #é\n\t\x1f$^AZxy½ß٣"
PART = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(
        lambda parts: f"({'|'.join(parts)})" if len(parts) % 2 else f"(?:{' '.join(parts)})"
    ),
    max_leaves=6,
)
TIMES = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "+?", "*+", "{0}"])
MATCH = st.tuples(
    st.sampled_from(["", "", "(?i)", "(?s)"]),
    st.lists(st.tuples(PART, TIMES).map("".join), min_size=1, max_size=4).map(" ".join),
).map("".join)


# `regex` itself may fail to clean up after an expression that it refuses.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(max_examples=1000, deadline=None)
@given(MATCH, st.lists(st.text(WORDS, max_size=12), min_size=8, max_size=8))
def test_the_engine_misses_nothing(match, texts):
    try:
        compiled = regex.compile(match, regex.VERBOSE | regex.VERSION0)
    except regex.error:
        assume(False)
    assume(compiled.fullmatch("") is None)
    try:
        shapes = superset(match)
    except UnsupportedError:
        return
    engine = [regex.compile(one.encode(), regex.DOTALL | regex.IGNORECASE) for one in shapes]
    for text in texts:
        found = compiled.search(text)
        if found and found.end() > found.start():
            assert any(one.search(b"\xff%b\xff" % text.encode()) for one in engine), text


def test_characters_that_a_negative_look_around_excludes_are_excluded():
    """Else the engine would point at many texts for nothing."""
    (shape,) = superset(r"(?<! [a-z] | _ (?= pwd ) ) pwd")
    assert not regex.search(shape.encode(), b"xpwd")
    assert regex.search(shape.encode(), b"-pwd")
