"""`kill -9` at any moment: what a writer was told is kept, is there."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scrubrelay.core.ledger import RELAY
from scrubrelay.service.stores.base import StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore

ROUNDS = 12
WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from scrubrelay.core.ledger import Fate
from scrubrelay.core.pipeline import Clean
from scrubrelay.service.stores.base import Entry, Settlement, StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore

async def write(store, name):
    for number in itertools.count():
        entry = Entry(1, "k", f"{name}-{number}", 1.8e9, Clean(b"x" * 3000), ("a",), (("error", 1),))
        (parcel,) = await store.append(entry)
        if number % 3 == 2:
            store.settle([Settlement(parcel.id, Fate.FORWARDED, 1.8e9)])
        else:
            print(entry.event_id, flush=True)

async def main(path, name, slot):
    store = SqliteStore(Path(path), StoreOptions(slot=int(slot), slots=2))
    await store.open()
    await asyncio.gather(*(write(store, f"{name}-{number}") for number in range(8)))

asyncio.run(main(*sys.argv[1:]))
"""


def start(path: Path, name: str, slot: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(slot)], stdout=subprocess.PIPE, text=True
    )


def told(process: subprocess.Popen[str], lines: int) -> set[str]:
    """Kill a writer after it has said so much, at whatever it is doing then; return all it said."""
    assert process.stdout
    said = [process.stdout.readline().strip() for _ in range(lines)]
    os.kill(process.pid, signal.SIGKILL)
    said += [line.strip() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    return set(said)


@pytest.mark.parametrize("workers", [1, 2])
async def test_every_acknowledged_envelope_outlives_kill_9(tmp_path: Path, workers: int) -> None:
    path, acknowledged = tmp_path / "store.db", set[str]()
    for number in range(ROUNDS // workers):
        processes = [start(path, f"{number}-{slot}", slot) for slot in range(workers)]
        for process in processes:
            acknowledged |= told(process, random.randint(1, 200))
    store = SqliteStore(path, StoreOptions(slot=0, slots=1))
    await store.open()
    kept = {one.event_id for one in await store.listed(limit=10**6)}
    assert acknowledged <= kept
    assert await store.balance() == []
    received = {account.fate: count for account, count in await store.books() if account.target == RELAY}
    assert received["received"] >= len(kept)
    await store.close()
