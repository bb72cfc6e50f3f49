"""Each step of an envelope's way through the SQLite tables, as a part of somebody's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import Any

import orjson

from scrubrelay.core.errors import RateLimited, Reason
from scrubrelay.core.ledger import RELAY, Fate, arrived, moved
from scrubrelay.core.pipeline import Clean
from scrubrelay.core.wire.reports import REPORTED
from scrubrelay.service.stores.base import (
    Entry,
    Listed,
    Parcel,
    Pending,
    Quantities,
    Report,
    Settlement,
    State,
    StoreOptions,
)
from scrubrelay.service.stores.issues_sqlite import admit, save, suppress
from scrubrelay.service.stores.writer import Transaction

ROW_BYTES = 512
"""What an envelope is charged beyond its own bytes: its rows, indices, the unused part of its last page."""

UNCLAIMED = -1
"""The slot of what an operator has put back: no worker knows of it yet."""

FULL_SECONDS = 60
"""How long SDKs keep quiet when the store is full: as long as they would with no header at all."""

_PARCEL = """SELECT
  d.id, d.envelope, d.target, e.project, e.key, e.event_id, e.received_at, d.changed_at, e.kept, e.clean
  FROM delivery d JOIN envelope e ON e.id = d.envelope"""
_LISTED = """SELECT d.id, d.state, e.project, d.target, e.event_id, e.received_at, e.size, d.status, e.kept
  FROM delivery d JOIN envelope e ON e.id = d.envelope"""


def append(tx: Transaction, entry: Entry, options: StoreOptions) -> Sequence[Parcel]:
    """Keep an envelope and book it.

    Raises:
        RateLimited: There is no room, even without dead letters and envelopes that are kept to look at.
        Capped: Its event may not go on.
        Untold: Its event has to tell how many have not.
    """
    awaited = [target for target in entry.targets if target not in entry.limited]
    parcels: Sequence[Parcel] = ()
    if entry.clean is not None and (awaited or not entry.targets):
        claim = None if entry.capped else entry.claim
        tally = None if claim is None else admit(tx, claim, entry.received_at)
        make_room(tx, len(entry.clean) + ROW_BYTES, options.max_bytes, entry.received_at)
        parcels = _insert(tx, entry, awaited, options)
        if tally is not None:
            save(tx, entry, tally, options.max_issues)
    book(tx, entry, options)
    if not entry.targets:
        evict(tx, options.keep_envelopes, entry.received_at)
    return parcels


def book(tx: Transaction, entry: Entry, options: StoreOptions) -> None:
    """Book an envelope that came in, and what of it must be reported."""
    suppress(tx, entry, options.max_issues)
    fates: dict[str, Fate | Reason] = {
        target: Reason.RATE_LIMITED if target in entry.limited else Fate.WAITING for target in entry.targets
    }
    tx.book(arrived(entry.project_id, entry.kept, entry.dropped, fates), entry.received_at)
    tx.sightings.add(entry.project_id, entry.evidence, entry.received_at)
    for target in entry.targets:
        where = (entry.project_id, entry.key, target)
        _report(tx, where, entry.dropped)
        if target in entry.limited:
            _report(
                tx, where, [(category, Reason.RATE_LIMITED, quantity) for category, quantity in entry.kept]
            )


def _report(
    tx: Transaction,
    where: tuple[int, str, str],
    dropped: Iterable[tuple[str, Reason, int]],
    sign: int = 1,
) -> None:
    for category, reason, quantity in dropped:
        if REPORTED[reason] is not None:
            tx.report(where, reason, category, sign * quantity)


def _insert(tx: Transaction, entry: Entry, awaited: Sequence[str], options: StoreOptions) -> Sequence[Parcel]:
    clean = entry.clean or Clean(b"")
    envelope_id, size = tx.next_id(), len(clean) + ROW_BYTES
    kept = orjson.dumps(entry.kept).decode()
    row = (str(entry.project_id), entry.key, entry.event_id, entry.received_at, kept, size, clean)
    tx.db.execute("INSERT INTO envelope VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (envelope_id, *row))
    tx.counters["bytes"] += size
    state = State.WAITING if awaited else State.KEPT
    categories = tuple(category for category, _ in entry.kept)
    parcels = []
    for target in awaited or [RELAY]:
        parcel_id = tx.next_id()
        fate = (parcel_id, envelope_id, target, options.slot or 0, state, None, entry.received_at)
        tx.db.execute("INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?)", fate)
        whose = (entry.project_id, entry.key, entry.event_id, entry.received_at, entry.received_at)
        parcels.append(Parcel(parcel_id, envelope_id, target, *whose, categories, len(clean), clean))
    return parcels if awaited else ()


def make_room(tx: Transaction, size: int, max_bytes: int, now: float) -> None:
    """Give up dead letters and kept envelopes, oldest first, until there is room.

    Raises:
        RateLimited: It does not suffice.
    """
    goal = max_bytes - size
    while tx.counters["bytes"] > goal:
        oldest = tx.db.execute(
            "SELECT id, state FROM delivery WHERE state IN (?, ?) ORDER BY id LIMIT 64",
            (State.DEAD, State.KEPT),
        ).fetchall()
        if not oldest or goal < 0:
            raise RateLimited("the outbox is full", FULL_SECONDS, f"{FULL_SECONDS}::key:store_full")
        while oldest and tx.counters["bytes"] > goal:
            _give_up(tx, oldest.pop(0), now)


def evict(tx: Transaction, keep: int, now: float) -> None:
    """Make the oldest envelopes of inspect mode give way to newer ones."""
    surplus = tx.db.execute(
        "SELECT id FROM delivery WHERE state = ? ORDER BY id DESC LIMIT -1 OFFSET ?", (State.KEPT, keep)
    ).fetchall()
    for (parcel_id,) in surplus:
        _give_up(tx, (parcel_id, State.KEPT), now)


def _give_up(tx: Transaction, parcel: tuple[int, int], now: float) -> None:
    parcel_id, state = parcel
    reason = Reason.NO_UPSTREAM if state == State.KEPT else None  # a dead letter was booked when it died
    remove(tx, parcel_id, State(state), reason, now)


def remove(tx: Transaction, parcel_id: int, state: State, fate: Fate | Reason | None, now: float) -> bool:
    """Remove a parcel that is in this state, and its envelope with the last of its parcels.

    Args:
        tx: The transaction.
        parcel_id: The parcel.
        state: Only if it is in this state.
        fate: What to book instead of waiting; None if it is booked already.
        now: Seconds since the epoch.
    """
    row = tx.db.execute(
        "DELETE FROM delivery WHERE id = ? AND state = ? RETURNING envelope, target", (parcel_id, state)
    ).fetchone()
    if row is None:
        return False
    envelope_id = row[0]
    if fate is not None:
        _book_move(tx, row, Fate.WAITING, fate, now)
    if tx.db.execute("SELECT 1 FROM delivery WHERE envelope = ? LIMIT 1", (envelope_id,)).fetchone() is None:
        (size,) = tx.db.execute("DELETE FROM envelope WHERE id = ? RETURNING size", (envelope_id,)).fetchone()
        tx.counters["bytes"] -= size
    return True


def _book_move(
    tx: Transaction, parcel: tuple[int, str], before: Fate | Reason, after: Fate | Reason, now: float
) -> Quantities:
    envelope_id, target = parcel
    project, key, kept = tx.db.execute(
        "SELECT project, key, kept FROM envelope WHERE id = ?", (envelope_id,)
    ).fetchone()
    quantities = _quantities(kept)
    tx.book(moved(int(project), target, quantities, before, after), now)
    if target != RELAY:
        for fate, sign in ((before, -1), (after, 1)):
            if isinstance(fate, Reason):
                _report(
                    tx,
                    (int(project), key, target),
                    [(name, fate, number) for name, number in quantities],
                    sign,
                )
    return quantities


@lru_cache(maxsize=1024)
def _quantities(kept: str) -> Quantities:
    return tuple((category, quantity) for category, quantity in orjson.loads(kept))


def settle(tx: Transaction, settlement: Settlement) -> bool:
    """End a parcel's wait, unless that has been done."""
    if settlement.fate is not Reason.REFUSED:
        return remove(tx, settlement.id, State.WAITING, settlement.fate, settlement.at)
    row = tx.db.execute(
        "SELECT envelope, target FROM delivery WHERE id = ? AND state = ?", (settlement.id, State.WAITING)
    ).fetchone()
    if row is None:
        return False
    if not _book_move(tx, row, Fate.WAITING, Reason.REFUSED, settlement.at):
        # A client report, ours or an SDK's: nothing in it is counted, so nobody would look for it.
        return remove(tx, settlement.id, State.WAITING, None, settlement.at)
    tx.db.execute(
        "UPDATE delivery SET state = ?, status = ?, changed_at = ? WHERE id = ?",
        (State.DEAD, settlement.status, settlement.at, settlement.id),
    )
    return True


