"""How the first transactions of each name are counted in the file of the outbox."""

from typing import Final

from scrubrelay.service.stores.firsts import MOST_NAMES
from scrubrelay.service.stores.writer import Transaction, Writer

_HOUR: Final = 3600


class SqliteFirsts:
    """Counts in the file of the outbox, for all workers.

    Args:
        writer: The thread that has the file.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def take(self, name: bytes, limit: int, now: float) -> bool:
        """Count one more of a name if fewer than `limit` were."""
        return await self._writer.submit(lambda tx: _take(tx, name, limit, int(now // _HOUR)))


def _take(tx: Transaction, name: bytes, limit: int, hour: int) -> bool:
    found = tx.db.execute("SELECT hour, taken FROM first_of_hour WHERE name = ?", (name,)).fetchone()
    taken = found[1] if found and found[0] == hour else 0
    if taken >= limit or (not found and not _has_room(tx, hour)):
        return False
    tx.db.execute("INSERT OR REPLACE INTO first_of_hour VALUES (?, ?, ?)", (name, hour, taken + 1))
    return True


def _has_room(tx: Transaction, hour: int) -> bool:
    """Tell whether there is room for a new name; what other hours left behind makes some."""
    (names,) = tx.db.execute("SELECT count(*) FROM first_of_hour").fetchone()
    if names < MOST_NAMES:
        return True
    return tx.db.execute("DELETE FROM first_of_hour WHERE hour <> ?", (hour,)).rowcount > 0
