"""Workers are kept alive until they are told to stop."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from scrubrelay.service.clock import SystemClock
from scrubrelay.service.process.notify import Readiness, Systemd
from scrubrelay.service.process.supervisor import Supervisor, reserve

_LIVES = """
import os, signal, sys, time
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, frame: born.write(f"{sys.argv[1]} {number}\\n") and sys.exit(0))
born = open(sys.argv[2], "a", buffering=1)
born.write(f"{sys.argv[1]} {os.getpid()}\\n")
sys.stdin.read()
born.write(f"{sys.argv[1]} orphan\\n")
"""


class Diary:
    """What the workers of a test wrote down."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def lines(self, count: int) -> list[list[str]]:
        """Return when there are so many."""
        async with asyncio.timeout(60):
            while True:
                lines = self.path.read_text().splitlines() if self.path.exists() else []
                if len(lines) >= count:
                    return [line.split() for line in lines]
                await asyncio.sleep(0.02)


@asynccontextmanager
async def supervised(path: Path, workers: int, code: str = _LIVES):
    """A supervisor and the diary of its workers; stopped by the signal that an orchestrator sends."""
    readiness = Readiness(Systemd({}, os.getpid()), workers, SystemClock())
    supervisor = Supervisor(
        lambda slot: [sys.executable, "-c", code, str(slot), str(path)],
        workers,
        SystemClock(),
        5.0,
        readiness,
    )
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervisor.run())
        try:
            yield Diary(path)
        finally:
            if not task.done():
                os.kill(os.getpid(), signal.SIGTERM)


async def test_every_slot_has_a_worker_and_all_stop_at_sigterm(tmp_path):
    async with supervised(tmp_path / "diary", 2) as diary:
        assert {slot for slot, _ in await diary.lines(2)} == {"0", "1"}
    assert [line[1] for line in await diary.lines(4)].count("15") == 2


async def test_a_dead_worker_gets_a_successor_in_its_slot(tmp_path):
    async with supervised(tmp_path / "diary", 2) as diary:
        slot, process = (await diary.lines(2))[0]
        os.kill(int(process), signal.SIGKILL)
        assert (await diary.lines(3))[2][0] == slot


async def test_sighup_goes_to_every_worker(tmp_path):
    async with supervised(tmp_path / "diary", 2) as diary:
        await diary.lines(2)
        os.kill(os.getpid(), signal.SIGHUP)
        told = (await diary.lines(4))[2:4]
    assert sorted(told) == [["0", "1"], ["1", "1"]]


async def test_a_worker_lives_through_a_sighup_before_it_can_handle_one(tmp_path):
    slow = "import sys, time; open(sys.argv[2], 'a').write(sys.argv[1] + ' born\\n'); sys.stdin.read()"
    async with supervised(tmp_path / "diary", 1, slow) as diary:
        await diary.lines(1)
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0.1)
        assert len(await diary.lines(1)) == 1


async def test_a_worker_that_cannot_start_is_tried_again_ever_later(tmp_path, caplog):
    failing = "import sys; open(sys.argv[2], 'a').write(sys.argv[1] + ' x\\n'); sys.exit(1)"
    caplog.set_level("INFO")
    async with supervised(tmp_path / "diary", 1, failing) as diary:
        await diary.lines(3)
    waits = [record.getMessage().rpartition("restart_in=")[2] for record in caplog.records]
    assert waits[:2] == ["0.0s", "2.0s"]


def test_a_reserved_port_can_be_shared_and_answers_nobody():
    with reserve("127.0.0.1", 0) as holder:
        port = holder.getsockname()[1]
        with reserve("127.0.0.1", port), pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=1)


def test_somebody_elses_port_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError):
        reserve("127.0.0.1", other.getsockname()[1])
