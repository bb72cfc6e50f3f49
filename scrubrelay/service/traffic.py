"""What sampling has to know of the traffic: how much there is in a day, and who was first in this hour."""

from typing import Final

from scrubrelay.core.errors import StoreUnavailable
from scrubrelay.core.inspection import Inspection
from scrubrelay.core.ledger import RELAY, Fate
from scrubrelay.service.clock import Clock
from scrubrelay.service.stores.base import Store
from scrubrelay.service.stores.firsts import MOST_NAMES

_DAY: Final = 86_400.0
_HOUR: Final = 3600
_LOOK_SECONDS: Final = 60.0
"""Seconds between two looks at the ledger, which takes some milliseconds."""


class Traffic:
    """Knows what the ledger says of the last day, and which names have had their first transactions.

    Args:
        store: Where both are counted, for all workers.
        clock: Time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._daily: dict[int, int] = {}
        self._asked = True
        self._hour = 0
        self._spent: set[bytes] = set()

    def daily(self, project_id: int) -> int:
        """Return how many transactions of a project came within a day; up to a minute old."""
        self._asked = True
        return self._daily.get(project_id, 0)

    async def look(self) -> None:
        """Read the ledger; while it cannot be read, what was known holds."""
        now = self._clock.now()
        try:
            books = await self._store.books(now - _DAY)
        except StoreUnavailable:
            return
        self._asked = False
        self._daily = {
            account.project_id: quantity
            for account, quantity in books
            if (account.category, account.target, account.fate) == ("transaction", RELAY, Fate.RECEIVED)
        }

    async def follow(self) -> None:
        """Read the ledger again and again, while anybody asks."""
        while True:
            await self._clock.sleep(_LOOK_SECONDS)
            if self._asked:
                await self.look()

    async def among_first(self, inspection: Inspection, now: float) -> Inspection:
        """Return what holds for an envelope: all of it goes on if its transaction is one of the first.

        When the store cannot say, it is sampled like the rest.
        """
        first = inspection.first
        if first is None:
            return inspection
        hour = int(now // _HOUR)
        if hour != self._hour or len(self._spent) > MOST_NAMES:
            self._hour, self._spent = hour, set()
        if first.name in self._spent:
            return inspection
        try:
            if await self._store.firsts.take(first.name, first.limit, now):
                return first.inspection
        except StoreUnavailable:
            return inspection
        self._spent.add(first.name)
        return inspection
