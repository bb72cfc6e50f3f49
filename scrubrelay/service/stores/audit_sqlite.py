"""The audit's tables in the SQLite file."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import orjson

from scrubrelay.core.errors import StoreUnavailable
from scrubrelay.service.stores.audit import (
    FIRST_LEAVES,
    LAST_LEAVES,
    Deed,
    Dimension,
    Fates,
    Group,
    Leaf,
    Retention,
    Where,
)
from scrubrelay.service.stores.base import State
from scrubrelay.service.stores.schema import unavailable
from scrubrelay.service.stores.writer import Transaction, Writer

_HOUR: Final = 3600
_PATIENCE: Final = 10.0
"""Seconds that one question may take."""
_STEPS: Final = 100_000
"""Steps of SQLite's machine between two looks at the time: about a millisecond."""
_ID: Final = 16
_ROW: Final = 64
_T = TypeVar("_T")


class SqliteAudit:
    """Keeps what the audit asks for in the file of the outbox.

    Questions have a connection of their own: a long one must not hold up envelopes.

    Args:
        path: The file.
        writer: The thread that writes to it.
    """

    def __init__(self, path: Path, writer: Writer) -> None:
        # Not "ro": a reader that meets the log's index half written must mend it, and may not if read-only
        # (SQLITE_READONLY_RECOVERY). `query_only` keeps it from writing anything else.
        self._uri = f"file:{quote(str(path.absolute()))}?mode=rw"
        self._writer = writer

    async def record(self, who: str, action: str, detail: Mapping[str, Any], now: float) -> None:
        """Add to the log of who did what."""
        line = (now, who, action, orjson.dumps(detail).decode())
        # In no hurry, so that it may use what is reserved: on a full disk, too, an operator can act.
        await self._writer.submit(
            lambda tx: tx.db.execute(
                "INSERT INTO audit_log (at, who, action, detail) VALUES (?, ?, ?, ?)", line
            ),
            lazy=True,
        )

    async def deeds(self, before: int | None = None, limit: int = 100, since: float = 0.0) -> Sequence[Deed]:
        """Return lines of the log, the newest first."""
        rows = await self._ask(
            "SELECT id, at, who, action, detail FROM audit_log"
            " WHERE (?1 IS NULL OR id < ?1) AND at >= ?3 ORDER BY id DESC LIMIT ?2",
            (before, limit, since),
        )
        return [Deed(number, at, who, action, orjson.loads(text)) for number, at, who, action, text in rows]

    async def sum_up(self) -> None:
        """Have `findings` and `fates` know all that this process has stored."""
        if self._writer.has_sightings:
            await self._writer.submit(lambda tx: tx.sum_up(), lazy=True)

    async def findings(
        self, where: Where, by: Sequence[Dimension], after: Group | None = None, limit: int = 100
    ) -> Sequence[tuple[Group, int]]:
        """Return sums of what was found."""
        columns = ", ".join("CAST(project AS INTEGER)" if one == "project" else one for one in by)
        condition, values = _condition(where, narrow=True)
        if after is not None:
            condition += f" AND ({columns}) > ({', '.join('?' * len(after))})"
            values += after
        query = (
            f"SELECT {columns}, sum(quantity) FROM finding WHERE {condition}"  # noqa: S608 -- names of ours
            f" GROUP BY {columns} ORDER BY {columns} LIMIT ?"
        )
        rows = await self._ask(query, (*values, limit))
        return [(tuple(group), quantity) for *group, quantity in rows]

    async def fates(self, where: Where) -> Sequence[Fates]:
        """Return what became of items."""
        condition, values = _condition(where, narrow=False)
        query = (
            "SELECT CAST(project AS INTEGER), type, fate, sum(quantity)"  # noqa: S608 -- as above
            f" FROM item_fate WHERE {condition} GROUP BY project, type, fate ORDER BY 1, 2, 3"
        )
        rows = await self._ask(query, values)
        return [Fates(*row) for row in rows]

    async def note(self, leaf: Leaf) -> None:
        """Add to the trail, in no hurry, and sum up."""
        size = len(leaf.ids) + len(leaf.notes) + _ROW
        row = (leaf.at, leaf.skipped, size, leaf.ids, leaf.notes)

        def work(tx: Transaction) -> None:
            tx.db.execute("INSERT INTO trail (at, skipped, size, ids, notes) VALUES (?, ?, ?, ?, ?)", row)
            tx.sum_up()

        await self._writer.submit(work, lazy=True)

    async def trail(self, event_id: bytes) -> Sequence[Leaf]:
        """Return the leaves on which an event stands, the oldest first."""
        return await asyncio.to_thread(self._answer, lambda db: _trail(db, event_id))

    async def skipped(self) -> int:
        """Return how many events were not noted."""
        ((many,),) = await self._ask("SELECT coalesce(sum(skipped), 0) FROM trail", ())
        return int(many)

    async def states(self, envelope_ids: Sequence[int]) -> Mapping[tuple[int, str], str]:
        """Return where what is still in the outbox stands."""
        marks = ", ".join("?" * len(envelope_ids))
        rows = await self._ask(
            f"SELECT envelope, target, state FROM delivery WHERE envelope IN ({marks})",  # noqa: S608 -- marks
            tuple(envelope_ids),
        )
        return {(envelope, target): State(state).name.lower() for envelope, target, state in rows}

    async def prune(self, now: float, retention: Retention) -> None:
        """Forget what is older than it should be, and what is too much."""
        await self._writer.submit(lambda tx: _prune(tx, now, retention), lazy=True)

    async def _ask(self, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return await asyncio.to_thread(self._answer, lambda db: db.execute(query, values).fetchall())

    def _answer(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        deadline = time.monotonic() + _PATIENCE
        try:
            with closing(sqlite3.connect(self._uri, uri=True, timeout=_PATIENCE)) as db:
                db.execute("PRAGMA query_only=1")
                db.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
                return question(db)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                raise StoreUnavailable("the question takes too long", "ask for less at a time") from error
            raise unavailable(error) from error
        except sqlite3.Error as error:
            raise unavailable(error) from error


def _condition(where: Where, *, narrow: bool) -> tuple[str, tuple[Any, ...]]:
    """Return what a row of `finding` (`narrow`) or `item_fate` must fulfil, and the values for its marks."""
    parts, values = ["hour >= ?"], [int(where.since // _HOUR)]
    equal = {"project": where.project if where.project is None else str(where.project), "type": where.type}
    if where.until is not None:
        parts.append("hour < ?")
        values.append(-int(-where.until // _HOUR))
    tests: list[Any] = [*values]
    for name, value in equal.items():
        if value not in (None, ""):
            parts.append(f"{name} = ?")
            tests.append(value)
    for name, value in (("pattern", where.pattern), ("path", where.path)) if narrow else ():
        if value:
            parts.append(f"({name} = ? OR substr({name}, 1, ?) = ?)")
            tests += [value, len(value) + 1, f"{value}."]
    return " AND ".join(parts), tuple(tests)


def _trail(db: sqlite3.Connection, event_id: bytes) -> list[Leaf]:
    there = [
        number
        for number, ids in db.execute(
            "SELECT id, ids FROM trail WHERE instr(ids, ?) ORDER BY id", (event_id,)
        )
        if event_id in _ids(ids)
    ]
    if len(there) > FIRST_LEAVES + LAST_LEAVES:
        there = [*there[:FIRST_LEAVES], *there[-LAST_LEAVES:]]
    query = "SELECT at, ids, notes, skipped FROM trail WHERE id = ?"
    return [Leaf(*row) for number in there for row in db.execute(query, (number,))]


def _ids(blob: bytes) -> Iterator[bytes]:
    return (blob[at : at + _ID] for at in range(0, len(blob), _ID))


def _prune(tx: Transaction, now: float, retention: Retention) -> None:
    hour = int((now - retention.findings) // _HOUR)
    tx.db.execute("DELETE FROM finding WHERE hour < ?", (hour,))
    tx.db.execute("DELETE FROM item_fate WHERE hour < ?", (hour,))
    tx.db.execute("DELETE FROM audit_log WHERE at < ?", (now - retention.log,))
    tx.db.execute("DELETE FROM trail WHERE at < ?", (now - retention.trail,))
    (size,) = tx.db.execute("SELECT coalesce(sum(size), 0) FROM trail").fetchone()
    surplus = size - retention.trail_bytes
    rows = tx.db.execute("SELECT id, size FROM trail ORDER BY id") if surplus > 0 else ()
    gone = 0
    for number, one in rows:
        if surplus <= 0:
            break
        surplus, gone = surplus - one, number
    tx.db.execute("DELETE FROM trail WHERE id <= ?", (gone,))
