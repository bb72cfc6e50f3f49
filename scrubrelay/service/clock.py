"""Time as a parameter: what the service asks for now, and waits on."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Where the service gets its time from; `scrubrelay.testing.ManualClock` is the other one."""

    def now(self) -> float:
        """Return seconds since the epoch; may jump when the machine's clock is set."""

    def monotonic(self) -> float:
        """Return seconds since some moment; never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Return after this much monotonic time."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return seconds since the epoch."""
        return time.time()  # noqa: TID251 -- this is the one place that reads the machine's clock

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)