def waiting(tx: Transaction, slot: int, target: str, after: int, most: tuple[int, int]) -> Sequence[Parcel]:
    """Read the next parcels of a slot for a target; `most` is a number and a sum of bytes."""
    limit, room = most
    rows = tx.db.execute(
        f"{_PARCEL} WHERE d.state = ? AND d.slot = ? AND d.target = ? AND d.id > ? ORDER BY d.id LIMIT ?",
        (State.WAITING, slot, target, after, limit),
    )
    parcels: list[Parcel] = []
    for row in rows:
        parcels.append(_parcel(row))
        room -= parcels[-1].size
        if room <= 0:
            break
    rows.close()
    return parcels


def _parcel(row: tuple[Any, ...]) -> Parcel:
    parcel_id, envelope_id, target, project, key, event_id, received_at, since, kept, clean = row
    categories = tuple(category for category, _ in _quantities(kept))
    whose = (int(project), key, event_id, received_at, since)
    return Parcel(parcel_id, envelope_id, target, *whose, categories, len(clean), Clean(clean))


def take_reports(tx: Transaction, now: float, every: float, report: Report, slot: int) -> Sequence[Parcel]:
    """Turn unreported drops into envelopes; for each project and target at most one `every` seconds."""
    tx.write_sums()
    parcels: list[Parcel] = []
    for pending in list(_pending(tx, now - every)):
        where = (str(pending.project_id), pending.key, pending.target)
        clean = report(pending)
        tx.db.execute("DELETE FROM report WHERE (project, key, target) = (?, ?, ?) AND quantity > 0", where)
        tx.db.execute("INSERT OR REPLACE INTO reported VALUES (?, ?, ?, ?)", (*where, now))
        if clean is not None:
            entry = Entry(pending.project_id, pending.key, None, now, clean, (pending.target,))
            parcels.extend(_insert(tx, entry, entry.targets, StoreOptions(slot=slot)))
    return parcels


