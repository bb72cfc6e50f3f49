"""What intake hands over and can forget: kept until every target has it, or counted as lost."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from scrubrelay.config.settings import AuditSettings, Settings
from scrubrelay.core.errors import RateLimited, Reason, StoreUnavailable, place_of
from scrubrelay.core.evidence import lost
from scrubrelay.core.project import Project, Projects
from scrubrelay.core.wire.ratelimits import RateLimits
from scrubrelay.service.caps import Caps
from scrubrelay.service.clock import Clock
from scrubrelay.service.delivery.forwarder import Forwarder, ForwarderOptions, Resolve
from scrubrelay.service.delivery.upstream import Post, Upstream
from scrubrelay.service.log import log
from scrubrelay.service.process.switches import Switches
from scrubrelay.service.stores.base import Entry, Parcel, Store, StoreOptions
from scrubrelay.service.stores.registry import make_store
from scrubrelay.service.telling.spool import Spool
from scrubrelay.service.telling.trail import Trail
from scrubrelay.service.traffic import Traffic

_BEHIND_SECONDS = 1
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class OutboxOptions:
    """How an outbox behaves.

    Args:
        max_memory_bytes: Most bytes of envelopes in memory, of those being stored as of those being sent.
        max_age: Seconds after which an envelope that could not be delivered expires.
        connections: Most simultaneous requests to one target.
        timeout: Seconds that one request may take.
        slot: Which of the worker processes this is.
        audit: Returns what is to be kept for the audit, as it is now.
        relay_lists: Whether client reports use the lists that are for relays.
        slots: How many worker processes there are.
        folder: Where notes are kept until the store has them; None for nowhere.
    """

    max_memory_bytes: int = 64 * 2**20
    max_age: float = 86400.0
    connections: int = 8
    timeout: float = 30.0
    slot: int = 0
    audit: Callable[[], AuditSettings] = AuditSettings
    relay_lists: bool = False
    slots: int = 1
    folder: Path | None = None


class Place(Protocol):
    """Which of the worker processes this is."""

    @property
    def slot(self) -> int:
        """Its number, from 0."""

    @property
    def slots(self) -> int:
        """How many there are."""


class Outbox:
    """Keeps envelopes, forwards them, and accounts for all of it.

    Args:
        store: Where they are kept; opened and closed here.
        resolve: Finds a target by its name, our project id and our client key; asked anew for each envelope,
            so that a reload is seen at once.
        clock: Time.
        options: How it behaves.
        post: How servers are reached; by HTTP if not given.

    Attributes:
        switches: The emergency stop.
        caps: What is known of issues that are over their cap.
    """

    def __init__(
        self,
        store: Store,
        resolve: Resolve,
        clock: Clock,
        options: OutboxOptions | None = None,
        post: Post | None = None,
    ) -> None:
        self._options = options or OutboxOptions()
        self._store = store
        self._clock = clock
        folder, slot = self._options.folder, self._options.slot
        self._spool = None if folder is None else Spool(folder, slot)
        self.trail = Trail(store.audit, self._options.audit, clock, self._spool, prunes=slot == 0)
        self._post = post or Upstream(self._options.timeout, self._options.connections)
        self.switches = Switches(store, clock)
        forwarding = ForwarderOptions(
            self._options.max_memory_bytes,
            self._options.max_age,
            self._options.connections,
            self._options.slot == 0,
            self.trail.delivered,
            self.switches.takes,
            self._options.relay_lists,
        )
        self._new_forwarder: Callable[[], Forwarder] = lambda: Forwarder(
            store, resolve, self._post, clock, forwarding
        )
        self._forwarder = self._new_forwarder()
        self._storing = 0
        self._running: asyncio.Task[None] | None = None
        self._noting: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self.caps = Caps(store, clock, self._options.slots)
        self.traffic = Traffic(store, clock)

    @classmethod
    def of(
        cls,
        settings: Settings,
        projects: Callable[[], Projects],
        clock: Clock,
        place: Place,
        audit: Callable[[], AuditSettings] = AuditSettings,
    ) -> "Outbox":
        """Return the outbox that a configuration describes, not started yet.

        Args:
            settings: The configuration.
            projects: Returns the projects of this moment.
            clock: Time.
            place: Which of the workers this is.
            audit: Returns `[audit]` as it is now.
        """
        kept, upstream = settings.store, settings.upstream
        options = StoreOptions(kept.durability, kept.max_bytes, kept.keep_envelopes, place.slot, place.slots)
        own = OutboxOptions(
            kept.max_memory_bytes,
            kept.max_age,
            upstream.connections,
            upstream.timeout,
            place.slot,
            audit,
            settings.reports.relay_lists,
            place.slots,
            kept.data_dir,
        )
        store = make_store(kept.url, options)
        return cls(store, lambda name, project_id, key: projects().target(name, project_id, key), clock, own)

    def __repr__(self) -> str:
        return f"<Outbox on {self._store!r}: {self._forwarder!r}>"

    @property
    def store(self) -> Store:
        """Where it keeps them: for the ledger and for operators."""
        return self._store

    async def start(self) -> None:
        """Open the store and send what it holds.

        Raises:
            StoreUnavailable: It cannot be opened.
        """
        await self._store.open()
        await self.switches.look()  # before the first envelope: a stop survives a restart
        await self.caps.start()
        await self.traffic.look()
        await self.trail.recover(self._left())
        loop = asyncio.get_running_loop()
        self._following = loop.create_task(self._follow())
        self._running = loop.create_task(self._forward())
        self._noting = loop.create_task(self.trail.run())

    def _left(self) -> Iterator[Spool]:
        """Yield what this worker may have left when it was killed, and what those have that are gone."""
        if self._spool is not None:
            yield self._spool
        if self._options.folder is not None and self._options.slot == 0:
            yield from Spool.orphans(self._options.folder, self._options.slots)

    async def _follow(self) -> None:
        """See what operators have changed through another worker or the command line."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.switches.follow())
            group.create_task(self.caps.follow())
            group.create_task(self.traffic.follow())

    async def _forward(self) -> None:
        """Forward until told to stop; after a defect, from the store, as after a restart."""
        while True:
            try:
                return await self._forwarder.run()
            # The last resort: envelopes must not be acknowledged that nobody forwards.
            except Exception as error:  # noqa: BLE001
                log("defect", level=logging.ERROR, error=place_of(error))
            self._forwarder = self._new_forwarder()
            await self._clock.sleep(_PAUSE_SECONDS)

    async def stop(self, patience: float) -> None:
        """Start no more requests, finish those in flight, commit, close; the rest is kept.

        Args:
            patience: Seconds after which requests in flight are given up; the next start repeats them.
        """
        self._forwarder.stop()
        if self._following is not None:
            self._following.cancel()
        if self._running is not None:
            _, late = await asyncio.wait({self._running}, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self._forwarder.settle_all()
        if self._noting is not None:
            self._noting.cancel()
            await asyncio.gather(self._noting, return_exceptions=True)
            await self.trail.flush()
        await self._post.close()
        await self._store.close()

    async def keep(self, entry: Entry) -> None:
        """Keep an envelope, and count it; it is durable when this returns.

        Raises:
            RateLimited: The store is full; the envelope has been counted as lost.
            Capped, Untold: Its event may not go on so; nothing has been kept or counted.
            StoreUnavailable: It cannot write, or not fast enough.
        """
        size = len(entry.clean or b"")
        if self._storing and self._storing + size > self._options.max_memory_bytes:
            raise StoreUnavailable("the store is behind", retry_after=_BEHIND_SECONDS)
        limited = self._forwarder.hopeless(entry)
        entry = replace(entry, limited=limited) if limited else entry
        future = self._store.append(entry)
        self._storing += size
        # Whoever waits here may be cancelled; what was committed is forwarded all the same, and in its order.
        future.add_done_callback(lambda done: self._stored(done, entry))
        await asyncio.shield(future)

    def _stored(self, future: asyncio.Future[Sequence[Parcel]], entry: Entry) -> None:
        self._storing -= len(entry.clean or b"")
        error = future.exception()
        if error is None:
            self._forwarder.offer(future.result())
            self.trail.received(entry, future.result())
        elif isinstance(error, RateLimited):
            self.lose(entry)

    async def drop(self, entry: Entry) -> None:
        """Count an envelope of which nothing is to be kept; it is counted for good when this returns.

        While the store cannot write, it is so later on: whoever sent it has nothing to wait for.
        """
        counted = self._store.count(entry)
        self.trail.received(entry)
        await asyncio.shield(counted)

    def lose(self, entry: Entry) -> None:
        """Count an envelope that intake answers with a 429 without asking to keep it.

        What `entry` still names as kept is dropped because the store is full.
        """
        refused = tuple((category, Reason.STORE_FULL, quantity) for category, quantity in entry.kept)
        evidence = lost(entry.evidence, Reason.STORE_FULL)
        gone = replace(entry, clean=None, kept=(), dropped=entry.dropped + refused, evidence=evidence)
        self._store.count(gone)
        self.trail.received(gone)

    def captures(self, project: Project) -> bool:
        """Whether anything of a project is taken, or an operator has switched it off."""
        return self.switches.takes(project.id)

    def limits(self, project: Project) -> RateLimits:
        """Return what SDKs of a project should be told to hold back: what all of its targets have limited."""
        return self._forwarder.limits(project.targets)

    def writable(self) -> bool:
        """Whether envelopes can be kept now."""
        return self._store.writable

    def targets(self) -> list[dict[str, Any]]:
        """Return how each target does for this worker: plain values."""
        return self._forwarder.status()

    async def status(self) -> dict[str, Any]:
        """Return how full the store is, and the ledger: plain values, no payload."""
        held, books = await self._store.status(), await self._store.books()
        caps = await self._store.issues.figures(self._clock.now())
        return {
            "store": {**asdict(held), "writable": self.writable()},
            "caps": asdict(caps),
            "ledger": [{**account._asdict(), "quantity": quantity} for account, quantity in books],
        }
