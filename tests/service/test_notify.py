"""What systemd hears."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from scrubrelay.service.process.notify import Herald, News, Readiness, Systemd
from scrubrelay.testing import ManualClock


class Manager:
    """The socket of a service manager."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.socket.setblocking(False)
        self.environ = {"NOTIFY_SOCKET": address}

    def heard(self) -> list[str]:
        """Return every datagram so far."""
        found = []
        try:
            while True:
                found.append(self.socket.recv(4096).decode())
        except BlockingIOError:
            return found


@pytest.fixture(params=["path", "abstract"])
def manager(request, tmp_path):
    address = str(tmp_path / "s") if request.param == "path" else f"@scrubrelay-test-{os.getpid()}"
    manager = Manager(address)
    yield manager
    manager.socket.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def readiness(manager: Manager, workers: int, clock: ManualClock, **environ: str) -> Readiness:
    return Readiness(Systemd({**manager.environ, **environ}, os.getpid()), workers, clock)


def test_it_is_ready_when_all_workers_are(manager, clock):
    told = readiness(manager, 2, clock)
    told.note(0, News.READY)
    assert manager.heard() == ["STATUS=1 of 2 workers serve"]
    told.note(1, News.READY)
    assert manager.heard() == ["READY=1\nSTATUS=2 of 2 workers serve"]


async def test_a_reload_begins_once_and_ends_when_all_have_reloaded(manager, clock):
    told = readiness(manager, 2, clock)
    for news in (News.READY, News.RELOADING):
        for slot in (0, 1):
            told.note(slot, news)
    assert manager.heard()[-1] == "RELOADING=1\nMONOTONIC_USEC=0"
    told.note(0, News.RELOADED)
    assert manager.heard() == []
    told.note(1, News.REFUSED)
    (last,) = manager.heard()
    assert last.startswith("READY=1\nSTATUS=2 of 2 workers serve; the new configuration was refused")


def test_a_worker_that_is_restarted_is_seen_in_the_status(manager, clock):
    told = readiness(manager, 1, clock)
    for news in (News.READY, News.ENDED, News.READY):
        told.note(0, news)
    assert [line.rpartition("=")[2] for line in manager.heard()] == [
        "1 of 1 workers serve",
        "0 of 1 workers serve",
        "1 of 1 workers serve",
    ]


def test_once_it_stops_it_is_not_ready_again(manager, clock):
    told = readiness(manager, 1, clock)
    told.stop()
    told.note(0, News.READY)
    (only,) = manager.heard()
    assert only.startswith("STOPPING=1\n")


async def test_the_watchdog_is_fed_while_every_ready_worker_lives(manager, clock):
    told = readiness(manager, 2, clock, WATCHDOG_USEC="10000000")
    told.note(0, News.READY)
    told.live()
    assert manager.heard() == ["STATUS=1 of 2 workers serve"]
    told.note(1, News.READY)
    told.note(1, News.ENDED)
    manager.heard()
    await clock.advance(9)
    told.live()
    assert manager.heard() == ["WATCHDOG=1"]
    await clock.advance(2)
    told.live()
    assert manager.heard() == []
    told.note(0, News.ALIVE)
    told.live()
    assert manager.heard() == ["WATCHDOG=1"]


@pytest.mark.parametrize(
    ("environ", "watchdog"),
    [
        ({"WATCHDOG_USEC": "10000000"}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": str(os.getpid())}, 10.0),
        ({"WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_ours_only_if_it_is_meant_for_us(environ, watchdog):
    assert Systemd({"NOTIFY_SOCKET": "/nowhere", **environ}, os.getpid()).watchdog == watchdog


def test_workers_do_not_inherit_the_socket():
    environ = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "HOME": "/"}
    Systemd(environ, 1)
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@nobody-is-there"])
def test_nobody_to_tell_is_no_error(address):
    Systemd({"NOTIFY_SOCKET": address}, 1).tell("READY=1")


def test_a_worker_alone_speaks_for_itself(manager, clock):
    herald = Herald(readiness(manager, 1, clock, WATCHDOG_USEC="10000000"))
    assert herald.every == 5.0
    for news in (News.READY, News.ALIVE):
        herald.say(news)
    herald.stop()
    assert [line.partition("=")[0] for line in manager.heard()] == ["READY", "WATCHDOG", "STOPPING"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_relay_tells_its_whole_life(new_relay, tmp_path: Path, workers):
    manager = Manager(str(tmp_path / "s"))
    relay = new_relay(
        f"[server]\nworkers = {workers}", environ={**manager.environ, "WATCHDOG_USEC": "1000000"}
    )
    heard: list[str] = []

    def until(line: str) -> None:
        deadline = time.monotonic() + 60
        while not any(line in one.split("\n") for one in heard):
            assert time.monotonic() < deadline, (line, heard)
            time.sleep(0.02)
            heard.extend(manager.heard())

    relay.start()
    until("READY=1")
    until("WATCHDOG=1")
    heard.clear()
    relay.process.send_signal(signal.SIGHUP)
    until("RELOADING=1")
    until("READY=1")
    relay.process.terminate()
    until("STOPPING=1")
    assert relay.process.wait(20) == 0
    manager.socket.close()


def test_it_is_what_systemd_notify_sends(tmp_path):
    """The same datagram as systemd's own program makes."""
    if not Path("/usr/bin/systemd-notify").exists():
        pytest.skip("systemd is not installed")
    manager = Manager(str(tmp_path / "s"))
    environ = {**os.environ, **manager.environ}
    done = subprocess.run(["systemd-notify", "--no-block", "READY=1", "STATUS=x"], env=environ, check=False)
    theirs = manager.heard()
    Systemd(dict(manager.environ), 1).tell("READY=1", "STATUS=x")
    assert (done.returncode, theirs) == (0, manager.heard())
    manager.socket.close()
