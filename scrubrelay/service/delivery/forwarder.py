"""Brings what the store holds to its targets, in order, however often it takes."""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from scrubrelay.core.delivery import Refused, Retry, Sent, Target, address, backoff, common, judge
from scrubrelay.core.errors import Reason, StoreUnavailable, place_of
from scrubrelay.core.ledger import Fate
from scrubrelay.core.pipeline import Clean
from scrubrelay.core.wire.encoding import deflate
from scrubrelay.core.wire.envelope import Envelope, encode
from scrubrelay.core.wire.ratelimits import RateLimits
from scrubrelay.core.wire.reports import client_report
from scrubrelay.service.clock import Clock
from scrubrelay.service.delivery.lane import Lane, Moment
from scrubrelay.service.delivery.refusals import Refusals
from scrubrelay.service.delivery.upstream import Answer, Post
from scrubrelay.service.log import log
from scrubrelay.service.stores.base import Entry, Parcel, Pending, Route, Settlement, Store

Resolve = Callable[[str, int, str], Target | None]
"""Target name, our project id, our client key -> where that is today."""

RETRY = "retry"
"""How a try ended that is to be repeated."""

_POLL_SECONDS = 1.0
_REPORT_SECONDS = 60.0
_PRUNE_SECONDS = 60.0
_DEAD_SECONDS = 7 * 86400.0
_HOMELESS_SECONDS = 30.0  # how often a parcel whose target is not configured looks whether it is again
_STOPPED_SECONDS = 5.0  # how often a parcel of a project that is switched off looks whether it is on again
_THREADED_BYTES = 64 * 1024  # compressing this much takes as long as a thread's round trip
_RESTOCKED = 256
_NO_LIMITS = RateLimits()


@dataclass(frozen=True, slots=True)
class ForwarderOptions:
    """How a forwarder behaves.

    Args:
        max_memory_bytes: Most bytes of envelopes in memory.
        max_age: Seconds after which a parcel expires.
        connections: Most parcels in flight to one target.
        keeps_house: Whether this worker prunes the store and sends client reports; one of them must.
        noted: Is told how each try ended: the parcel, the result, and what came back.
        captures: Returns whether anything of a project may go; what must not waits, but for client reports.
        relay_lists: Whether client reports use the lists that are for relays.
    """

    max_memory_bytes: int = 64 * 2**20
    max_age: float = 86400.0
    connections: int = 8
    keeps_house: bool = True
    noted: Callable[[Parcel, str, int | str | None], None] = lambda _parcel, _result, _answer: None
    captures: Callable[[int], bool] = lambda _project_id: True
    relay_lists: bool = False


