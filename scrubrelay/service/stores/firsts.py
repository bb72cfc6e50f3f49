"""What any store promises about the first transactions of each name in an hour."""

from typing import Final, Protocol

MOST_NAMES: Final = 20_000
"""Names of one hour that are counted, of all projects; others are sampled like the rest."""


class FirstStore(Protocol):
    """How many transactions of each name have gone on in this hour whatever their share."""

    async def take(self, name: bytes, limit: int, now: float) -> bool:
        """Count one more of a name if fewer than `limit` were; return whether it was counted.

        Args:
            name: 16 bytes, a keyed hash.
            limit: How many may be.
            now: Seconds since the epoch; hours are those of UTC.

        Raises:
            StoreUnavailable: The store cannot write.
        """
