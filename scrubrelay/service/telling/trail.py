"""What became of each event, to be found by its id: written every other second, many events to a row."""

import asyncio
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from scrubrelay.config.settings import AuditSettings
from scrubrelay.core.errors import StoreUnavailable
from scrubrelay.core.evidence import Evidence, Finds
from scrubrelay.service.clock import Clock
from scrubrelay.service.stores.audit import AuditStore, Leaf, Retention
from scrubrelay.service.stores.base import Entry, Parcel
from scrubrelay.service.telling.spool import Spool

_PERIOD: Final = 2.0
"""Seconds between two leaves; what a worker had noted since the last is in its spool when it is killed."""
_PRUNED: Final = 60.0
_MOST_EVENTS: Final = 10_000
"""Events noted in one period, in all: four times what a process can take."""
_MOST_DROPPED: Final = 500
"""Those of them of which nothing is kept: of a flood of capped events, a sample is as good as all."""
_MOST_PLACES: Final = 200_000
"""Places of finds noted in one period, whatever number of events they are in."""
_MOST_DELIVERIES: Final = 20_000
_MOST_INFLATED: Final = 64 * 2**20
_FAST: Final = 1


@dataclass(slots=True)
class Notes:
    """What was noted and not written yet."""

    finds: dict[Finds, int] = field(default_factory=dict)
    events: list[Sequence[Any]] = field(default_factory=list)
    deliveries: list[Sequence[Any]] = field(default_factory=list)
    places: int = 0
    dropped: int = 0
    skipped: int = 0

    def is_full(self, *, dropped: bool) -> bool:
        """Whether no more events are noted, or none of which nothing is kept."""
        flooded = dropped and self.dropped >= _MOST_DROPPED
        return flooded or len(self.events) >= _MOST_EVENTS or self.places >= _MOST_PLACES

    def item(self, one: Evidence) -> Sequence[Any]:
        """Return what is noted of an item; finds that recur are written once for all."""
        number = self.finds.get(one.finds)
        if number is None:
            number = self.finds[one.finds] = len(self.finds)
            self.places += len(one.finds)
        return one.type, one.fate, one.detail, number

    def leaf(self, at: float) -> Leaf:
        """Return all of it as it is stored."""
        ids = dict.fromkeys(note[0] for note in (*self.events, *self.deliveries))
        noted = {"finds": list(self.finds), "events": self.events, "deliveries": self.deliveries}
        packed = zlib.compress(orjson.dumps(noted), _FAST)
        return Leaf(at, b"".join(map(bytes.fromhex, ids)), packed, self.skipped)


