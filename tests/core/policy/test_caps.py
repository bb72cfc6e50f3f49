"""Whose count an event is held against, and what the count says."""

from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.policy.caps import Cap, Capped, CapRule, Claim, Condition, Count, Untold
from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.globs import Glob
from scrubrelay.core.wire.envelope import Item

NOW = 1_800_000_000.0
SECRET = b"s" * 32
HOUR = 3600.0


def event(message: str = "out of stock", **fields: object) -> Event:
    return Event(Item({"type": "event"}, orjson.dumps({"message": message, **fields})))


def thrown(kind: str, value: str = "") -> Event:
    return event("", exception={"values": [{"type": kind, "value": value}]})


def when(**globs: str) -> Condition:
    return Condition({name: (Glob.parse(glob),) for name, glob in globs.items()})


def keys(cap: Cap, one: Event, project: int = 1) -> tuple[bytes, ...]:
    claim = cap.claim(one, project, SECRET)
    assert claim is not None
    return claim.keys


def claim(limit: int = 3, *, trickle: bool = False, told: int = 0) -> Claim:
    return Claim((b"k" * 16,), limit, HOUR, trickle, told)


# ---- whose count


def test_events_of_one_issue_share_a_count():
    assert keys(Cap(), event("order 17 is lost")) == keys(Cap(), event("order 18 is lost"))
    assert keys(Cap(), event("order 17 is lost")) != keys(Cap(), event("the order is lost"))


def test_projects_have_counts_of_their_own():
    assert keys(Cap(), event(), 1) != keys(Cap(), event(), 2)


@pytest.mark.parametrize("apart", [True, False])
def test_environments_have_counts_of_their_own_by_choice(apart):
    cap = Cap(by_environment=apart)
    first, other = (keys(cap, event(environment=name)) for name in ("staging", "production"))
    assert (first != other) is apart


def test_nothing_readable_is_kept():
    """Whoever has the keys and guesses the message cannot tell without the secret."""
    assert Cap().claim(event(), 1, SECRET) != Cap().claim(event(), 1, b"t" * 32)
    assert {len(key) for key in keys(Cap(), event())} == {16}


@pytest.mark.parametrize(
    ("condition", "one"),
    [
        ({"type": "Time*"}, thrown("TimeoutError")),
        ({"message": "*of stock"}, event()),
        ({"message": "*late*"}, thrown("TimeoutError", "too late")),
        ({"environment": "production"}, event()),
        ({"release": "shop@1.*"}, event(release="shop@1.4")),
        ({"logger": "audit.*"}, event(logger="audit.log")),
        ({"level": "fatal"}, event(level="fatal")),
        ({"level": "error"}, event()),
        ({"transaction": "/pay*"}, event(transaction="/pay/cards")),
    ],
)
def test_what_is_exempt_asks_nobody(condition, one):
    assert Cap(exempt=when(**condition)).claim(one, 1, SECRET) is None


def test_all_of_a_condition_must_hold():
    cap = Cap(exempt=when(level="fatal", logger="audit"))
    assert cap.claim(event(level="fatal"), 1, SECRET) is not None
    assert cap.claim(event(level="fatal", logger="audit"), 1, SECRET) is None


def test_the_last_rule_that_matches_counts_and_counts_apart():
    rules = (CapRule(when(level="*"), 7, 60.0), CapRule(when(level="warning"), 2, 30.0))
    cap = Cap(rules=rules)
    found = [cap.claim(event(level=level), 1, SECRET) for level in ("warning", "error")]
    assert [(one.limit, one.window) for one in found if one] == [(2, 30.0), (7, 60.0)]
    assert len({keys(cap, event(level=level)) for level in ("warning", "error")}) == 2


def test_a_rule_can_lift_the_cap_or_set_one_where_there_is_none():
    lifted = Cap(rules=(CapRule(when(logger="audit"), None, HOUR),))
    assert lifted.claim(event(logger="audit"), 1, SECRET) is None
    alone = Cap(None, rules=(CapRule(when(logger="chatty"), 1, HOUR),))
    assert alone.claim(event(), 1, SECRET) is None
    assert alone.claim(event(logger="chatty"), 1, SECRET) is not None


