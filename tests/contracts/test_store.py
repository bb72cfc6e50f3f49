"""What any store must do; a new one joins by a line in `MAKERS`."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from scrubrelay.core.errors import RateLimited, Reason
from scrubrelay.core.ledger import RELAY, Account, Fate
from scrubrelay.core.pipeline import Clean
from scrubrelay.core.policy.caps import Capped, Claim, Untold
from scrubrelay.core.policy.capture import Switch
from scrubrelay.core.wire.ratelimits import RateLimit, RateLimits
from scrubrelay.service.stores.base import Entry, Pending, Settlement, State, Store, StoreOptions
from scrubrelay.service.stores.firsts import MOST_NAMES
from scrubrelay.service.stores.sqlite import SqliteStore

MAKERS: Mapping[str, Callable[[Path, StoreOptions], Store]] = {
    "sqlite": lambda directory, options: SqliteStore(directory / "store.db", options),
}
NOW = 1_800_000_000.0
BODY = Clean(b'{"event_id":"00"}\n')
Make = Callable[..., Any]


@pytest.fixture(params=MAKERS)
async def make(request, tmp_path: Path) -> AsyncIterator[Make]:
    """Open stores on the same data; all are closed after the test."""
    opened: list[Store] = []

    async def open_store(**options: Any) -> Store:
        store = MAKERS[request.param](tmp_path, StoreOptions(**options))
        await store.open()
        opened.append(store)
        return store

    yield open_store
    for store in opened:
        await store.close()


@pytest.fixture
async def store(make: Make) -> Store:
    return await make()


def entry(*targets: str, at: float = NOW, body: bytes = BODY, **changes: Any) -> Entry:
    fields = {"kept": (("error", 1),), "project_id": 1, "key": "k" * 32, "event_id": "e" * 32}
    return Entry(**{**fields, "received_at": at, "clean": Clean(body), "targets": targets, **changes})


def forwarded(*ids: int) -> list[Settlement]:
    return [Settlement(parcel_id, Fate.FORWARDED, NOW) for parcel_id in ids]


async def books(store: Store) -> dict[tuple[str, str, str], int]:
    return {account[1:]: quantity for account, quantity in await store.books()}


async def test_what_was_kept_is_there_after_opening_again(store: Store, make: Make) -> None:
    await store.append(entry("a"))
    await store.close()
    (parcel,) = await (await make()).waiting("a", 0, 10, 10**6)
    assert (parcel.clean, parcel.event_id, parcel.received_at) == (BODY, "e" * 32, NOW)
    assert parcel.categories == ("error",)


async def test_parcels_wait_in_the_order_of_arrival(store: Store) -> None:
    for number in range(5):
        await store.append(entry("a", event_id=f"{number:032}"))
    read = await store.waiting("a", 0, 10, 10**6)
    assert [int(parcel.event_id or "") for parcel in read] == [0, 1, 2, 3, 4]


async def test_reading_stops_at_a_number_and_goes_on_from_an_id(store: Store) -> None:
    ids = [(await store.append(entry("a")))[0].id for _ in range(5)]
    first = await store.waiting("a", 0, 2, 10**6)
    rest = await store.waiting("a", first[-1].id, 10, 10**6)
    assert [parcel.id for parcel in (*first, *rest)] == ids


async def test_reading_stops_at_a_sum_of_bytes_but_reads_at_least_one(store: Store) -> None:
    for _ in range(3):
        await store.append(entry("a", body=b"x" * 1000))
    assert [len(await store.waiting("a", 0, 10, most)) for most in (1, 1001, 10**6)] == [1, 2, 3]


async def test_an_envelope_waits_for_each_of_its_targets_by_itself(store: Store) -> None:
    to_a, to_b = await store.append(entry("a", "b"))
    assert await store.settle(forwarded(to_a.id)) == 1
    assert await store.waiting("a", 0, 10, 10**6) == []
    assert [parcel.id for parcel in await store.waiting("b", 0, 10, 10**6)] == [to_b.id]
    assert await store.body(to_b.envelope_id) == BODY


async def test_the_body_goes_with_the_last_of_its_parcels(store: Store) -> None:
    parcels = await store.append(entry("a", "b"))
    await store.settle(forwarded(*(parcel.id for parcel in parcels)))
    assert await store.body(parcels[0].envelope_id) is None
    assert (await store.status()).used_bytes == 0


async def test_settling_twice_counts_once(store: Store) -> None:
    (parcel,) = await store.append(entry("a"))
    assert [await store.settle(forwarded(parcel.id)) for _ in range(2)] == [1, 0]
    assert await books(store) == {
        ("error", RELAY, "received"): 1,
        ("error", RELAY, "passed"): 1,
        ("error", "a", "received"): 1,
        ("error", "a", "forwarded"): 1,
    }


@pytest.mark.parametrize("reason", [Reason.EXPIRED, Reason.RATE_LIMITED, Reason.REFUSED])
async def test_what_is_dropped_for_a_target_is_booked_with_its_reason(store: Store, reason: Reason) -> None:
    (parcel,) = await store.append(entry("a"))
    await store.settle([Settlement(parcel.id, reason, NOW, 403)])
    assert (await books(store))["error", "a", reason] == 1
    assert await store.balance() == []


async def test_items_dropped_on_arrival_are_in_the_relays_own_books(store: Store) -> None:
    dropped = (("attachment", Reason.NOT_UNDERSTOOD, 700),)
    await store.append(entry("a", kept=(), clean=None, dropped=dropped))
    assert await books(store) == {
        ("attachment", RELAY, "received"): 700,
        ("attachment", RELAY, "not_understood"): 700,
    }


async def test_what_was_refused_to_the_client_is_counted(store: Store) -> None:
    store.count(entry("a", kept=(), clean=None, dropped=(("error", Reason.STORE_FULL, 1),)))
    await store.flush()
    assert (await books(store))["error", RELAY, "store_full"] == 1


async def test_a_target_that_wants_none_of_it_gets_no_parcel(store: Store) -> None:
    parcels = await store.append(entry("a", "b", limited=frozenset({"b"})))
    assert [parcel.target for parcel in parcels] == ["a"]
    assert (await books(store))["error", "b", "rate_limited"] == 1
    assert await store.balance() == []


async def test_a_full_store_says_so_and_takes_envelopes_again_when_some_have_left(make: Make) -> None:
    store = await make(max_bytes=3000)
    (parcel,) = await store.append(entry("a", body=b"x" * 2000))
    with pytest.raises(RateLimited) as refusal:
        await store.append(entry("a", body=b"x" * 2000))
    assert (refusal.value.retry_after, refusal.value.rate_limits) == (60, "60::key:store_full")
    await store.settle(forwarded(parcel.id))
    assert await store.append(entry("a", body=b"x" * 2000))


async def test_fullness_is_that_of_all_workers_together(make: Make) -> None:
    one, other = await make(max_bytes=3000, slots=2), await make(max_bytes=3000, slot=1, slots=2)
    await one.append(entry("a", body=b"x" * 2000))
    with pytest.raises(RateLimited):
        await other.append(entry("a", body=b"x" * 2000))


async def test_a_full_store_gives_up_dead_letters_first(make: Make) -> None:
    store = await make(max_bytes=3000)
    (dead,) = await store.append(entry("a", body=b"x" * 2000))
    await store.settle([Settlement(dead.id, Reason.REFUSED, NOW, 400)])
    assert await store.append(entry("a", body=b"x" * 2000))
    assert await store.listed(State.DEAD) == []
    assert await store.balance() == []


async def test_a_refused_parcel_is_a_dead_letter_with_its_status(store: Store) -> None:
    (parcel,) = await store.append(entry("a"))
    await store.settle([Settlement(parcel.id, Reason.REFUSED, NOW, 413)])
    (dead,) = await store.listed(State.DEAD)
    assert (dead.id, dead.status, dead.quantities, dead.size) == (parcel.id, 413, (("error", 1),), len(BODY))
    assert await store.show(parcel.id) == BODY
    assert await store.waiting("a", 0, 10, 10**6) == []


async def test_a_dead_letter_put_back_waits_behind_the_others_and_counts_as_waiting(store: Store) -> None:
    (dead,) = await store.append(entry("a", event_id="d" * 32))
    await store.settle([Settlement(dead.id, Reason.REFUSED, NOW, 413)])
    await store.append(entry("a"))
    assert await store.retry(None, NOW + 9) == 1
    (claimed,) = await store.claim()
    last = (await store.waiting("a", 0, 10, 10**6))[-1]
    assert (last.event_id, last.received_at, last.since) == ("d" * 32, NOW, NOW + 9)
    assert (claimed.id, claimed.clean) == (last.id, None)
    assert await store.balance() == []


@pytest.mark.parametrize(("ids", "done"), [(None, 2), ([0], 0), ([], 0)])
async def test_an_operator_retries_and_purges_some_or_all(store: Store, ids: Any, done: int) -> None:
    for _ in range(2):
        (parcel,) = await store.append(entry("a"))
        await store.settle([Settlement(parcel.id, Reason.REFUSED, NOW, 413)])
    assert await store.retry(ids, NOW) == done
    assert await store.purge(State.WAITING if done else State.DEAD, ids, NOW) == done
    assert await store.balance() == []


async def test_purging_what_waits_is_booked_and_purging_the_dead_is_not_booked_again(store: Store) -> None:
    (dead,) = await store.append(entry("a"))
    await store.append(entry("a"))
    await store.settle([Settlement(dead.id, Reason.REFUSED, NOW, 413)])
    await store.purge(State.DEAD, None, NOW)
    await store.purge(State.WAITING, None, NOW)
    sums = await books(store)
    assert (sums["error", "a", "refused"], sums["error", "a", "purged"]) == (1, 1)
    assert (await store.status()).used_bytes == 0


async def test_dead_letters_are_forgotten_by_age_and_by_bytes(make: Make) -> None:
    store = await make(max_bytes=40_000)
    for age in (900, 5, 4, 3):
        (parcel,) = await store.append(entry("a", body=b"x" * 1000, event_id=f"{age:032}"))
        await store.settle([Settlement(parcel.id, Reason.REFUSED, NOW - age, 413)])
    await store.prune(NOW, 100)
    assert [int(one.event_id or "") for one in await store.listed(State.DEAD)] == [4, 3]
    assert await store.balance() == []


async def test_without_a_target_the_last_envelopes_are_kept_to_look_at(make: Make) -> None:
    store = await make(keep_envelopes=2)
    for number in range(4):
        assert await store.append(entry(event_id=f"{number:032}")) == ()
    kept = await store.listed(State.KEPT)
    assert [int(one.event_id or "") for one in kept] == [2, 3]
    assert (await books(store))["error", RELAY, Reason.NO_UPSTREAM] == 2
    assert await store.balance() == []


async def test_another_worker_sees_rate_limits_and_the_longest_counts(make: Make) -> None:
    one, other = await make(slots=2), await make(slot=1, slots=2)
    route = ("a", 1, "k" * 32)
    for seconds in (600, 60):
        limits = RateLimits((RateLimit(frozenset({"error"}), NOW + seconds, "key", "quota"),))
        await one.save_limits(route, limits, NOW)
    ((seen, limits),) = await other.limits(NOW)
    assert (seen, limits.limited("error", NOW)) == (route, 600)


async def test_rate_limits_end(store: Store) -> None:
    await store.save_limits(("a", 1, "k"), RateLimits((RateLimit(frozenset(), NOW + 60, "key", None),)), NOW)
    assert await store.limits(NOW + 61) == []


async def test_each_worker_has_its_own_parcels_and_the_first_takes_those_of_none(make: Make) -> None:
    third = await make(slot=2, slots=3)
    await third.append(entry("a"))
    await third.close()
    first, second = await make(slots=2), await make(slot=1, slots=2)
    counts = [len(await one.waiting("a", 0, 10, 10**6)) for one in (first, second)]
    assert counts == [1, 0]
    assert [target for target, _ in await first.newest()] == ["a"]


async def test_drops_become_one_report_a_minute_for_each_target(store: Store) -> None:
    told: list[Pending] = []

    def report(pending: Pending) -> Clean:
        told.append(pending)
        return BODY

    for seconds in (0, 1):
        drops = (("error", Reason.UNDECODABLE, 1), ("attachment", Reason.NOT_UNDERSTOOD, 30))
        await store.append(entry("a", "b", clean=None, kept=(), dropped=drops))
        parcels = await store.take_reports(NOW + seconds, 60, report)
        assert len(parcels) == (0 if seconds else 2)
    assert {pending.target for pending in told} == {"a", "b"}
    assert set(told[0].counts) == {
        (Reason.UNDECODABLE, "error", 1),
        (Reason.NOT_UNDERSTOOD, "attachment", 30),
    }
    assert len(await store.take_reports(NOW + 61, 60, report)) == 2
    assert await store.take_reports(NOW + 200, 60, report) == []
    assert len(await store.waiting("a", 0, 10, 10**6)) == 2


async def test_what_an_operator_puts_back_in_time_is_not_reported(store: Store) -> None:
    (dead,) = await store.append(entry("a"))
    await store.settle([Settlement(dead.id, Reason.REFUSED, NOW, 413)])
    await store.retry(None, NOW)
    assert await store.take_reports(NOW, 60, lambda _: BODY) == []


async def test_a_refused_report_is_not_reported_and_no_dead_letter(store: Store) -> None:
    (parcel,) = await store.append(entry("a", kept=()))
    await store.settle([Settlement(parcel.id, Reason.REFUSED, NOW, 403)])
    assert await store.listed() == []
    assert await store.take_reports(NOW, 60, lambda _: BODY) == []


async def test_quantities_and_projects_beyond_any_integer_column_do_no_harm(store: Store) -> None:
    await store.append(entry("a", project_id=2**64 - 1, kept=(("log_item", 2**80),)))
    ((account, _), *_) = await store.books()
    assert account == Account(2**64 - 1, "log_item", RELAY, "passed")
    assert await store.balance() == []


async def test_the_ledger_keeps_its_sums_when_old_hours_are_folded(store: Store) -> None:
    for days in (400, 200, 0):
        (parcel,) = await store.append(entry("a", at=NOW - days * 86400))
        await store.settle([Settlement(parcel.id, Fate.FORWARDED, NOW - days * 86400)])
    before = await books(store)
    await store.prune(NOW, 100)
    assert await books(store) == before
    assert {quantity for _, quantity in await store.books(NOW - 86400)} == {1}
    assert await store.balance() == []


async def test_what_is_switched_off_is_seen_by_other_workers_and_after_a_restart(make: Make) -> None:
    store, other = await make(), await make(slot=1, slots=2)
    switch = Switch(7, NOW, NOW + 60, "on-call")
    await store.switches.turn_off(switch)
    assert (await other.switches.capture()).switches == (switch,)
    await store.close()
    assert (await (await make()).switches.capture()).switches == (switch,)


async def test_a_switch_replaces_the_one_of_its_project(store: Store) -> None:
    for until in (None, NOW + 60):
        await store.switches.turn_off(Switch(7, NOW, until, "a"))
    assert (await store.switches.capture()).switches == (Switch(7, NOW, NOW + 60, "a"),)


async def test_switching_everything_on_leaves_what_single_projects_have(store: Store) -> None:
    for project_id in (None, 7):
        await store.switches.turn_off(Switch(project_id, NOW, None, "a"))
    assert [await store.switches.turn_on(None), await store.switches.turn_on(None)] == [True, False]
    assert (await store.switches.capture()).switches == (Switch(7, NOW, None, "a"),)


# ---- issues


def claim(*names: str, limit: int = 3, trickle: bool = False, told: int = 0, window: float = 3600.0) -> Claim:
    return Claim(tuple(name.encode().ljust(16, b".") for name in names), limit, window, trickle, told)


async def offered(store: Store, *claims: Claim, at: float = NOW) -> list[str]:
    """Append an event for each claim, one behind the other; return what became of each."""
    fates = []
    for number, one in enumerate(claims):
        try:
            await store.append(entry("a", at=at, claim=one, event_id=f"{number:032}"))
            fates.append("kept")
        except (Capped, Untold) as refusal:
            fates.append(type(refusal).__name__.lower())
    return fates


def suppressed(claim: Claim, number: int, at: float = NOW) -> Entry:
    dropped = (("error", Reason.CAPPED, number),)
    return entry("a", at=at, clean=None, kept=(), dropped=dropped, claim=claim, capped=number)


async def test_of_one_issue_as_many_are_kept_as_its_cap_says(store: Store) -> None:
    assert await offered(store, *[claim("i")] * 5) == ["kept"] * 3 + ["capped"] * 2
    assert len(await store.waiting("a", 0, 10, 10**6)) == 3
    assert await books(store) == {("error", RELAY, "received"): 3, ("error", RELAY, "passed"): 3} | {
        ("error", "a", "received"): 3,
        ("error", "a", "waiting"): 3,
    }


async def test_the_count_is_that_of_all_workers_together_at_the_same_time(make: Make) -> None:
    stores = [await make(slot=slot, slots=4) for slot in range(4)]
    asked = [store.append(entry("a", claim=claim("i"))) for _ in range(25) for store in stores]
    fates = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(not isinstance(one, Exception) for one in fates) == 3
    assert sum(isinstance(one, Capped) and one.first for one in fates) == 1
    assert len({await store.issues.secret() for store in stores}) == 1


async def test_the_count_is_there_after_opening_again(store: Store, make: Make) -> None:
    await offered(store, *[claim("i")] * 2)
    secret = await store.issues.secret()
    await store.close()
    again = await make()
    assert await offered(again, *[claim("i")] * 2) == ["kept", "capped"]
    assert await again.issues.secret() == secret
    assert len(secret) == 32


async def test_an_issue_has_several_keys(store: Store) -> None:
    """Any of them leads to it, and one that is new to it leads there from then on."""
    asked = [claim("a", "b"), claim("b", "c"), claim("c"), claim("a"), claim("x")]
    assert await offered(store, *asked) == ["kept", "kept", "kept", "capped", "kept"]


async def test_what_is_not_kept_for_want_of_room_is_not_counted(make: Make) -> None:
    store = await make(max_bytes=2000)
    with pytest.raises(RateLimited):
        await store.append(entry("a", body=b"x" * 9000, claim=claim("i", limit=1)))
    assert await offered(store, claim("i", limit=1)) == ["kept"]


async def test_what_no_target_wants_is_not_counted(store: Store) -> None:
    await store.append(entry("a", claim=claim("i", limit=1), limited=frozenset({"a"})))
    assert await offered(store, claim("i", limit=1)) == ["kept"]


async def test_the_next_window_begins_with_the_first_event_after_the_end(store: Store) -> None:
    assert await offered(store, *[claim("i", limit=1)] * 2) == ["kept", "capped"]
    assert await offered(store, *[claim("i", limit=1)] * 2, at=NOW + 3600) == ["kept", "capped"]


async def test_suppressed_events_are_booked_and_the_next_one_tells_them(store: Store) -> None:
    await offered(store, *[claim("i", limit=1)] * 2)
    for number in (4, 3):
        store.count(suppressed(claim("i", limit=1), number))
    await store.flush()
    (issue,) = await store.issues.listed(NOW)
    assert (issue.count, issue.limit, issue.suppressed, issue.untold) == (1, 1, 7, 7)
    assert (await books(store))["error", RELAY, "capped"] == 7
    later = [claim("i", limit=1, told=told) for told in (0, 8, 7)]
    assert await offered(store, *later, at=NOW + 3600) == ["untold", "untold", "kept"]
    (issue,) = await store.issues.listed(NOW + 3600)
    assert (issue.count, issue.suppressed, issue.untold) == (1, 0, 0)
    assert await store.balance() == []


async def test_the_trickle_lets_one_go_after_ten(store: Store) -> None:
    one = claim("i", limit=1, trickle=True, told=10)
    await offered(store, claim("i", limit=1))
    store.count(suppressed(one, 9))
    assert await offered(store, one) == ["capped"]
    store.count(suppressed(one, 1))
    assert await offered(store, one, one) == ["kept", "capped"]


async def test_an_envelope_goes_on_without_its_capped_event(store: Store) -> None:
    await offered(store, claim("i", limit=1))
    drops = (("error", Reason.CAPPED, 1),)
    kept = await store.append(
        entry("a", kept=(("session", 1),), dropped=drops, claim=claim("i", limit=1), capped=1)
    )
    assert [parcel.categories for parcel in kept] == [("session",)]
    (issue,) = await store.issues.listed(NOW)
    assert (issue.count, issue.suppressed) == (1, 1)


async def test_an_operator_sees_issues_and_has_them_counted_anew(store: Store) -> None:
    await offered(store, *[claim("i")] * 4, claim("j"))
    full, other = await store.issues.listed(NOW)
    assert (full.count, full.project_id, full.event_id, full.until) == (3, 1, f"{2:032}", NOW + 3600)
    assert (await store.issues.figures(NOW)).active == 1
    before = await store.issues.resets()
    assert await store.issues.reset(full.key[:8]) == 1
    assert await store.issues.resets() > before
    assert await offered(store, claim("i")) == ["kept"]
    assert await store.issues.reset(other.key[:8]) == 1
    assert await store.issues.reset("0" * 32) == 0


async def test_an_issue_is_found_by_any_of_its_keys_while_its_window_lasts(store: Store) -> None:
    await offered(store, claim("a", "b"), claim("x"))
    (found,) = {await store.issues.find(one.keys, NOW) for one in (claim("a"), claim("b"), claim("b", "c"))}
    assert found is not None
    assert (found.key, found.count) == (claim("a").keys[0].hex(), 1)
    assert await store.issues.find(claim("c").keys, NOW) is None
    assert await store.issues.find(claim("a").keys, NOW + 3600) is None


async def test_figures_count_what_caps_have_done(store: Store) -> None:
    await offered(store, *[claim("i", limit=1)] * 3, claim("j"))
    store.count(suppressed(claim("i", limit=1), 2))
    await store.flush()
    figures = await store.issues.figures(NOW)
    assert (figures.issues, figures.active, figures.reached, figures.suppressed) == (2, 1, 1, 2)
    assert (await store.issues.figures(NOW + 3600)).active == 0


async def test_issues_that_were_seen_least_recently_are_forgotten_first(make: Make) -> None:
    store = await make(max_issues=50)
    await offered(store, claim("first", limit=1), claim("second", limit=1))
    for number in range(48):
        await offered(store, claim(f"i{number}"), at=NOW + number)
    await offered(store, claim("first", limit=1), at=NOW + 90)
    for number in range(20):
        await offered(store, claim(f"j{number}"), at=NOW + 100)
    assert (await store.issues.figures(NOW)).issues <= 51
    assert await offered(store, claim("first", limit=1), claim("second", limit=1)) == ["capped", "kept"]


async def test_issues_whose_window_is_over_are_forgotten_unless_they_have_to_tell(store: Store) -> None:
    await offered(store, claim("i", limit=1), claim("j", limit=1))
    store.count(suppressed(claim("j", limit=1), 5))
    await store.prune(NOW + 3600, 100)
    assert (await store.issues.figures(NOW)).issues == 1
    assert await offered(store, claim("j", limit=1), at=NOW + 3600) == ["untold"]


# ---- the first transactions of an hour


async def test_as_many_of_a_name_are_the_first_of_an_hour_as_the_limit_says(make: Make) -> None:
    """Over several workers, at the same time."""
    stores = [await make(slot=slot, slots=2) for slot in range(2)]
    asked = [store.firsts.take(b"n" * 16, 3, NOW) for store in stores for _ in range(5)]
    assert sorted(await asyncio.gather(*asked)) == [False] * 7 + [True] * 3
    assert await stores[0].firsts.take(b"m" * 16, 3, NOW)


async def test_the_next_hour_has_its_own_firsts(store: Store) -> None:
    taken = [await store.firsts.take(b"n" * 16, 1, NOW + seconds) for seconds in (0, 1, 3600)]
    assert taken == [True, False, True]


async def test_names_of_an_hour_are_bounded(store: Store) -> None:
    """What past hours left behind makes room; a flood of new names in one hour is sampled like the rest."""
    asked = (store.firsts.take(number.to_bytes(16), 1, NOW) for number in range(MOST_NAMES + 1))
    taken = await asyncio.gather(*asked)
    assert (taken.count(True), taken[-1]) == (MOST_NAMES, False)
    assert await store.firsts.take(b"n" * 16, 1, NOW + 3600)
