"""The emergency stop as this worker knows it: read again from the store every half second."""

import logging
from datetime import UTC, datetime
from typing import Final, Literal

from scrubrelay.core.errors import StoreUnavailable
from scrubrelay.core.policy.capture import EVERYTHING, Capture, Switch
from scrubrelay.service.clock import Clock
from scrubrelay.service.log import log
from scrubrelay.service.stores.base import Store

_POLL: Final = 0.5
"""Seconds between two looks, so that all workers follow within one. A look takes a tenth of a millisecond."""


class Switches:
    """What is switched off, here and in every other worker.

    Args:
        store: Where it is kept.
        clock: The time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.capture: Capture = EVERYTHING
        self._told: tuple[Switch, ...] = ()

    def takes(self, project_id: int) -> bool:
        """Whether a project's envelopes are taken now."""
        return self.capture.takes(project_id, self._clock.now())

    def state(self) -> Literal["on", "off", "partly"]:
        """Return `"off"` if nothing is taken now, `"partly"` if that holds for some projects only."""
        return self.capture.state(self._clock.now())

    async def look(self) -> None:
        """Read what is switched off; while the store cannot be read, what was known holds.

        What is over is not taken away: it counts no more, and the next switch of its project replaces it. The
        log tells of every change, also of one that the time brings.
        """
        try:
            capture = await self._store.switches.capture()
        except StoreUnavailable:
            return
        self.capture = capture
        off = capture.off(self._clock.now())
        if off != self._told:
            self._told = off
            log(
                "capture",
                level=logging.WARNING,
                state=self.state(),
                off="; ".join(map(_told, off)) or "nothing",
            )

    async def follow(self) -> None:
        """Look again and again."""
        while True:
            await self._clock.sleep(_POLL)
            await self.look()

    async def turn_off(self, project_id: int | None, seconds: float | None, who: str) -> None:
        """Take nothing more of a project, or of all with None; here at once, elsewhere within a second.

        Args:
            project_id: As the apps know it.
            seconds: After how long it goes on by itself; None for never.
            who: The name of the token.

        Raises:
            StoreUnavailable: It cannot be kept.
        """
        now = self._clock.now()
        until = None if seconds is None else now + seconds
        await self._store.switches.turn_off(Switch(project_id, now, until, who))
        await self.look()

    async def turn_on(self, project_id: int | None) -> bool:
        """Take envelopes again; return whether it was off.

        Raises:
            StoreUnavailable: It cannot be kept.
        """
        was_off = await self._store.switches.turn_on(project_id)
        await self.look()
        return was_off


def _told(one: Switch) -> str:
    what = "everything" if one.project_id is None else f"project {one.project_id}"
    until = "" if one.until is None else f" until {datetime.fromtimestamp(one.until, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"{what} by {one.who}{until}"