def _pending(tx: Transaction, before: float) -> Iterator[Pending]:
    rows = tx.db.execute(
        """SELECT project, key, target, reason, category, quantity FROM report r
          WHERE quantity > 0 AND NOT EXISTS (SELECT 1 FROM reported d
            WHERE (d.project, d.key, d.target) = (r.project, r.key, r.target) AND d.at > ?)
          ORDER BY project, key, target""",
        (before,),
    )
    for (project, key, target), group in groupby(rows, lambda row: row[:3]):
        counts = tuple((Reason(reason), category, quantity) for *_, reason, category, quantity in group)
        yield Pending(int(project), key, target, counts)


def listed(tx: Transaction, state: State | None, after: int, limit: int) -> Sequence[Listed]:
    """Read parcels in the order of arrival."""
    rows = tx.db.execute(
        f"{_LISTED} WHERE d.id > ? AND (? IS NULL OR d.state = ?) ORDER BY d.id LIMIT ?",
        (after, state, state, limit),
    )
    return [
        Listed(
            parcel_id,
            State(stands),
            int(project),
            target,
            event_id,
            at,
            size - ROW_BYTES,
            status,
            _quantities(kept),
        )
        for parcel_id, stands, project, target, event_id, at, size, status, kept in rows
    ]


def retry(tx: Transaction, parcel_ids: Sequence[int] | None, now: float) -> int:
    """Let dead letters wait again, for a worker to claim them."""
    chosen = _chosen(tx, State.DEAD, parcel_ids)
    for parcel_id in chosen:
        parcel = tx.db.execute(
            "UPDATE delivery SET slot = ?, state = ?, status = NULL, changed_at = ? WHERE id = ?"
            " RETURNING envelope, target",
            (UNCLAIMED, State.WAITING, now, parcel_id),
        ).fetchone()
        _book_move(tx, parcel, Reason.REFUSED, Fate.WAITING, now)
    return len(chosen)


