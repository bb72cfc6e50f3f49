"""How issues are counted in the SQLite tables, as a part of somebody's transaction."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scrubrelay.core.policy.caps import Capped, Claim, Count
from scrubrelay.service.stores.base import Entry
from scrubrelay.service.stores.issues import CapFigures, Issue
from scrubrelay.service.stores.writer import Transaction, Writer

_KEY_BYTES: Final = 16
_MOST_KEYS: Final = 8
"""Keys that lead to one issue: some apps have a new system stack in every event."""
_SLACK: Final = 50
"""A fiftieth more than `max_issues` may be there before the oldest are looked for, in 30 ms."""
_SECRET_BYTES: Final = 32

# The columns of a count stand in the order of its fields.
_FIND: Final = """SELECT key, id, keys, started_at, admitted, reached, held, trickled, untold, since
  FROM issue_key JOIN issue ON id = issue WHERE key IN (?, ?, ?)"""
_CLAIMED: Final = 3  # keys of one event; there are never more
_SHOWN: Final = """SELECT keys, project, admitted, most, held, untold, started_at + period, event_id
  FROM issue WHERE started_at + period > ?"""
_INSERT: Final = "INSERT INTO issue VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_LINK: Final = "INSERT OR IGNORE INTO issue_key VALUES (?, ?)"
_SAVE: Final = """UPDATE issue SET
  (seen_at, period, most, started_at, admitted, reached, held, trickled, untold, since, event_id) =
  (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, event_id)) WHERE id = ?"""


class SqliteIssues:
    """Shows what is counted in the file of the outbox.

    Args:
        writer: The thread that has the file.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def secret(self) -> bytes:
        """Return the key of the hashes that stand for issues."""
        return await self._writer.submit(_secret)

    async def resets(self) -> int:
        """Return how often `reset` was called."""
        return await self._writer.submit(lambda tx: tx.counters["caps_resets"], lazy=True)

    async def listed(self, now: float, limit: int = 100) -> Sequence[Issue]:
        """Return issues whose window has not ended."""
        return await self._writer.submit(lambda tx: _listed(tx, now, limit))

    async def counts(self, claims: Sequence[Claim], now: float) -> Sequence[Count]:
        """Return how the issue of each claim stands."""
        return await self._writer.submit(lambda tx: [_tally(tx, claim, now).count for claim in claims])

    async def find(self, keys: Sequence[bytes], now: float) -> Issue | None:
        """Return the issue that these keys lead to."""
        return await self._writer.submit(lambda tx: _find(tx, keys, now))

    async def reset(self, key: str | None) -> int:
        """Count those anew whose key begins so."""
        return await self._writer.submit(lambda tx: _reset(tx, key))

    async def figures(self, now: float) -> CapFigures:
        """Return what caps have done."""
        return await self._writer.submit(lambda tx: _figures(tx, now))


@dataclass(frozen=True, slots=True)
class Tally:
    """An issue as it is in the tables.

    Args:
        row: Its id; 0 if it is new.
        keys: Those that lead to it.
        count: How it stands.
    """

    row: int
    keys: bytes
    count: Count


def admit(tx: Transaction, claim: Claim, now: float) -> Tally:
    """Return the issue of a claim with its event counted, for `save` to write down.

    Raises:
        Capped: It may not go on.
        Untold: It must tell first how many have not.
    """
    tally = _tally(tx, claim, now)
    try:
        return Tally(tally.row, tally.keys, tally.count.admit(claim, now))
    except Capped as refusal:
        if refusal.first:
            reached = (now, claim.window, claim.limit, *_columns(refusal.count), None, tally.row)
            tx.db.execute(_SAVE, reached)
            tx.counters["caps_reached"] += 1
        raise


def save(tx: Transaction, entry: Entry, tally: Tally, most: int) -> None:
    """Write down how the issue of an entry stands.

    Args:
        tx: The transaction.
        entry: With a claim; its event has gone on unless it is counted as capped.
        tally: How its issue stands now.
        most: How many issues are kept.
    """
    if entry.claim is None:
        return
    event_id = None if entry.capped else entry.event_id
    seen = entry.received_at, entry.claim.window, entry.claim.limit
    if tally.row:
        tx.db.execute(_SAVE, (*seen, *_columns(tally.count), event_id, tally.row))
        _link(tx, tally, entry.claim.keys)
        return
    keys = entry.claim.keys[:_CLAIMED]
    values = (b"".join(keys), str(entry.project_id), *seen, *_columns(tally.count), event_id)
    row = tx.db.execute(_INSERT, values).lastrowid
    tx.db.executemany(_LINK, [(key, row) for key in keys])
    tx.counters["issues"] += 1
    surplus = tx.counters["issues"] - most
    if surplus > most // _SLACK:
        _forget(tx, tx.db.execute("SELECT id, keys FROM issue ORDER BY seen_at, id LIMIT ?", (surplus,)))


