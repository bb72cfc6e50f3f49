"""What became of single events, found by their ids."""

import asyncio

import pytest

from scrubrelay.config.settings import AuditSettings
from scrubrelay.core.evidence import Evidence
from scrubrelay.core.pipeline import Clean
from scrubrelay.service.stores.audit import Where
from scrubrelay.service.stores.base import Entry, Parcel
from scrubrelay.service.telling.spool import Spool
from scrubrelay.service.telling.trail import Trail, read_leaf
from scrubrelay.testing import ManualClock
from tests.service.stores.conftest import opened, path

__all__ = ["opened", "path"]
MAIL = ("contact.email", "user.email", 2)


def entry(number: int = 1, *, kept: bool = True, finds: int = 1) -> Entry:
    places = ((*MAIL[:2], number + 2), *[MAIL] * (finds - 1)) if finds > 1 else (MAIL,)
    item = Evidence("event", "kept" if kept else "capped", finds=places)
    clean = Clean(b"{}") if kept else None
    return Entry(1, "k" * 32, f"{number:032x}", 5.0, clean, ("a",), evidence=(item,))


def parcel(number: int = 1) -> Parcel:
    return Parcel(9, 8, "a", 1, "k" * 32, f"{number:032x}", 5.0, 5.0, ("error",), 2, None)


@pytest.fixture
async def store(opened):
    return await opened()


def trail_on(store, **settings) -> Trail:
    return Trail(store.audit, lambda: AuditSettings(**settings), ManualClock())


async def noted(store, number: int = 1) -> list:
    await store.flush()
    leaves = await store.audit.trail(bytes.fromhex(f"{number:032x}"))
    return [note for leaf in leaves for note in read_leaf(leaf, f"{number:032x}")]


async def test_an_event_is_told_with_its_items_and_deliveries(store):
    trail = trail_on(store)
    trail.received(entry(), [parcel()])
    trail.received(entry(2))
    trail.delivered(parcel(), "retry", "TimeoutError")
    await trail.flush()
    trail.delivered(parcel(), "forwarded", 200)
    await trail.flush()
    (kind, event), *deliveries = await noted(store)
    assert (kind, event["envelope"], event["received_at"], event["targets"]) == ("event", 8, 5.0, ["a"])
    found = [{"pattern": "contact.email", "path": "user.email", "count": 2}]
    assert event["items"] == [{"type": "event", "fate": "kept", "detail": "", "findings": found}]
    assert [(one["result"], one["answer"]) for _, one in deliveries] == [
        ("retry", "TimeoutError"),
        ("forwarded", 200),
    ]


async def test_of_a_flood_of_dropped_events_a_sample_is_noted(store):
    trail = trail_on(store)
    for number in range(2000):
        trail.received(entry(number, kept=False))
    trail.received(entry(5000))
    await trail.flush()
    assert await noted(store, 499)
    assert await noted(store, 5000)
    assert not await noted(store, 500)
    assert await store.audit.skipped() == 1500


async def test_events_with_very_many_finds_have_an_end(store):
    trail = trail_on(store)
    for number in range(30):
        trail.received(entry(number, finds=10_000))
    await trail.flush()
    await store.flush()
    assert await store.audit.skipped() == 10


@pytest.mark.parametrize("settings", [{"events": False}])
async def test_nothing_is_noted_where_that_is_not_wanted(store, settings):
    trail = trail_on(store, **settings)
    trail.received(entry())
    trail.delivered(parcel(), "forwarded", 200)
    await trail.flush()
    assert await noted(store) == []


async def test_what_could_not_be_written_is_counted_as_skipped(store):
    trail = trail_on(store)
    trail.received(entry())
    await store.close()
    await trail.flush()
    await store.open()
    trail.received(entry(2))
    await trail.flush()
    await store.flush()
    assert await store.audit.skipped() == 1


async def test_notes_are_written_and_old_ones_forgotten_as_time_goes_by(store):
    clock = ManualClock()
    trail = Trail(store.audit, lambda: AuditSettings(retention=60.0), clock)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(trail.run())
        trail.received(entry())
        await clock.advance(3)
        while not await noted(store):
            await clock.advance(3)
        for _ in range(100):
            await clock.advance(3)
            await store.flush()
        assert await noted(store) == []
        running.cancel()


async def test_what_was_found_is_summed_up_though_no_event_is_noted(store):
    """Sums wait for the next flush, whatever was noted and however late a count was committed."""
    silent = trail_on(store, events=False)
    one = entry(finds=3)
    silent.received(one)
    await silent.flush()
    await store.append(one)
    await silent.flush()
    assert sum(quantity for _, quantity in await store.audit.findings(Where(), ["path"])) > 0


def spooling(store, folder) -> Trail:
    """A trail as a worker has it; let go of, it is as good as killed."""
    return Trail(store.audit, AuditSettings, ManualClock(), Spool(folder, 0))


async def test_what_a_killed_worker_had_noted_is_stored_at_its_next_start(store, tmp_path):
    killed = spooling(store, tmp_path)
    killed.received(entry(finds=3), [parcel()])
    killed.received(entry(finds=3))
    killed.delivered(parcel(), "forwarded", 200)
    await asyncio.sleep(0)
    del killed
    await spooling(store, tmp_path).recover([Spool(tmp_path, 0)])
    (_, first), (_, second), (kind, delivery) = await noted(store)
    assert (first["envelope"], second["envelope"], kind, delivery["answer"]) == (8, None, "delivery", 200)
    assert [one["path"] for one in second["items"][0]["findings"]] == ["user.email"] * 3
    assert [*Spool(tmp_path, 0).left()] == []


async def test_what_was_stored_is_not_stored_again(store, tmp_path):
    trail = spooling(store, tmp_path)
    trail.received(entry())
    await trail.flush()
    trail.received(entry(2))
    await asyncio.sleep(0)
    await spooling(store, tmp_path).recover([Spool(tmp_path, 0)])
    assert (len(await noted(store)), len(await noted(store, 2))) == (1, 1)


async def test_flushes_at_once_lose_nothing(store, tmp_path):
    trail = spooling(store, tmp_path)
    for number in range(1, 6):
        trail.received(entry(number))
        flushes = [asyncio.ensure_future(trail.flush()) for _ in range(3)]
        await asyncio.sleep(0)
        trail.received(entry(number + 10))
        await asyncio.gather(*flushes)
    await trail.flush()
    assert [*Spool(tmp_path, 0).left()] == []
    for number in (*range(1, 6), *range(11, 16)):
        assert len(await noted(store, number)) == 1
