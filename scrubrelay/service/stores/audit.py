"""What a store keeps for those who ask what became of the data, and who has asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Deed:
    """One line of the log of who did or read what.

    Args:
        id: Ascending; a gap is a line that retention took.
        at: When, in seconds since the epoch.
        who: The name of the token.
        action: What was done.
        detail: Where and with what arguments; no payload.
    """

    id: int
    at: float
    who: str
    action: str
    detail: Mapping[str, Any]


class AuditStore(Protocol):
    """The part of a store that is about the audit; every call raises `StoreUnavailable` as its others do."""

    async def record(self, who: str, action: str, detail: Mapping[str, Any], now: float) -> None:
        """Add to the log of who did what; the line is durable when this returns."""

    async def deeds(self, before: int | None = None, limit: int = 100, since: float = 0.0) -> Sequence[Deed]:
        """Return lines of the log, the newest first: those older than the line `before`."""
