"""The emergency stop: what an operator has switched off, and until when."""

from dataclasses import dataclass
from typing import Final, Literal

LONGEST: Final = 366 * 86400.0
"""Seconds after which a switch goes on by itself, at most: more is a typo."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch that is off.

    Args:
        project_id: The project that takes nothing; None for all of them.
        since: When it was switched off, in seconds since the epoch.
        until: When it goes on by itself; None for never.
        who: The name of the token that did it.
    """

    project_id: int | None
    since: float
    until: float | None
    who: str


@dataclass(frozen=True, slots=True)
class Capture:
    """What is taken and what is not.

    Args:
        switches: All that are off; those whose time is over count no more.
    """

    switches: tuple[Switch, ...] = ()

    def off(self, now: float) -> tuple[Switch, ...]:
        """Return the switches that are off at a moment."""
        return tuple(one for one in self.switches if one.until is None or one.until > now)

    def takes(self, project_id: int, now: float) -> bool:
        """Whether a project's envelopes are taken."""
        if not self.switches:
            return True
        return not any(one.project_id in {None, project_id} for one in self.off(now))

    def state(self, now: float) -> Literal["on", "off", "partly"]:
        """Return `"off"` if nothing is taken, `"partly"` if that holds for some projects only."""
        off = self.off(now)
        if not off:
            return "on"
        return "off" if any(one.project_id is None for one in off) else "partly"


EVERYTHING = Capture()
"""Nothing is switched off."""
