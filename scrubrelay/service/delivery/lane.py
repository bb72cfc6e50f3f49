"""What waits for one target, and what of it may be sent now; decides only, and awaits nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from typing import Any

from scrubrelay.service.stores.base import Parcel

_FAILURES_THAT_OPEN = (
    3  # one can be a connection that had idled too long, or an envelope that its gateway chokes on
)
_RESTOCKED_BELOW = 32  # parcels in memory, below which more are read


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, on both clocks.

    Args:
        now: Seconds since the epoch: for ages and rate limits, which outlive this process.
        monotonic: For delays, which a clock that is set must not stretch.
    """

    now: float
    monotonic: float


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next.

    Args:
        send: The parcel to send, if any may be sent now.
        expired: Parcels that have waited too long.
    """

    send: Parcel | None
    expired: tuple[Parcel, ...] = ()


@dataclass(slots=True)
class Lane:
    """The parcels of one target in order of arrival, those in memory and those left in the store.

    Args:
        target: Its name.
        width: Most parcels in flight.
        max_age: Seconds after which a parcel expires.
    """

    target: str
    width: int
    max_age: float
    failures: int = 0
    """Tries since the last answer of any kind."""
    pauses: int = 0
    """Pauses since then: tries that were in flight together fail together, and make one."""
    memory: int = 0
    """Bytes of envelopes held here."""
    cursor: int = 0
    """The highest id that ever was in memory."""
    stored_up_to: int = 0
    """The highest id known to be in the store; what lies above `cursor` has to be read."""
    flying: set[int] = field(default_factory=set)
    _ready: list[tuple[int, Parcel]] = field(default_factory=list)
    _delayed: list[tuple[float, int, Parcel]] = field(default_factory=list)
    _probe_at: float = 0.0

    def __repr__(self) -> str:
        state = "open" if self.is_open else "closed"
        numbers = f"{len(self._ready)} ready, {len(self._delayed)} delayed, {len(self.flying)} in flight"
        return f"<Lane {self.target}: {numbers}, circuit {state}>"

    def status(self) -> dict[str, Any]:
        """Return its state as plain values."""
        return {
            "target": self.target,
            "down": self.is_open,
            "ready": len(self._ready),
            "delayed": len(self._delayed),
            "in_flight": len(self.flying),
            "memory_bytes": self.memory,
        }

    @property
    def is_open(self) -> bool:
        """Whether the target seems to be down, so that one parcel at a time probes it."""
        return self.failures >= _FAILURES_THAT_OPEN

    def offer(self, parcel: Parcel, room: int) -> None:
        """Take a parcel that has just been stored, or leave it in the store if memory or order say so."""
        if parcel.id <= self.cursor:
            return
        if self.stored_up_to > self.cursor or self.memory + parcel.size > room:
            self.stored_up_to = parcel.id
        else:
            self._push(parcel)

    def wants_more(self, room: int) -> bool:
        """Whether the next parcels should be read from the store."""
        behind = self.stored_up_to > self.cursor
        return behind and len(self._ready) < _RESTOCKED_BELOW and self.memory <= room // 2

    def restock(self, parcels: Iterable[Parcel], asked_up_to: int) -> None:
        """Take what was read from the store; with nothing read, nothing is left up to `asked_up_to`."""
        before = self.cursor
        for parcel in parcels:
            if parcel.id > self.cursor:
                self._push(parcel)
        if self.cursor == before:
            self.cursor = max(self.cursor, asked_up_to)

    def _push(self, parcel: Parcel) -> None:
        heappush(self._ready, (parcel.id, parcel))
        self.memory += len(parcel.clean or b"")
        self.cursor = parcel.id

    def take(self, moment: Moment, held: Callable[[Parcel], float]) -> Step:
        """Return what to do now.

        Args:
            moment: Now.
            held: How many seconds the target wants nothing like a parcel; 0 if it may go.
        """
        self._release(moment)
        expired: list[Parcel] = []
        while self._ready and len(self.flying) < self._width(moment):
            _, parcel = heappop(self._ready)
            left = parcel.since + self.max_age - moment.now
            wait = held(parcel)
            if left <= 0:
                self.memory -= len(parcel.clean or b"")
                expired.append(parcel)
            elif wait > 0:
                self._hold(parcel, moment.monotonic + min(wait, left))
            else:
                self.flying.add(parcel.id)
                return Step(parcel, tuple(expired))
        return Step(None, tuple(expired))

    def _width(self, moment: Moment) -> int:
        if not self.is_open:
            return self.width
        return 1 if moment.monotonic >= self._probe_at else 0

    def _release(self, moment: Moment) -> None:
        while self._delayed and self._delayed[0][0] <= moment.monotonic:
            _, parcel_id, parcel = heappop(self._delayed)
            heappush(self._ready, (parcel_id, parcel))

    def _hold(self, parcel: Parcel, until: float) -> None:
        """Put a parcel aside without its bytes: what is held for an hour must not fill the memory."""
        self.memory -= len(parcel.clean or b"")
        heappush(self._delayed, (until, parcel.id, replace(parcel, clean=None)))

    def landed(self, parcel: Parcel) -> None:
        """Note that the target has answered and the parcel is done with."""
        self.flying.discard(parcel.id)
        self.memory -= len(parcel.clean or b"")
        self.answered()

    def answered(self) -> None:
        """Note a sign of life: what was delayed by an outage may go now, in its order."""
        if self.is_open:
            self._ready += [(parcel_id, parcel) for _, parcel_id, parcel in self._delayed]
            self._delayed.clear()
            heapify(self._ready)
        self.failures = self.pauses = 0

    def put_back(self, parcel: Parcel, moment: Moment, delay: float, *, outage: bool) -> None:
        """Try a parcel again later; after an `outage` others wait as well."""
        self.flying.discard(parcel.id)
        again = replace(parcel, attempt=parcel.attempt + 1)
        if outage:
            self.pauses += moment.monotonic >= self._probe_at
            self.failures += 1
            self._probe_at = moment.monotonic + delay
        else:
            self.answered()
        heappush(self._delayed, (moment.monotonic + delay, parcel.id, again))

    def idle_seconds(self, moment: Moment) -> float | None:
        """Return after how long there may be something to do; None if that depends on others."""
        times = [self._delayed[0][0]] if self._delayed else []
        if self.is_open and self._ready and not self.flying:
            times.append(self._probe_at)
        return max(0.0, min(times) - moment.monotonic) if times else None
