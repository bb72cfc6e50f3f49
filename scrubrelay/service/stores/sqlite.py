"""The embedded store: one SQLite file that all workers of a machine share."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from scrubrelay.core.errors import StoreUnavailable
from scrubrelay.core.ledger import RELAY, Account, Booking, Fate, Imbalance, imbalances
from scrubrelay.core.pipeline import Clean
from scrubrelay.core.wire.ratelimits import RateLimit, RateLimits
from scrubrelay.service.stores import rows
from scrubrelay.service.stores.audit_sqlite import SqliteAudit
from scrubrelay.service.stores.base import (
    Entry,
    Listed,
    Parcel,
    Report,
    Route,
    Settlement,
    State,
    Status,
    StoreOptions,
)
from scrubrelay.service.stores.firsts_sqlite import SqliteFirsts
from scrubrelay.service.stores.issues_sqlite import SqliteIssues, forget_ended
from scrubrelay.service.stores.reserve import Reserve
from scrubrelay.service.stores.schema import connect, one_at_a_time, vacuum
from scrubrelay.service.stores.switches_sqlite import SqliteSwitches
from scrubrelay.service.stores.uncounted import Uncounted
from scrubrelay.service.stores.writer import Transaction, Writer

_DEAD_SHARE = 10  # dead letters may take a tenth of the store
_LEDGER_SECONDS = 90 * 86400  # how long the ledger tells one hour from another
_PROBE_BYTES = 64 * 1024
_MOST = 2**53  # a quantity may be what a client claims; many of these still add up to 64 bits


class SqliteStore:
    """Keeps everything in one file.

    Args:
        path: The file; its folder is made if there is none.
        options: How it behaves.
    """

    def __init__(self, path: Path, options: StoreOptions | None = None) -> None:
        self._options = options or StoreOptions()
        self._writer = Writer(
            lambda: connect(path, self._options.durability),
            lambda: one_at_a_time(path),
            Reserve(path.with_name(path.name + ".reserve")),
        )
        self.audit = SqliteAudit(path, self._writer)
        self.switches = SqliteSwitches(self._writer)
        self.issues = SqliteIssues(self._writer)
        self.firsts = SqliteFirsts(self._writer)
        self._uncounted = Uncounted()
        self._counting = 0
        self._told: asyncio.Future[None] | None = None  # done once what has gathered is committed

    def __repr__(self) -> str:
        return f"<SqliteStore slot {self._options.slot} of {self._options.slots}, writable: {self.writable}>"

    @property
    def writable(self) -> bool:
        """Whether the last commit that shows it succeeded."""
        return self._writer.writable

    async def open(self) -> None:
        """Open the file; slot 0 takes over what workers left that there are no more."""
        await self._writer.start()
        if self._options.slot == 0:
            await self._writer.submit(
                lambda tx: tx.db.execute(
                    "UPDATE delivery SET slot = 0 WHERE slot >= ? OR slot < 0", (self._options.slots,)
                )
            )

    async def close(self) -> None:
        """Commit what is under way and close the file."""
        self._count_now(urgent=True)
        await self._writer.stop()

    def append(self, entry: Entry) -> asyncio.Future[Sequence[Parcel]]:
        """Keep an envelope and book it."""
        if not self.writable:  # `check` finds out when it is again; until then, room is for those that leave
            return self._writer.refused(StoreUnavailable("the store cannot write"))
        bounded = _bounded(entry)
        if entry.claim is not None:  # it may depend on those counts
            self._count_now(urgent=True)
        return self._writer.submit(lambda tx: rows.append(tx, bounded, self._options), proves=True)

    def count(self, entry: Entry) -> asyncio.Future[None]:
        """Book an envelope of which nothing is kept, in a sum with others."""
        self._uncounted.add([_bounded(entry)])
        told = self._told = self._told or asyncio.get_running_loop().create_future()
        self._count_now()
        return told

    def _count_now(self, *, urgent: bool = False) -> None:
        """Count what has gathered; one batch is under way at a time, the next gathers meanwhile."""
        if not self._uncounted or (self._counting and not urgent):
            return
        batch = self._uncounted.take()
        told, self._told = self._told, None

        def done(future: asyncio.Future[None]) -> None:
            self._counting -= 1
            if told is not None and not told.done():
                told.set_result(None)
            if future.exception() is None:
                self._count_now()
            else:  # `check` tries again
                self._uncounted.add(batch)

        self._counting += 1
        counted = self._writer.submit(lambda tx: _book_all(tx, batch, self._options), lazy=True, soon=True)
        counted.add_done_callback(done)

    def settle(self, settlements: Iterable[Settlement]) -> asyncio.Future[int]:
        """End the wait of parcels, in no hurry."""
        batch = tuple(settlements)
        return self._writer.submit(lambda tx: sum(rows.settle(tx, one) for one in batch), lazy=True)

    async def flush(self) -> None:
        """Return when everything asked for so far is committed."""
        await self._writer.submit(lambda _: None)

    async def waiting(self, target: str, after: int, limit: int, max_bytes: int) -> Sequence[Parcel]:
        """Read the next parcels of this slot for a target, in order."""
        slot = self._options.slot or 0
        return await self._writer.submit(lambda tx: rows.waiting(tx, slot, target, after, (limit, max_bytes)))

    async def newest(self) -> Sequence[tuple[str, int]]:
        """Return for each target with waiting parcels of this slot the id of its last."""
        return await self._writer.submit(
            lambda tx: tx.db.execute(
                "SELECT target, max(id) FROM delivery WHERE state = ? AND slot = ? GROUP BY target",
                (State.WAITING, self._options.slot or 0),
            ).fetchall()
        )

    async def body(self, envelope_id: int) -> Clean | None:
        """Read an envelope."""
        return await self._writer.submit(
            lambda tx: _only(tx, "SELECT clean FROM envelope WHERE id = ?", envelope_id)
        )

    async def save_limits(self, route: Route, limits: RateLimits, now: float) -> None:
        """Add to what a route has limited."""
        await self._writer.submit(lambda tx: _add_limits(tx, route, limits, now), lazy=True)

    async def limits(self, now: float) -> Sequence[tuple[Route, RateLimits]]:
        """Read what all workers were told to hold back."""
        return await self._writer.submit(lambda tx: list(_all_limits(tx, now)))

    async def check(self) -> None:
        """See whether a full disk has room again; until then nothing is tried."""
        self._count_now()
        if not self.writable:
            await self._probe()

    async def claim(self) -> Sequence[Parcel]:
        """Take over what operators have put back."""
        slot = self._options.slot or 0
        return await self._writer.submit(lambda tx: rows.claim(tx, slot))

    async def _probe(self) -> None:
        """Write as much as a large event would, in a commit of its own: the pages must really be had."""
        await self._writer.submit(
            lambda tx: tx.db.execute("INSERT OR REPLACE INTO probe VALUES (0, zeroblob(?))", (_PROBE_BYTES,)),
            proves=True,
        )
        self._writer.submit(lambda tx: tx.db.execute("DELETE FROM probe"), lazy=True).add_done_callback(
            asyncio.Future.exception  # what is left of it is replaced next time
        )

    async def take_reports(self, now: float, every: float, report: Report) -> Sequence[Parcel]:
        """Turn unreported drops into envelopes to be sent."""
        slot = self._options.slot or 0
        return await self._writer.submit(lambda tx: rows.take_reports(tx, now, every, report, slot))

    async def prune(self, now: float, dead_age: float) -> None:
        """Forget dead letters that are too old or too many, fold the old ledger, give free pages back."""

        def work(tx: Transaction) -> None:
            rows.prune_dead(tx, now - dead_age, self._options.max_bytes // _DEAD_SHARE)
            rows.fold(tx, now - _LEDGER_SECONDS)
            forget_ended(tx, now)
            tx.db.execute("DELETE FROM reported WHERE at < ?", (now - 86400,))
            tx.db.execute("DELETE FROM report WHERE quantity = 0")
            vacuum(tx.db)

        await self._writer.submit(work)

    async def listed(self, state: State | None = None, after: int = 0, limit: int = 100) -> Sequence[Listed]:
        """Return stored parcels in the order of arrival."""
        return await self._writer.submit(lambda tx: rows.listed(tx, state, after, limit))

    async def show(self, parcel_id: int) -> Clean | None:
        """Return the envelope of a parcel."""
        query = "SELECT clean FROM envelope WHERE id = (SELECT envelope FROM delivery WHERE id = ?)"
        return await self._writer.submit(lambda tx: _only(tx, query, parcel_id))

    async def retry(self, parcel_ids: Sequence[int] | None, now: float) -> int:
        """Let dead letters wait again."""
        return await self._writer.submit(lambda tx: rows.retry(tx, parcel_ids, now))

    async def purge(self, state: State, parcel_ids: Sequence[int] | None, now: float) -> int:
        """Remove parcels of a state."""
        return await self._writer.submit(lambda tx: rows.purge(tx, state, parcel_ids, now))

    async def books(self, since: float = 0.0) -> Sequence[Booking]:
        """Return the ledger's sums from the hour of `since` on."""
        return await self._writer.submit(lambda tx: _books(tx, int(since // 3600)))

    async def balance(self) -> Sequence[Imbalance]:
        """Return where the books do not balance, or do not agree with the parcels that are there."""
        return await self._writer.submit(_balance)

    async def status(self) -> Status:
        """Return how full it is."""
        return await self._writer.submit(lambda tx: _status(tx, self._options.max_bytes))


def _bounded(entry: Entry) -> Entry:
    quantities = (*(one[-1] for one in entry.kept), *(one[-1] for one in entry.dropped))
    if all(0 <= quantity < _MOST for quantity in quantities):
        return entry
    kept = tuple((category, max(0, min(_MOST, quantity))) for category, quantity in entry.kept)
    dropped = tuple((category, reason, max(0, min(_MOST, many))) for category, reason, many in entry.dropped)
    return replace(entry, kept=kept, dropped=dropped)


def _book_all(tx: Transaction, entries: Sequence[Entry], options: StoreOptions) -> None:
    for entry in entries:
        rows.book(tx, entry, options)


def _only(tx: Transaction, query: str, number: int) -> Clean | None:
    row = tx.db.execute(query, (number,)).fetchone()
    return None if row is None else Clean(row[0])


def _add_limits(tx: Transaction, route: Route, limits: RateLimits, now: float) -> None:
    target, project_id, key = route
    where = (target, str(project_id), key)
    row = tx.db.execute(
        "SELECT limits FROM rate_limit WHERE (target, project, key) = (?, ?, ?)", where
    ).fetchone()
    merged = _loaded(row[0]).merge(limits) if row else limits
    text = orjson.dumps(
        [[sorted(one.categories), one.until, one.scope, one.reason] for one in merged.active(now).limits]
    )
    tx.db.execute("INSERT OR REPLACE INTO rate_limit VALUES (?, ?, ?, ?)", (*where, text.decode()))


def _all_limits(tx: Transaction, now: float) -> Iterable[tuple[Route, RateLimits]]:
    for target, project, key, text in tx.db.execute("SELECT target, project, key, limits FROM rate_limit"):
        limits = _loaded(text).active(now)
        if limits.limits:
            yield (target, int(project), key), limits


def _loaded(text: str) -> RateLimits:
    return RateLimits(
        tuple(
            RateLimit(frozenset(names), until, scope, reason)
            for names, until, scope, reason in orjson.loads(text)
        )
    )


def _books(tx: Transaction, hour: int) -> list[Booking]:
    tx.write_sums()
    sums = tx.db.execute(
        "SELECT project, category, target, fate, sum(quantity) FROM ledger WHERE hour >= ? OR fate = ?"
        " GROUP BY project, category, target, fate HAVING sum(quantity) != 0",
        (hour, Fate.WAITING),
    )
    return [(Account(int(project), *rest), quantity) for project, *rest, quantity in sums]


def _balance(tx: Transaction) -> list[Imbalance]:
    books = _books(tx, 0)
    booked = Counter({account: quantity for account, quantity in books if account.fate == Fate.WAITING})
    there: Counter[Account] = Counter()
    for project, target, kept in tx.db.execute(
        "SELECT e.project, d.target, e.kept FROM delivery d JOIN envelope e ON e.id = d.envelope"
        " WHERE d.state != ?",
        (State.DEAD,),
    ):
        for category, quantity in orjson.loads(kept):
            there[Account(int(project), category, target, Fate.WAITING)] += quantity
    (size,) = tx.db.execute("SELECT coalesce(sum(size), 0) FROM envelope").fetchone()
    booked[Account(0, "bytes", RELAY, Fate.WAITING)] = tx.counters["bytes"]
    there[Account(0, "bytes", RELAY, Fate.WAITING)] = size
    differing = [
        account for account in sorted(booked.keys() | there.keys()) if booked[account] != there[account]
    ]
    return imbalances(books) + [
        Imbalance(*account[:3], booked[account], there[account]) for account in differing
    ]


def _status(tx: Transaction, max_bytes: int) -> Status:
    numbers = dict(tx.db.execute("SELECT state, count(*) FROM delivery GROUP BY state"))
    oldest = tx.db.execute(
        "SELECT received_at FROM envelope WHERE id ="
        " (SELECT envelope FROM delivery WHERE state = ? ORDER BY id LIMIT 1)",
        (State.WAITING,),
    ).fetchone()
    return Status(
        tx.counters["bytes"],
        max_bytes,
        numbers.get(State.WAITING, 0),
        numbers.get(State.DEAD, 0),
        numbers.get(State.KEPT, 0),
        oldest[0] if oldest else None,
    )
