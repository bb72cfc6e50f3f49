"""What a store keeps for those who ask what became of the data, and who has asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, get_args

Dimension = Literal["hour", "project", "type", "pattern", "path"]
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
"""What findings can be told apart by."""

FIRST_LEAVES: Final = 50
"""Of an event that stands on very many leaves, how many of the oldest are read: where it came in."""
LAST_LEAVES: Final = 250
"""And how many of the newest. A client can send all of its events under one id."""

Group = tuple[int | str, ...]
"""The values of some dimensions, in the order in which they were asked for."""


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


@dataclass(frozen=True, slots=True)
class Where:
    """Which findings are meant.

    Args:
        since: From the hour of this moment on, in seconds since the epoch.
        until: Before the hour of this moment; None for no end.
        project: Of this project; None for all.
        type: Of items of this type, empty for all.
        pattern: Of this pattern, or of all whose id begins with it and a dot; empty for all.
        path: At this path or below it; empty for all.
    """

    since: float = 0.0
    until: float | None = None
    project: int | None = None
    type: str = ""
    pattern: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of the items of one type: their number by fate, which is `kept` or a reason."""

    project: int
    type: str
    fate: str
    items: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the trail: what a worker noted of some events, and whose ids to look for.

    Args:
        at: When the last of it happened, in seconds since the epoch.
        ids: The ids of the events, 16 bytes each, one behind the other.
        notes: What was noted, as `service.trail` writes it.
        skipped: How many events were not noted because there were too many.
    """

    at: float
    ids: bytes
    notes: bytes
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in seconds, and in how many bytes.

    Args:
        findings: Counts of what was found.
        trail: What became of single events.
        trail_bytes: Most bytes of that.
        log: Who did what.
    """

    findings: float
    trail: float
    trail_bytes: int
    log: float


class AuditStore(Protocol):
    """The part of a store that is about the audit; every call raises `StoreUnavailable` as its others do."""

    async def record(self, who: str, action: str, detail: Mapping[str, Any], now: float) -> None:
        """Add to the log of who did what; the line is durable when this returns."""

    async def deeds(self, before: int | None = None, limit: int = 100, since: float = 0.0) -> Sequence[Deed]:
        """Return lines of the log, the newest first: those older than the line `before`."""

    async def sum_up(self) -> None:
        """Have `findings` and `fates` know all that this process has stored; until then a kill takes it."""

    async def findings(
        self, where: Where, by: Sequence[Dimension], after: Group | None = None, limit: int = 100
    ) -> Sequence[tuple[Group, int]]:
        """Return sums of what was found, in the order of their groups, from the one behind `after` on."""

    async def fates(self, where: Where) -> Sequence[Fates]:
        """Return what became of items; `pattern` and `path` do not matter."""

    async def note(self, leaf: Leaf) -> None:
        """Add to the trail, in no hurry, and sum up."""

    async def trail(self, event_id: bytes) -> Sequence[Leaf]:
        """Return the leaves on which an event stands, the oldest first.

        If there are more, those in the middle are left out: `FIRST_LEAVES`, `LAST_LEAVES`.
        """

    async def skipped(self) -> int:
        """Return how many events were not noted, within the time that the trail goes back."""

    async def states(self, envelope_ids: Sequence[int]) -> Mapping[tuple[int, str], str]:
        """Return (envelope, target) -> `waiting`, `dead` or `kept` of what is still in the outbox."""

    async def prune(self, now: float, retention: Retention) -> None:
        """Forget what is older than it should be, and what is too much."""