def claim(tx: Transaction, slot: int) -> Sequence[Parcel]:
    """Give what was put back new ids, behind all that waits now, and this slot."""
    found = tx.db.execute(
        f"{_PARCEL} WHERE d.state = ? AND d.slot = ? ORDER BY d.id", (State.WAITING, UNCLAIMED)
    )
    old = [replace(_parcel(row), clean=None) for row in found]
    new = [replace(parcel, id=tx.next_id()) for parcel in old]
    tx.db.executemany(
        "UPDATE delivery SET id = ?, slot = ? WHERE id = ?",
        [(parcel.id, slot, before.id) for before, parcel in zip(old, new, strict=True)],
    )
    return new


def purge(tx: Transaction, state: State, parcel_ids: Sequence[int] | None, now: float) -> int:
    """Remove parcels of a state."""
    fate = {State.WAITING: Reason.PURGED, State.KEPT: Reason.PURGED, State.DEAD: None}[state]
    return sum(remove(tx, parcel_id, state, fate, now) for parcel_id in _chosen(tx, state, parcel_ids))


def _chosen(tx: Transaction, state: State, parcel_ids: Sequence[int] | None) -> list[int]:
    there = [row[0] for row in tx.db.execute("SELECT id FROM delivery WHERE state = ? ORDER BY id", (state,))]
    if parcel_ids is None:
        return there
    wanted = frozenset(parcel_ids)
    return [parcel_id for parcel_id in there if parcel_id in wanted]


def prune_dead(tx: Transaction, before: float, max_bytes: int) -> None:
    """Forget dead letters from before a moment, and the oldest until they take no more than `max_bytes`."""
    dead = tx.db.execute(
        "SELECT d.id, d.changed_at, e.size FROM delivery d JOIN envelope e ON e.id = d.envelope"
        " WHERE d.state = ? ORDER BY d.id DESC",
        (State.DEAD,),
    ).fetchall()
    room = max_bytes
    for parcel_id, changed_at, size in dead:
        room -= size
        if room < 0 or changed_at < before:
            remove(tx, parcel_id, State.DEAD, None, before)


def fold(tx: Transaction, before: float) -> None:
    """Keep only the sums of hours long past, so that the ledger balances for ever and does not grow."""
    tx.write_sums()
    hour = int(before // 3600)
    tx.db.execute(
        """INSERT INTO ledger SELECT 0, project, category, target, fate, sum(quantity) FROM ledger
          WHERE hour > 0 AND hour < ? GROUP BY project, category, target, fate
          ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity""",
        (hour,),
    )
    tx.db.execute("DELETE FROM ledger WHERE hour > 0 AND hour < ?", (hour,))
