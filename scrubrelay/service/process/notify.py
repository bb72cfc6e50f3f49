"""What systemd is told: when the relay is ready, reloads, stops, and that it lives (sd_notify(3))."""

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress
from enum import StrEnum
from typing import Final

from scrubrelay.service.clock import Clock

_MICRO: Final = 1_000_000
_PATIENCE: Final = 0.5
_STDOUT: Final = 1
_HEARTBEAT: Final = 1.0


class News(StrEnum):
    """What a worker says of itself."""

    READY = "ready"
    RELOADING = "reloading"
    RELOADED = "reloaded"
    REFUSED = "refused"
    ALIVE = "alive"
    ENDED = "ended"


class Systemd:
    """The socket of the service manager, if it has given one.

    Args:
        environ: The environment; what is meant for this process only is taken out of it.
        pid: This process.
    """

    def __init__(self, environ: MutableMapping[str, str], pid: int) -> None:
        address = environ.pop("NOTIFY_SOCKET", "")
        watched = environ.pop("WATCHDOG_PID", str(pid))
        interval = environ.pop("WATCHDOG_USEC", "")
        # An @ stands for the zero byte of an abstract name.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        asked = self._address and watched == str(pid) and interval.isdecimal()
        self.watchdog: float | None = int(interval) / _MICRO if asked else None

    def tell(self, *lines: str) -> None:
        """Send lines such as `READY=1`; whoever cannot be reached is not told."""
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.settimeout(_PATIENCE)  # the queue of such a socket is ten messages long
            out.sendto("\n".join(lines).encode(), self._address)


class Readiness:
    """Turns what workers say into what systemd is told.

    Args:
        systemd: Where it goes.
        workers: How many there are.
        clock: The time.
    """

    def __init__(self, systemd: Systemd, workers: int, clock: Clock) -> None:
        self._systemd = systemd
        self._workers = workers
        self._clock = clock
        self._ready: set[int] = set()
        self._reloading: set[int] = set()
        self._refused: set[int] = set()
        self._seen: dict[int, float] = {}
        self._started = self._stopping = False

    @property
    def watchdog(self) -> float | None:
        """After how many seconds of silence systemd kills the relay; None if it does not."""
        return self._systemd.watchdog

    def note(self, slot: int, news: News) -> None:
        """Take what a worker says."""
        self._seen[slot] = self._clock.monotonic()
        before = self._state()
        match news:
            case News.READY:
                self._ready.add(slot)
            case News.RELOADING:
                self._reloading.add(slot)
            case News.RELOADED:
                self._reloading.discard(slot)
                self._refused.discard(slot)
            case News.REFUSED:
                self._reloading.discard(slot)
                self._refused.add(slot)
            case News.ENDED:
                self._ready.discard(slot)
                self._reloading.discard(slot)
                self._refused.discard(slot)
            case News.ALIVE:
                return
        if self._state() != before and not self._stopping:
            self._tell(before)

    def stop(self) -> None:
        """Say that the relay stops."""
        self._stopping = True
        self._systemd.tell("STOPPING=1", "STATUS=finishing what is in flight")

    def live(self) -> None:
        """Say that the relay lives, once it was ready and unless a worker that serves says nothing more."""
        patience = self._systemd.watchdog
        if patience is None or not self._started:
            return
        now = self._clock.monotonic()
        if all(now - self._seen[slot] < patience for slot in self._ready):
            self._systemd.tell("WATCHDOG=1")

    def _state(self) -> tuple[int, bool, bool]:
        return len(self._ready), bool(self._reloading), bool(self._refused)

    def _tell(self, before: tuple[int, bool, bool]) -> None:
        ready, reloading, refused = self._state()
        if reloading and not before[1]:
            self._systemd.tell("RELOADING=1", f"MONOTONIC_USEC={int(self._clock.monotonic() * _MICRO)}")
        if reloading:
            return
        status = f"STATUS={ready} of {self._workers} workers serve"
        if refused:
            status += "; the new configuration was refused, the old one holds"
        self._started = self._started or ready == self._workers
        self._systemd.tell(*(["READY=1"] if ready == self._workers else []), status)


class Herald:
    """What a worker says of itself: to systemd if it is alone, else to its supervisor.

    Args:
        readiness: What systemd is told by; None where a supervisor reads stdout.
    """

    def __init__(self, readiness: Readiness | None) -> None:
        self._readiness = readiness

    @property
    def every(self) -> float | None:
        """How many seconds may pass until it says again that it lives; None if nobody wants to know."""
        if self._readiness is None:
            return _HEARTBEAT
        watchdog = self._readiness.watchdog
        return None if watchdog is None else watchdog / 2

    def say(self, news: News) -> None:
        """Say something."""
        if self._readiness is None:
            with suppress(OSError):  # the supervisor has died, which the end of stdin tells as well
                os.write(_STDOUT, f"{news}\n".encode())
            return
        self._readiness.note(0, news)
        if news is News.ALIVE:
            self._readiness.live()

    def stop(self) -> None:
        """Say that it stops."""
        if self._readiness is not None:
            self._readiness.stop()
