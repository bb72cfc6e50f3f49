"""What this process knows of issues that are over their cap, so that a flood costs no scrub and no commit."""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from scrubrelay.core.errors import StoreUnavailable
from scrubrelay.core.inspection import Inspection
from scrubrelay.core.notes import Note
from scrubrelay.core.policy.caps import Capped, Claim, Untold, next_trickle
from scrubrelay.service.clock import Clock
from scrubrelay.service.log import log
from scrubrelay.service.stores.base import Store

_MOST_KEYS: Final = 50_000
"""Keys of capped issues that are remembered, some 20 MB; if one is forgotten, the store is asked again."""
_POLL_SECONDS: Final = 0.5
_SHOWN: Final = 12  # hex digits of a key in a log line, as `caps list` shows them


@dataclass(slots=True)
class _Known:
    """An issue that was refused: how it stood then, and how many were suppressed here since.

    Each of the workers sees a part of a flood only. So it asks when its part of what is missing has come;
    the answer says how much all have seen, and what is missing still.
    """

    started: float
    limit: int
    window: float
    held: int
    next_trickle: int
    workers: int
    asks_at: int = 0

    def __post_init__(self) -> None:
        self.asks_at = self.held + -(-max(0, self.next_trickle - self.held) // self.workers)

    def holds(self, claim: Claim, now: float) -> bool:
        """Return whether an event needs not be asked for."""
        if (self.limit, self.window) != (claim.limit, claim.window) or abs(now - self.started) >= self.window:
            return False
        if claim.trickle and self.held >= self.asks_at:
            # One asks; the others need not wait for its answer.
            missing = max(self.next_trickle, next_trickle(self.held)) - self.held
            self.asks_at = self.held + -(-missing // self.workers)
            return False
        self.held += 1
        return True


class Caps:
    """Tells which events need not be asked for, and learns from the refusals of the others.

    Args:
        store: Where issues are counted.
        clock: Time.
        workers: How many processes share the flood.
    """

    def __init__(self, store: Store, clock: Clock, workers: int = 1) -> None:
        self._store = store
        self._clock = clock
        self._workers = workers
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._resets = 0
        self.secret = b""

    def __repr__(self) -> str:
        return f"<Caps: {len(self._known)} keys>"

    async def start(self) -> None:
        """Learn the key of the hashes that stand for issues.

        Raises:
            StoreUnavailable: The store cannot be read.
        """
        self.secret = await self._store.issues.secret()
        self._resets = await self._store.issues.resets()

    async def follow(self) -> None:
        """Forget what is known when an operator resets a count; while nothing is, nobody asks."""
        while True:
            await self._clock.sleep(_POLL_SECONDS)
            if not self._known:
                continue
            try:
                resets = await self._store.issues.resets()
            except StoreUnavailable:
                continue
            if resets != self._resets:
                self._known.clear()
            self._resets = resets

    def spare(self, inspection: Inspection, now: float) -> Inspection:
        """Return an envelope without its event, if that is known to be over its cap."""
        claim = inspection.claim
        if claim is None:
            return inspection
        known = next((self._known[key] for key in claim.keys if key in self._known), None)
        if known is None or not known.holds(claim, now):
            return inspection
        self._learn(claim, known)
        return inspection.capped()

    def answer(self, refusal: Capped | Untold, inspection: Inspection) -> Inspection:
        """Return what a refused envelope should be instead.

        Args:
            refusal: What the store said.
            inspection: The envelope, with a claim.
        """
        claim, count = inspection.claim, refusal.count
        if claim is None:
            return inspection
        if isinstance(refusal, Untold):
            return inspection.telling(
                Note(count.untold, count.since or count.started, claim.limit, claim.window)
            )
        # The event that was refused is the next one to be suppressed.
        standing = count.held + 1, count.next_trickle
        known = _Known(count.started, claim.limit, claim.window, *standing, self._workers)
        self._learn(claim, known)
        if refusal.first:
            log(
                "cap_reached",
                level=logging.WARNING,
                project=inspection.project.id,
                issue=claim.keys[0].hex()[:_SHOWN],
                limit=claim.limit,
                window=f"{claim.window:g}s",
            )
        return inspection.capped()

    def _learn(self, claim: Claim, known: _Known) -> None:
        """Keep what is known under each of the keys, as the latest of all."""
        for key in claim.keys:
            self._known[key] = known
            self._known.move_to_end(key)
        while len(self._known) > _MOST_KEYS:
            self._known.popitem(last=False)
