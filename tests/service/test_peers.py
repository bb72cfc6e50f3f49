"""Workers ask one another through sockets in the data folder."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from scrubrelay.core.errors import Reason
from scrubrelay.core.fates import Dropped
from scrubrelay.core.pipeline import Outcome
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.process.peers import Peers, Window
from scrubrelay.service.process.reload import Configuration, Source
from scrubrelay.service.process.watch import Watch
from scrubrelay.service.telling.meters import Meters
from scrubrelay.service.telling.tap import Tap

OUTCOME = Outcome(None, (Dropped("event", (("error", 1),), Reason.CAPPED),))


async def nothing() -> None:
    """Store no notes: there are none."""


@asynccontextmanager
async def workers(folder: Path, count: int):
    """The peers as each worker sees them, and what is looked at in each."""
    file = folder.parent / "scrubrelay.toml"
    file.write_text("")
    runners, watches, seen = [], [], []
    for slot in range(count):
        watches.append(Watch(Meters(SystemClock()), Tap(slot)))
        window = Window(slot, Configuration(Source(file, {})), list, watches[-1], nothing)
        runners.append(web.ServerRunner(web.Server(window), shutdown_timeout=0.1))
        seen.append(Peers(folder, count))
        await seen[-1].open(slot, runners[-1])
    yield seen[0], watches, file
    for peers, runner in zip(seen, runners, strict=True):
        await peers.close()
        await runner.cleanup()


@pytest.mark.parametrize("name", ["data", "a" * 120], ids=["short", "longer than a socket's path may be"])
async def test_all_workers_tell_what_they_count(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    async with workers(folder, 2) as (peers, watches, _):
        watches[1].meters.request("/api/1/envelope/", 200, 0.0)
        first, second = await peers.figures()
    assert [(one["worker"], len(one["requests"])) for one in (first, second)] == [(0, 0), (1, 1)]


async def test_the_sockets_are_this_users_only(tmp_path):
    (tmp_path / "data").mkdir()
    async with workers(tmp_path / "data", 1):
        assert [path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()] == [0o600]


async def test_a_worker_that_is_not_there_is_missing_only(tmp_path):
    (tmp_path / "data").mkdir()
    async with workers(tmp_path / "data", 1):
        three = Peers(tmp_path / "data", 3)
        assert [one["worker"] for one in await three.figures()] == [0]
        await three.close()


async def test_a_worker_takes_the_socket_of_one_that_was_killed(tmp_path):
    (tmp_path / "data").mkdir()
    for _ in range(2):
        async with workers(tmp_path / "data", 1) as (peers, _, _):
            assert len(await peers.figures()) == 1


async def test_a_reload_is_of_all_workers_or_says_why(tmp_path):
    (tmp_path / "data").mkdir()
    async with workers(tmp_path / "data", 2) as (peers, _, file):
        assert [one["generation"] for one in await peers.reload()] == [2, 2]
        file.write_text("[servr]\n")
        told = await peers.reload()
    assert [one["generation"] for one in told] == [2, 2]
    assert all("[servr]: unknown table" in one["problems"][0] for one in told)


async def test_decisions_come_as_they_are_made_and_after_a_restart(tmp_path):
    (tmp_path / "data").mkdir()
    reader = Peers(tmp_path / "data", 1)
    lines = reader.tail(0, {"decision": "dropped"})
    for _ in range(2):
        async with workers(tmp_path / "data", 1) as (_, (watch,), _):
            async with asyncio.timeout(60):
                assert await anext(lines) == b"\n"  # the worker is there
                watch.tap.tell(OUTCOME, 7, 0.0)
                assert b'"reason":"capped"' in await anext(lines)
    await lines.aclose()
    await reader.close()