class Forwarder:
    """One lane for each target; what is in a lane does not wait for another.

    Args:
        store: Where parcels are kept.
        resolve: Finds a target.
        post: How servers are reached.
        clock: Time.
        options: How it behaves.
    """

    def __init__(
        self, store: Store, resolve: Resolve, post: Post, clock: Clock, options: ForwarderOptions
    ) -> None:
        self._store = store
        self._resolve = resolve
        self._post = post
        self._clock = clock
        self._options = options
        self._lanes: dict[str, Lane] = {}
        self._bells: dict[str, asyncio.Event] = {}
        self._limits: dict[Route, RateLimits] = {}
        self._settlements: list[Settlement] = []
        self._settling: asyncio.Future[int] | None = None
        self._refusals = Refusals()
        self._group: asyncio.TaskGroup | None = None
        self._stop = asyncio.Event()
        self._store_works = True
        self._caught_up = False
        self._pruned_at = clock.monotonic()

    def __repr__(self) -> str:
        return f"<Forwarder: {', '.join(map(repr, self._lanes.values())) or 'no lanes'}>"

    async def run(self) -> None:
        """Forward until `stop`; returns when nothing is in flight any more."""
        await self._begin()
        async with asyncio.TaskGroup() as group:
            self._group = group
            for target in tuple(self._lanes):
                group.create_task(self._drive(target))
            keeper = group.create_task(self._keep_house())
            await self._stop.wait()
            keeper.cancel()
            self._ring_all()
        self._group = None

    def stop(self) -> None:
        """Start no more requests."""
        self._stop.set()

    def offer(self, parcels: Sequence[Parcel]) -> None:
        """Take parcels that have just been stored."""
        for parcel in parcels:
            lane = self._lane(parcel.target)
            # Older ones may wait in the store: until they are known of, each new one goes behind them.
            lane.offer(parcel, self._room() if self._caught_up else -1)
            self._bells[parcel.target].set()

    def limits(self, targets: Sequence[Target]) -> RateLimits:
        """Return what all of some targets have limited."""
        if not self._limits or not targets:
            return _NO_LIMITS
        return common((self._limits.get(target.route, _NO_LIMITS) for target in targets), self._clock.now())

    def hopeless(self, entry: Entry) -> frozenset[str]:
        """Return the targets that will want none of an envelope for most of the time that it could wait.

        A server may refuse a category for a day with every answer. Where another target of the project takes
        it, SDKs go on sending, and what waits for that day to end would fill the store.
        """
        if not self._limits or not entry.kept:
            return frozenset()
        categories = tuple(category for category, _ in entry.kept)
        found = ((name, self._resolve(name, entry.project_id, entry.key)) for name in entry.targets)
        return frozenset(
            name
            for name, target in found
            if target is not None and self._limited(target, categories) > self._options.max_age / 2
        )

    async def settle_all(self) -> None:
        """Return when everything that was answered is committed, or cannot be."""
        for _ in range(2):  # what is under way, and what has gathered meanwhile
            self._settle()
            if self._settling is not None:
                await asyncio.wait({self._settling})
        if self._settlements:
            log("sent_but_not_settled", level=logging.WARNING, envelopes=len(self._settlements))

    def status(self) -> list[dict[str, Any]]:
        """Return how each target does, as plain values."""
        return [lane.status() for lane in self._lanes.values()]

    # ---- lanes

    def _lane(self, target: str) -> Lane:
        lane = self._lanes.get(target)
        if lane is None:
            lane = self._lanes[target] = Lane(target, self._options.connections, self._options.max_age)
            self._bells[target] = asyncio.Event()
            if self._group is not None and not self._stop.is_set():
                self._group.create_task(self._drive(target))
        return lane

    def _room(self) -> int:
        """Memory for each lane: what piles up for one that is down must not push another's to the disk."""
        return self._options.max_memory_bytes // max(1, len(self._lanes))

    def _moment(self) -> Moment:
        return Moment(self._clock.now(), self._clock.monotonic())

    def _ring_all(self) -> None:
        for bell in self._bells.values():
            bell.set()

    async def _drive(self, target: str) -> None:
        lane, bell = self._lanes[target], self._bells[target]
        while not self._stop.is_set():
            bell.clear()
            if lane.wants_more(self._room()):
                await self._restock(lane)
            step = lane.take(self._moment(), self._held)
            for parcel in step.expired:
                self._options.noted(parcel, Reason.EXPIRED, None)
                self._settle(parcel, Reason.EXPIRED)
            if step.send is not None:
                self._spawn(self._send(lane, step.send))
            elif not lane.wants_more(self._room()):
                await self._wait(bell, lane.idle_seconds(self._moment()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        if self._group is None:
            raise RuntimeError("the forwarder is not running")
        return self._group.create_task(work)

    async def _wait(self, bell: asyncio.Event, seconds: float | None) -> None:
        alarm = None if seconds is None else self._spawn(self._ring_after(bell, seconds))
        await bell.wait()
        if alarm is not None:
            alarm.cancel()

    async def _ring_after(self, bell: asyncio.Event, seconds: float) -> None:
        await self._clock.sleep(seconds)
        bell.set()

    async def _restock(self, lane: Lane) -> None:
        asked_up_to = lane.stored_up_to
        try:
            parcels = await self._store.waiting(lane.target, lane.cursor, _RESTOCKED, self._room() // 2)
        except StoreUnavailable:
            await self._clock.sleep(_POLL_SECONDS)
        else:
            lane.restock(parcels, asked_up_to)

    # ---- one parcel

    async def _send(self, lane: Lane, parcel: Parcel) -> None:
        try:
            answer = await self._posted(parcel)
        except StoreUnavailable:
            self._put_back(lane, parcel, None, outage=False)
        # The last line of defence: a parcel that we cannot handle must not end the lane of all others.
        except Exception as error:  # noqa: BLE001
            log("defect", level=logging.ERROR, error=place_of(error), event_id=parcel.event_id or "-")
            self._put_back(lane, parcel, None, outage=False)
        else:
            self._act(lane, parcel, answer)
        self._bells[lane.target].set()

    async def _posted(self, parcel: Parcel) -> Answer | None:
        """Send a parcel; None if an operator has removed it meanwhile."""
        target = self._resolve(parcel.target, parcel.project_id, parcel.key)
        clean = parcel.clean if parcel.clean is not None else await self._store.body(parcel.envelope_id)
        if clean is None:
            return None
        if target is None:
            return Answer(None, why="target gone")
        waited = self._clock.now() - parcel.received_at
        if len(clean) > _THREADED_BYTES:
            body = await asyncio.to_thread(_packed, clean, target, waited)
        else:
            body = _packed(clean, target, waited)
        return await self._post.post(target, body)

    def _act(self, lane: Lane, parcel: Parcel, answer: Answer | None) -> None:
        if answer is None:
            lane.landed(parcel)
            return
        was_open = lane.is_open
        match judge(answer.status, answer.headers, self._clock.now()):
            case Sent(limits):
                self._options.noted(parcel, Fate.FORWARDED, answer.status)
                self._learn(parcel, limits)
                lane.landed(parcel)
                self._settle(parcel, Fate.FORWARDED)
            case Refused(status):
                self._options.noted(parcel, Reason.REFUSED, status)
                self._refusals.note(lane.target, status, parcel.event_id)
                lane.landed(parcel)
                self._settle(parcel, Reason.REFUSED, status)
            case Retry(after, limits):
                self._options.noted(parcel, RETRY, answer.status or answer.why)
                self._learn(parcel, limits)
                self._put_back(lane, parcel, after, outage=not limits.limits)
        if lane.is_open and not was_open:
            log("upstream_down", level=logging.WARNING, target=lane.target, why=answer.status or answer.why)
        elif was_open and not lane.is_open:
            log("upstream_up", target=lane.target)

    def _put_back(self, lane: Lane, parcel: Parcel, after: float | None, *, outage: bool) -> None:
        attempt = max(parcel.attempt, lane.pauses if outage else 0) + 1
        delay = max(after or 0.0, backoff(attempt, random.random()))  # noqa: S311 -- jitter is no secret
        lane.put_back(parcel, self._moment(), delay, outage=outage)

    # ---- rate limits

    def _held(self, parcel: Parcel) -> float:
        target = self._resolve(parcel.target, parcel.project_id, parcel.key)
        if target is None:
            return _HOMELESS_SECONDS
        if parcel.categories and not self._options.captures(parcel.project_id):
            return _STOPPED_SECONDS
        return self._limited(target, parcel.categories)

    def _limited(self, target: Target, categories: tuple[str, ...]) -> float:
        """Return for how long a target takes none of these; 0 for a client report, which is never limited."""
        limits = self._limits.get(target.route)
        if limits is None or not categories:
            return 0.0
        now = self._clock.now()
        return min(limits.limited(category, now) for category in categories)

    def _learn(self, parcel: Parcel, limits: RateLimits) -> None:
        target = self._resolve(parcel.target, parcel.project_id, parcel.key) if limits.limits else None
        if target is None:
            return
        known = self._limits.get(target.route, _NO_LIMITS)
        if _extends(known, limits, self._clock.now()):
            self._limits[target.route] = known.merge(limits)
            if self._group is not None:
                self._spawn(self._save(target.route, limits))

    async def _save(self, route: Route, limits: RateLimits) -> None:
        try:
            await self._store.save_limits(route, limits, self._clock.now())
        except StoreUnavailable:
            return  # other workers are told the same by upstream soon enough

    # ---- the store

    def _settle(self, parcel: Parcel | None = None, fate: Any = None, status: int | None = None) -> None:
        """Note the end of a parcel's wait; one batch is under way at a time, the next gathers meanwhile."""
        if parcel is not None:
            _tell_end(parcel, fate, status)
            self._settlements.append(Settlement(parcel.id, fate, self._clock.now(), status))
        if self._settling is not None or not self._settlements:
            return
        batch, self._settlements = self._settlements, []

        def done(future: asyncio.Future[int]) -> None:
            self._settling = None
            if future.exception() is not None:  # `_keep_house` tries again
                self._settlements[:0] = batch
            elif self._settlements:
                self._settle()

        self._settling = self._store.settle(batch)
        self._settling.add_done_callback(done)

    async def _keep_house(self) -> None:
        while True:
            await self._clock.sleep(_POLL_SECONDS)
            try:
                await self._look_around()
            except StoreUnavailable as error:
                if self._store_works:
                    log("store_fails", level=logging.ERROR, error=error)
                self._store_works = False
            else:
                if not self._store_works:
                    log("store_works")
                self._store_works = True

    async def _look_around(self) -> None:
        """Do what has to be done every second, or every minute."""
        self._settle()
        self._refusals.tell(self._clock.monotonic())
        now = self._clock.now()
        await self._store.check()
        if not self._caught_up:
            await self._catch_up()
        await self._hear(now)
        if self._options.keeps_house:
            self.offer(await self._store.claim())
            report = partial(_report, now=now, relay_lists=self._options.relay_lists)
            self.offer(await self._store.take_reports(now, _REPORT_SECONDS, report))
            if self._clock.monotonic() - self._pruned_at >= _PRUNE_SECONDS:
                self._pruned_at = self._clock.monotonic()
                await self._store.prune(now, _DEAD_SECONDS)

    async def _hear(self, now: float) -> None:
        """Learn what upstreams told other workers."""
        for route, limits in await self._store.limits(now):
            self._limits[route] = self._limits.get(route, _NO_LIMITS).merge(limits)
        self._limits = {route: limits for route, limits in self._limits.items() if limits.active(now).limits}

    async def _begin(self) -> None:
        """Know the limits before the first request; a store that fails now is asked again every second."""
        try:
            await self._hear(self._clock.now())
            await self._catch_up()
        except StoreUnavailable as error:
            log("store_fails", level=logging.ERROR, error=error)

    async def _catch_up(self) -> None:
        """See what waits in the store that this process has not put there itself."""
        for target, newest in await self._store.newest():
            lane = self._lane(target)
            lane.stored_up_to = max(lane.stored_up_to, newest)
        self._caught_up = True
        self._ring_all()


def _tell_end(parcel: Parcel, fate: Fate | Reason, status: int | None) -> None:
    log(
        "forwarded" if fate is Fate.FORWARDED else "dropped",
        level=logging.DEBUG,
        target=parcel.target,
        project=parcel.project_id,
        event_id=parcel.event_id or "-",
        reason=fate if isinstance(fate, Reason) else "-",
        status=status or "-",
    )


def _packed(clean: Clean, target: Target, waited: float) -> bytes:
    return deflate(address(clean, target, waited), target.encoding)


def _extends(known: RateLimits, limits: RateLimits, now: float) -> bool:
    """Whether limits say anything new: some servers repeat a day's limit with every answer."""
    return any(
        limit.until - now > 1.01 * known.limited(category, now) + 1.0
        for limit in limits.limits
        for category in limit.categories or ("",)
    )


def _report(pending: Pending, *, now: float, relay_lists: bool) -> Clean | None:
    """Make the envelope of a client report: reason codes, category names and numbers, no payload."""
    item = client_report(pending.counts, now, relay_lists=relay_lists)
    return None if item is None else Clean(encode(Envelope({}, (item,))))
