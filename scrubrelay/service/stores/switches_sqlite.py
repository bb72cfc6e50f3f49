"""The emergency stop in the SQLite file."""

from scrubrelay.core.policy.capture import EVERYTHING, Capture, Switch
from scrubrelay.service.stores.writer import Writer

_ALL = ""


class SqliteSwitches:
    """Keeps what is switched off in the file of the outbox.

    Args:
        writer: The thread that has the file.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def capture(self) -> Capture:
        """Return what is switched off."""
        rows = await self._writer.submit(
            lambda tx: tx.db.execute("SELECT project, since, until, who FROM capture_off").fetchall()
        )
        switches = (Switch(int(project) if project else None, *rest) for project, *rest in rows)
        return Capture(tuple(switches)) if rows else EVERYTHING

    async def turn_off(self, switch: Switch) -> None:
        """Switch a project or everything off; in no hurry, so that it works on a full disk."""
        row = (_name(switch.project_id), switch.since, switch.until, switch.who)
        await self._writer.submit(
            lambda tx: tx.db.execute("INSERT OR REPLACE INTO capture_off VALUES (?, ?, ?, ?)", row),
            lazy=True,
        )

    async def turn_on(self, project_id: int | None) -> bool:
        """Take one switch away; return whether it was off."""
        name = _name(project_id)
        return await self._writer.submit(
            lambda tx: tx.db.execute("DELETE FROM capture_off WHERE project = ?", (name,)).rowcount > 0,
            lazy=True,
        )


def _name(project_id: int | None) -> str:
    return _ALL if project_id is None else str(project_id)