class Trail:
    """Notes what becomes of events.

    Args:
        store: Where it is kept.
        settings: Returns `[audit]` as it is now.
        clock: Time.
        spool: Where a kill does not take what was noted; None for nowhere.
        prunes: Whether this worker forgets what is too old; one of them must.
    """

    def __init__(
        self,
        store: AuditStore,
        settings: Callable[[], AuditSettings],
        clock: Clock,
        spool: Spool | None = None,
        *,
        prunes: bool = True,
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._prunes = prunes
        self._spool = spool
        self._flushing = asyncio.Lock()
        self._lines: list[tuple[str, Sequence[Any]]] = []
        self._notes = Notes()
        self._pruned_at = clock.monotonic()

    def __repr__(self) -> str:
        return f"<Trail: {len(self._notes.events)} events to be written>"

    def received(self, entry: Entry, parcels: Sequence[Parcel] = ()) -> None:
        """Note an event that came in, and under which number it waits.

        An envelope without an id is none that could be asked for.
        """
        if entry.event_id is None or not entry.evidence or not self._settings().events:
            return
        notes, dropped = self._notes, entry.clean is None
        if notes.is_full(dropped=dropped):
            notes.skipped += 1
            return
        notes.dropped += dropped
        items: list[Sequence[Any]] = []
        number = parcels[0].envelope_id if parcels else None
        for one in entry.evidence:
            if one.finds not in notes.finds:
                self._keep("finds", one.finds)
            items.append(notes.item(one))
        limited = sorted(entry.limited)
        note = (entry.event_id, entry.received_at, entry.project_id, number, entry.targets, limited, items)
        notes.events.append(note)
        self._keep("event", note)

    def delivered(self, parcel: Parcel, result: str, answer: int | str | None) -> None:
        """Note how a delivery ended, or that it will be tried again.

        Args:
            parcel: What was sent.
            result: `forwarded`, `retry`, or the reason why it was dropped.
            answer: The status that came back, or why none did.
        """
        if parcel.event_id is None or not self._settings().events:
            return
        if len(self._notes.deliveries) < _MOST_DELIVERIES:
            note = (parcel.event_id, parcel.envelope_id, parcel.target, self._clock.now(), result, answer)
            self._notes.deliveries.append(note)
            self._keep("delivery", note)

    async def recover(self, spools: Iterable[Spool]) -> None:
        """Store what workers had noted that were killed; what one had just stored is stored twice."""
        for spool in spools:
            for lines in await asyncio.to_thread(lambda one: [*one.left()], spool):
                notes = _noted(lines)
                if notes.events or notes.deliveries:
                    with suppress(StoreUnavailable):
                        await self._store.note(notes.leaf(self._clock.now()))
            spool.clear()

    async def run(self) -> None:
        """Write what was noted, again and again, and forget what is too old."""
        while True:
            await self._clock.sleep(_PERIOD)
            await self.flush()
            if self._prunes and self._clock.monotonic() - self._pruned_at >= _PRUNED:
                self._pruned_at = self._clock.monotonic()
                await self._prune()

    async def flush(self) -> None:
        """Write what was noted, and have sums written; notes that the store cannot take are lost.

        Envelopes need the room more.
        """
        async with self._flushing:
            notes, self._notes = self._notes, Notes()
            if not (notes.events or notes.deliveries or notes.skipped):
                with suppress(StoreUnavailable):
                    await self._store.sum_up()
                return
            if self._spool is not None:
                self._spill(self._spool)
                self._spool.turn()
            leaf = await asyncio.to_thread(notes.leaf, self._clock.now())
            try:
                await self._store.note(leaf)
            except StoreUnavailable:
                self._notes.skipped += notes.skipped + len(notes.events)
            if self._spool is not None:
                self._spool.stored()

    def _keep(self, kind: str, note: Sequence[Any]) -> None:
        """Have a line kept where a kill does not take it: those of one turn of the loop in one write."""
        if self._spool is not None:
            if not self._lines:
                asyncio.get_running_loop().call_soon(self._spill, self._spool)
            self._lines.append((kind, note))

    def _spill(self, spool: Spool) -> None:
        lines, self._lines = self._lines, []
        spool.add(*lines)

    async def _prune(self) -> None:
        own = self._settings()
        retention = Retention(own.findings_retention, own.retention, own.max_bytes, own.log_retention)
        try:
            await self._store.prune(self._clock.now(), retention)
        except StoreUnavailable:
            return  # in a minute, then


def _noted(lines: Iterable[Any]) -> Notes:
    """Return what a spool has, as it was when it was noted."""
    notes = Notes()
    for kind, note in lines:
        if kind == "finds":
            notes.finds[tuple((pattern, path, count) for pattern, path, count in note)] = len(notes.finds)
        else:
            (notes.events if kind == "event" else notes.deliveries).append(note)
    return notes


def read_leaf(leaf: Leaf, event_id: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what a leaf has of one event: `event` or `delivery`, and what was noted, by names."""
    noted = orjson.loads(zlib.decompressobj().decompress(leaf.notes, _MOST_INFLATED))
    for one in noted["events"]:
        if one[0] == event_id:
            _, at, project, number, targets, limited, items = one
            yield (
                "event",
                {
                    "received_at": at,
                    "project": project,
                    "envelope": number,
                    "targets": targets,
                    "limited": limited,
                    "items": [_item(item, noted["finds"]) for item in items],
                },
            )
    for one in noted["deliveries"]:
        if one[0] == event_id:
            names = ("envelope", "target", "at", "result", "answer")
            yield "delivery", dict(zip(names, one[1:], strict=True))


def _item(item: Sequence[Any], finds: Sequence[Finds]) -> Mapping[str, Any]:
    name, fate, detail, number = item
    found = [{"pattern": pattern, "path": path, "count": count} for pattern, path, count in finds[number]]
    return {"type": name, "fate": fate, "detail": detail, "findings": found}
