"""Where a worker is looked at while it works."""

from dataclasses import dataclass

from scrubrelay.service.telling.meters import Meters
from scrubrelay.service.telling.tap import Tap


@dataclass(frozen=True, slots=True)
class Watch:
    """What a worker counts, and where its decisions come out.

    Args:
        meters: Requests and durations.
        tap: Decisions.
    """

    meters: Meters
    tap: Tap
