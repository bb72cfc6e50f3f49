"""Which files are opened, and how."""
# ruff: noqa: ASYNC240 -- looking at a file takes no time that anybody waits for here

import asyncio
import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from scrubrelay.core.errors import StoreUnavailable
from scrubrelay.service.stores.base import StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore
from tests.helpers.entries import entry

Open = Callable[..., Any]


async def test_nobody_else_may_read_the_files(opened: Open, path: Path) -> None:
    store = await opened()
    await store.append(entry())
    modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(("durability", "synchronous"), [("fsync", 2), ("os", 1)])
async def test_durability_is_what_was_asked_for(opened: Open, durability: str, synchronous: int) -> None:
    store = await opened(durability=durability)
    read = store._writer.submit(lambda tx: tx.db.execute("PRAGMA synchronous").fetchone()[0])
    assert await read == synchronous


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


async def test_workers_that_start_together_make_one_store(path: Path) -> None:
    stores = [SqliteStore(path, StoreOptions(slot=slot, slots=4)) for slot in range(4)]
    await asyncio.gather(*(store.open() for store in stores))
    await asyncio.gather(*(store.append(entry()) for store in stores for _ in range(25)))
    assert (await stores[0].status()).waiting == 100
    assert await stores[0].balance() == []
    for store in stores:
        await store.close()