def suppress(tx: Transaction, entry: Entry, most: int) -> None:
    """Write down that events of an entry have not gone on for their issue's cap."""
    if entry.claim is None or not entry.capped:
        return
    tally = _tally(tx, entry.claim, entry.received_at)
    count = tally.count.suppress(entry.capped, entry.received_at, entry.claim.window)
    save(tx, entry, Tally(tally.row, tally.keys, count), most)
    tx.counters["caps_suppressed"] += entry.capped


def _tally(tx: Transaction, claim: Claim, now: float) -> Tally:
    """Return the issue that the first key leads to which leads anywhere."""
    keys = claim.keys[:_CLAIMED]
    asked = (*keys, *keys[:1] * (_CLAIMED - len(keys)))
    found = {key: rest for key, *rest in tx.db.execute(_FIND, asked)}
    first = next((found[key] for key in keys if key in found), None)
    if first is None:
        return Tally(0, b"", Count(now))
    row, known, started, admitted, reached, *rest = first
    return Tally(row, known, Count(started, admitted, bool(reached), *rest))


def _columns(count: Count) -> tuple[float | None, ...]:
    counts = (count.admitted, count.reached, count.held, count.trickled, count.untold)
    return (count.started, *counts, count.since)


def _link(tx: Transaction, tally: Tally, keys: Sequence[bytes]) -> None:
    """Let more keys lead to an issue, but for those that lead to another."""
    old = _split(tally.keys)
    new = [key for key in keys if key not in old][: _MOST_KEYS - len(old)]
    new = [key for key in new if tx.db.execute(_LINK, (key, tally.row)).rowcount]
    if new:
        tx.db.execute("UPDATE issue SET keys = ? WHERE id = ?", (tally.keys + b"".join(new), tally.row))


def _split(keys: bytes) -> list[bytes]:
    return [keys[at : at + _KEY_BYTES] for at in range(0, len(keys), _KEY_BYTES)]


def forget_ended(tx: Transaction, now: float) -> None:
    """Forget issues whose window has ended, and that have nothing to tell."""
    ended = "SELECT id, keys FROM issue WHERE untold = 0 AND started_at + period <= ?"
    _forget(tx, tx.db.execute(ended, (now,)))


def _forget(tx: Transaction, rows: Iterable[tuple[int, bytes]]) -> None:
    gone = list(rows)
    linked = [(key,) for _, keys in gone for key in _split(keys)]
    tx.db.executemany("DELETE FROM issue_key WHERE key = ?", linked)
    tx.db.executemany("DELETE FROM issue WHERE id = ?", [(row,) for row, _ in gone])
    tx.counters["issues"] -= len(gone)


def _listed(tx: Transaction, now: float, limit: int) -> Sequence[Issue]:
    """Read the issues whose window has not ended."""
    order = "ORDER BY held DESC, admitted DESC, id LIMIT ?"
    return [_issue(row) for row in tx.db.execute(f"{_SHOWN} {order}", (now, limit))]


def _find(tx: Transaction, keys: Sequence[bytes], now: float) -> Issue | None:
    tally = _tally(tx, Claim(tuple(keys), 0, 0.0), now)
    rows = tx.db.execute(f"{_SHOWN} AND id = ?", (now, tally.row)).fetchall()
    return next((_issue(row) for row in rows), None)


def _issue(row: tuple[Any, ...]) -> Issue:
    keys, project, *rest = row
    return Issue(keys[:_KEY_BYTES].hex(), int(project), *rest)


def _reset(tx: Transaction, key: str | None) -> int:
    """Let the windows of issues end whose key begins so, all with None."""
    done = tx.db.execute(
        """UPDATE issue SET started_at = 0, admitted = 0, reached = 0, held = 0, trickled = 0
          WHERE started_at > 0 AND lower(hex(keys)) LIKE ? || '%'""",
        (key or "",),
    )
    tx.counters["caps_resets"] += 1
    return done.rowcount


def _figures(tx: Transaction, now: float) -> CapFigures:
    """Return what caps have done."""
    (active,) = tx.db.execute(
        "SELECT count(*) FROM issue WHERE reached AND started_at + period > ?", (now,)
    ).fetchone()
    names = ("issues", "caps_reached", "caps_suppressed")
    issues, reached, suppressed = (tx.counters[name] for name in names)
    return CapFigures(issues, active, reached, suppressed)


def _secret(tx: Transaction) -> bytes:
    """Return the key of the hashes that stand for issues, made if there is none."""
    tx.db.execute("INSERT OR IGNORE INTO secret VALUES ('issues', ?)", (secrets.token_bytes(_SECRET_BYTES),))
    (value,) = tx.db.execute("SELECT value FROM secret WHERE name = 'issues'").fetchone()
    return bytes(value)
