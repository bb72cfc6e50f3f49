"""The audit's tables in the SQLite file."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from scrubrelay.service.stores.audit import Deed
from scrubrelay.service.stores.writer import Transaction, Writer


class SqliteAudit:
    """Keeps what the audit asks for in the file of the outbox.

    Args:
        writer: The thread that has the file.
    """

    def __init__(self, writer: Writer) -> None:
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
        return await self._writer.submit(lambda tx: _deeds(tx, before, limit, since))


def _deeds(tx: Transaction, before: int | None, limit: int, since: float) -> list[Deed]:
    rows = tx.db.execute(
        "SELECT id, at, who, action, detail FROM audit_log"
        " WHERE (?1 IS NULL OR id < ?1) AND at >= ?3 ORDER BY id DESC LIMIT ?2",
        (before, limit, since),
    )
    return [Deed(number, at, who, action, orjson.loads(detail)) for number, at, who, action, detail in rows]
