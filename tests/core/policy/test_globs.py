"""Wildcards mean what they always mean, and no text makes one slow."""

import fnmatch
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.globs import Expression, Glob, in_any, message_matcher
from scrubrelay.core.wire.envelope import Item

NOTHING = Event(Item({"type": "event"}, b"{}"))


def matches(pattern: str, text: str, *, ignore_case: bool = True) -> bool:
    return Glob.parse(pattern, ignore_case=ignore_case).matches(text)


@given(st.text("ab*?", min_size=1, max_size=7), st.text("ab", max_size=9))
def test_it_agrees_with_fnmatch(pattern, text):
    assert matches(pattern, text, ignore_case=False) == fnmatch.fnmatchcase(text, pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*/health{/,}", "GET /health", True),
        ("*/health{/,}", "GET /healthy", False),
        ("{a,b*}x", "bcx", True),
        ("{a,b}{1,2}", "b2", True),
        ("live[z/-]*", "live-ness", True),
        ("live[z/-]*", "lively", False),
        ("[!a-c]", "d", True),
        ("[!a-c]", "b", False),
        (r"100\*", "100*", True),
        (r"100\*", "1000", False),
        ("a.c", "abc", False),
        ("*first*", "one\nfirst\nline", True),
        ("Timeout*", "TIMEOUT after 3 s", True),
        ("straße", "STRASSE", True),
    ],
)
def test_it_is_the_whole_text(pattern, text, expected):
    assert matches(pattern, text) is expected


def test_case_counts_where_it_should():
    assert not matches("Http*", "HTTPException", ignore_case=False)


@pytest.mark.parametrize("pattern", ["", "{a", "a}", "{a,{b,c}}", "[", "[z-a]", "a\\", "{a,b}" * 9])
def test_what_makes_no_sense_is_refused(pattern):
    with pytest.raises(ConfigError):
        Glob.parse(pattern)


@pytest.mark.parametrize("pattern", ["*a*a*a*a*a*a*b", "*aaab*aaab*aaab*", "*?a?*?b", "{*a,*aa}*c"])
def test_no_text_makes_it_slow(pattern):
    """A backtracking engine would take hours; the bound is for a machine with other things to do."""
    glob, text = Glob.parse(pattern), "a" * 200_000
    start = process_time()
    glob.matches(text)
    assert process_time() - start < 5


def test_an_expression_looks_anywhere_and_may_ignore_case():
    assert in_any(message_matcher("/lock \\w+ held/i"), ["the LOCK orders Held by 7"], NOTHING)
    assert not in_any(message_matcher("/^lock/"), ["the lock"], NOTHING)


@pytest.mark.parametrize("source", ["/(/", "/a*/", "/x?/i"])
def test_an_expression_that_is_none_or_matches_all_is_refused(source):
    with pytest.raises(ConfigError):
        message_matcher(source)


def test_out_of_time_is_no_match_and_remembered_and_ends_the_looking():
    event = Event(Item({"type": "event"}, b"{}"))
    slow = Expression.parse("/(?:a|aa)+$/")
    assert not slow.found("a" * 5000 + "c", event)
    assert event.late == [slow.source]
    assert not Expression.parse("/c/").found("c", event)