# ---- what the count says


def admitted(count: Count, asked: Claim, now: float = NOW) -> Count | None:
    try:
        return count.admit(asked, now)
    except Capped:
        return None


def test_as_many_go_on_as_the_cap_says():
    count, went = Count(NOW), 0
    for _ in range(10):
        after = admitted(count, claim(3))
        went, count = went + (after is not None), after or count
    assert went == 3


def test_the_first_refusal_of_a_window_is_told_from_the_others():
    full = Count(NOW, admitted=3)
    with pytest.raises(Capped) as first:
        full.admit(claim(3), NOW)
    with pytest.raises(Capped) as second:
        first.value.count.admit(claim(3), NOW)
    assert (first.value.first, second.value.first) == (True, False)


@pytest.mark.parametrize("later", [HOUR, 2 * HOUR, 1e6, -HOUR, -1e6])
def test_a_window_ends_or_begins_anew_when_the_clock_was_put_back_by_more(later):
    count = Count(NOW, admitted=3, reached=True, held=9).admit(claim(3), NOW + later)
    assert (count.started, count.admitted, count.held) == (NOW + later, 1, 0)


@pytest.mark.parametrize("later", [HOUR - 1, -HOUR + 1, 0])
def test_a_window_holds_until_its_end_and_through_small_jumps_of_the_clock(later):
    assert admitted(Count(NOW, admitted=3), claim(3), NOW + later) is None


def test_one_goes_on_after_10_100_and_1000():
    count, went = Count(NOW, admitted=3), []
    for number in range(1, 2001):
        after = admitted(count, claim(3, trickle=True, told=count.untold))
        went += [(number, count.untold)] * (after is not None)
        count = after or count.suppress(1, NOW, HOUR)
    assert went == [(11, 10), (102, 90), (1003, 900)]


def test_the_trickle_does_not_use_up_the_cap():
    count = Count(NOW, admitted=3, held=10, untold=10).admit(claim(3, trickle=True, told=10), NOW)
    assert (count.admitted, count.trickled) == (3, 10)


@pytest.mark.parametrize("told", [0, 6])
def test_an_event_must_tell_how_many_did_not_go_on_and_no_more(told):
    with pytest.raises(Untold) as refusal:
        Count(NOW, untold=5, since=NOW - 9).admit(claim(told=told), NOW)
    assert (refusal.value.count.untold, refusal.value.count.since) == (5, NOW - 9)


def test_what_came_after_it_asked_is_for_the_next_to_tell():
    count = Count(NOW, untold=7, since=NOW - 9).admit(claim(told=5), NOW)
    assert (count.untold, count.since) == (2, NOW)


def test_what_is_untold_outlives_the_window():
    count = Count(NOW, admitted=3).suppress(4, NOW + 1, HOUR).at(NOW + 2 * HOUR, HOUR)
    assert (count.untold, count.since, count.held) == (4, NOW + 1, 0)


def test_a_batch_of_a_window_that_is_over_is_told_and_not_held():
    count = Count(NOW).suppress(4, NOW + HOUR, HOUR)
    assert (count.held, count.untold, count.reached) == (0, 4, False)


@given(
    limit=st.integers(1, 5),
    trickle=st.booleans(),
    steps=st.lists(st.tuples(st.floats(0, 2000), st.integers(0, 200)), max_size=60),
)
def test_whatever_comes_no_window_has_more_than_its_cap_and_all_are_told(limit, trickle, steps):
    """Each step is a pause, an event that asks and tells, and events that nobody asked for."""
    now, count, told, suppressed = NOW, Count(NOW), 0, 0
    windows: dict[float, int] = {}
    for pause, more in steps:
        now += pause
        asked = replace(claim(limit, trickle=trickle), told=count.untold)
        after = admitted(count, asked, now)
        if after is None:
            suppressed, count = suppressed + 1, count.suppress(1, now, HOUR)
            suppressed, count = suppressed + more, count.suppress(more, now, HOUR)
        else:
            windows[after.started] = after.admitted
            told, count = told + asked.told, after
        assert told + count.untold == suppressed
    assert all(most <= limit for most in windows.values())
