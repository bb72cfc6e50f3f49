"""What is particular to one file on one machine's disk."""
# ruff: noqa: ASYNC240 -- looking at a file takes no time that anybody waits for here

import asyncio
from collections.abc import Callable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from scrubrelay.core.errors import StoreUnavailable
from scrubrelay.core.ledger import Fate
from scrubrelay.core.policy.caps import Claim
from scrubrelay.service.stores.base import Entry, Settlement
from scrubrelay.service.stores.sqlite import SqliteStore
from tests.helpers.entries import NOW, entry

Open = Callable[..., Any]


async def limit_pages(store: SqliteStore, more: int) -> None:
    """Let the file grow by so many pages and no further: a disk that is full."""

    def work(tx: Any) -> None:
        (pages,) = tx.db.execute("PRAGMA page_count").fetchone()
        tx.db.execute(f"PRAGMA max_page_count={pages + more}").fetchone()

    await store._writer.submit(work)


async def fill(store: SqliteStore) -> list[int]:
    """Append until the disk is full; return the parcels that were acknowledged."""
    ids = []
    for _ in range(1000):
        try:
            ids += [parcel.id for parcel in await store.append(entry(20_000))]
        except StoreUnavailable:
            return ids
    raise AssertionError("the disk never filled")


async def test_closing_leaves_no_log_behind(opened: Open, path: Path) -> None:
    store = await opened()
    await store.append(entry())
    await store.close()
    assert not path.with_name("store.db-wal").exists()


async def test_a_full_disk_is_an_error_and_no_acknowledged_envelope_is_lost(opened: Open) -> None:
    store = await opened()
    await limit_pages(store, 20)
    ids = await fill(store)
    assert not store.writable
    assert [parcel.id for parcel in await store.waiting("a", 0, 1000, 10**9)] == ids
    assert await store.balance() == []


async def test_a_full_disk_still_lets_envelopes_leave_and_then_takes_others(opened: Open) -> None:
    store = await opened()
    await limit_pages(store, 20)
    ids = await fill(store)
    assert await store.settle([Settlement(one, Fate.FORWARDED, NOW) for one in ids]) == len(ids)
    await store.check()
    assert store.writable
    assert await store.append(entry(20_000))
    assert await store.balance() == []


async def test_a_store_recovers_without_being_asked_to_when_there_is_room_again(opened: Open) -> None:
    store = await opened()
    await limit_pages(store, 20)
    await fill(store)
    with pytest.raises(StoreUnavailable):
        await store.check()
    await limit_pages(store, 1000)
    await store.check()
    assert store.writable


async def test_the_file_is_used_again_and_does_not_grow_for_ever(opened: Open, path: Path) -> None:
    store = await opened()

    async def turn_over() -> int:
        for _ in range(3):
            parcels = [
                parcel for one in [store.append(entry(20_000)) for _ in range(40)] for parcel in await one
            ]
            await store.settle([Settlement(parcel.id, Fate.FORWARDED, NOW) for parcel in parcels])
        await store.prune(NOW, 100)
        return path.stat().st_size

    sizes = [await turn_over() for _ in range(4)]
    assert sizes[-1] <= max(sizes[:2])
    await store.close()
    assert path.stat().st_size < 200_000


@pytest.mark.parametrize(
    ("most", "number"), [(2000, 20_000), pytest.param(100_000, 1_000_000, marks=pytest.mark.slow)]
)
async def test_ever_new_issues_do_not_make_the_file_grow_for_ever(
    opened: Open, most: int, number: int
) -> None:
    store = await opened(max_issues=most, durability="os")
    pages = []
    for start in range(0, number, 1000):
        await asyncio.gather(*(store.append(_of_a_new_issue(start + at)) for at in range(1000)))
        pages.append(await store._writer.submit(lambda tx: tx.db.execute("PRAGMA page_count").fetchone()[0]))
    assert (await store.issues.figures(0.0)).issues <= most * 1.02
    assert max(pages) <= pages[len(pages) // 4] * 1.2


def _of_a_new_issue(number: int) -> Entry:
    """An entry of which nothing is kept, so that only its issue takes room."""
    key = blake2b(number.to_bytes(8), digest_size=16).digest()
    return replace(entry(), clean=None, kept=(), claim=Claim((key,), 50, 3600.0), capped=1)


async def test_what_is_to_be_counted_some_time_soon_is_counted_before_the_end(opened: Open) -> None:
    store = await opened()
    for _ in range(2):  # the first is under way when the second comes
        store.count(replace(entry(), clean=None))
    await store.close()
    again = await opened()
    assert {account.fate: number for account, number in await again.books()}["received"] == 2
