"""What is particular to one file on one machine's disk."""
# ruff: noqa: ASYNC240 -- looking at a file takes no time that anybody waits for here

import asyncio
import os
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from scrubrelay.core.errors import RateLimited, ScrubrelayError, StoreUnavailable
from scrubrelay.core.ledger import Fate
from scrubrelay.core.pipeline import Clean
from scrubrelay.service.stores.base import Entry, Settlement, StoreOptions
from scrubrelay.service.stores.registry import make_store
from scrubrelay.service.stores.sqlite import SqliteStore

NOW = 1_800_000_000.0
Open = Callable[..., Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.db"


@pytest.fixture
async def opened(path: Path) -> AsyncIterator[Open]:
    """Open stores on one file; all are closed after the test."""
    stores: list[SqliteStore] = []

    async def open_store(**options: Any) -> SqliteStore:
        stores.append(SqliteStore(path, StoreOptions(**options)))
        await stores[-1].open()
        return stores[-1]

    yield open_store
    for store in stores:
        await store.close()


def entry(size: int = 100, event_id: str = "e" * 32) -> Entry:
    return Entry(1, "k" * 32, event_id, NOW, Clean(b"x" * size), ("a",), (("error", 1),))


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


async def test_nobody_else_may_read_the_files(opened: Open, path: Path) -> None:
    store = await opened()
    await store.append(entry())
    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_closing_leaves_no_log_behind(opened: Open, path: Path) -> None:
    store = await opened()
    await store.append(entry())
    await store.close()
    assert not path.with_name("store.db-wal").exists()


@pytest.mark.parametrize(("durability", "synchronous"), [("fsync", 2), ("os", 1)])
async def test_durability_is_what_was_asked_for(opened: Open, durability: str, synchronous: int) -> None:
    store = await opened(durability=durability)
    read = store._writer.submit(lambda tx: tx.db.execute("PRAGMA synchronous").fetchone()[0])
    assert await read == synchronous


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


async def test_one_bad_job_fails_alone(opened: Open) -> None:
    store = await opened()
    results = await asyncio.gather(
        store.append(entry()),
        store.append(entry(event_id="\ud800")),
        store.append(entry()),
        return_exceptions=True,
    )
    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert len(await store.waiting("a", 0, 10, 10**6)) == 2
    assert await store.balance() == []


async def test_a_refusal_spares_its_neighbours_in_the_same_commit(opened: Open) -> None:
    store = await opened(max_bytes=2000)
    waiting = [store.append(entry(size)) for size in (100, 5000, 100)]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) is RateLimited for result in results] == [False, True, False]


async def test_many_who_wait_share_a_commit(opened: Open) -> None:
    store = await opened()
    commits: list[str] = []
    await store._writer.submit(lambda tx: tx.db.set_trace_callback(commits.append))
    await asyncio.gather(*(store.append(entry()) for _ in range(100)))
    assert 1 <= commits.count("COMMIT") <= 10


async def test_a_closed_store_says_so(opened: Open) -> None:
    store = await opened()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.append(entry())


async def test_a_newer_schema_is_not_touched(opened: Open, path: Path) -> None:
    await (await opened()).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(StoreUnavailable, match="newer scrubrelay wrote it: its schema is 99"):
        await opened()


@pytest.mark.parametrize("content", [b"something else entirely" * 500, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_file_that_is_none_of_ours_is_not_touched(opened: Open, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable):
        await opened()
    assert path.read_bytes() == content


async def test_a_foreign_database_is_not_touched(opened: Open, path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreUnavailable, match="not a scrubrelay store"):
        await opened()


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9])
async def test_a_truncated_file_is_told_at_the_start(opened: Open, path: Path, part: float) -> None:
    store = await opened()
    for _ in range(50):
        await store.append(entry(5000))
    await store.close()
    os.truncate(path, int(path.stat().st_size * part))
    with pytest.raises(StoreUnavailable, match="damaged"):
        await opened()


async def test_whatever_the_log_was_cut_to_the_store_opens_and_balances(
    opened: Open, path: Path, tmp_path: Path
) -> None:
    store = await opened()
    for _ in range(5):
        await store.append(entry(3000))
    database, log = path.read_bytes(), path.with_name("store.db-wal").read_bytes()
    for number, length in enumerate(range(0, len(log), 3001)):
        copy = tmp_path / f"cut{number}" / "store.db"
        copy.parent.mkdir()
        copy.write_bytes(database)
        copy.with_name("store.db-wal").write_bytes(log[:length])
        cut = SqliteStore(copy)
        await cut.open()
        assert await cut.balance() == []
        await cut.close()


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


async def test_workers_that_start_together_make_one_store(path: Path) -> None:
    stores = [SqliteStore(path, StoreOptions(slot=slot, slots=4)) for slot in range(4)]
    await asyncio.gather(*(store.open() for store in stores))
    await asyncio.gather(*(store.append(entry()) for store in stores for _ in range(25)))
    assert (await stores[0].status()).waiting == 100
    assert await stores[0].balance() == []
    for store in stores:
        await store.close()


async def test_a_store_is_made_from_its_url(path: Path) -> None:
    store = make_store(f"sqlite:///{path}")
    await store.open()
    await store.close()
    assert path.exists()


def test_an_unknown_scheme_is_a_mistake_in_the_configuration() -> None:
    with pytest.raises(ScrubrelayError, match="expected one of sqlite, not 'mysql'"):
        make_store("mysql://host/db")
