"""What any store promises about the issues that it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from scrubrelay.core.policy.caps import Claim, Count


@dataclass(frozen=True, slots=True)
class Issue:
    """How an issue stands, as an operator sees it.

    Args:
        key: 32 hex digits: a keyed hash, nothing readable.
        project_id: As the app knows it.
        count: Events that have gone on in this window.
        limit: Most of them.
        suppressed: Events that have not gone on in this window.
        untold: Events that have not, and that none which did has told of.
        until: When the window ends, in seconds since the epoch.
        event_id: Of the last event that went on; 32 hex digits.
    """

    key: str
    project_id: int
    count: int
    limit: int
    suppressed: int
    untold: int
    until: float
    event_id: str | None


@dataclass(frozen=True, slots=True)
class CapFigures:
    """What caps have done.

    Args:
        issues: Issues that are counted.
        active: Those of them that are over their cap now.
        reached: How often an issue has come to its cap.
        suppressed: Events that have not gone on for it.
    """

    issues: int
    active: int
    reached: int
    suppressed: int


class IssueStore(Protocol):
    """How many events of each issue have gone on; `Store.append` and `Store.count` do the counting.

    All raise `StoreUnavailable` when the store cannot write or read.
    """

    async def secret(self) -> bytes:
        """Return 32 random bytes, made once: the key of the hashes that stand for issues."""

    async def resets(self) -> int:
        """Return how often `reset` was called: what a process knows of counts holds until the next."""

    async def listed(self, now: float, limit: int = 100) -> Sequence[Issue]:
        """Return issues whose window has not ended: those that suppressed most, then the fullest."""

    async def counts(self, claims: Sequence[Claim], now: float) -> Sequence[Count]:
        """Return how the issue of each claim stands; nothing is counted."""

    async def find(self, keys: Sequence[bytes], now: float) -> Issue | None:
        """Return the issue that these keys lead to; None if it is not counted, or its window has ended."""

    async def reset(self, key: str | None) -> int:
        """Count those anew whose key begins so, all with None; return how many. What is untold stays so."""

    async def figures(self, now: float) -> CapFigures:
        """Return what caps have done, in all workers."""
