"""How many requests a worker has answered, and how long they and the scrubbing took."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scrubrelay.service.clock import Clock

BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of the buckets, in seconds: half a millisecond is a small event, ten seconds a full disk."""
_WINDOW: Final = 60
_ENDPOINTS: Final = frozenset({"envelope", "store", "tunnel"})


@dataclass(slots=True)
class Histogram:
    """Durations by their size.

    Args:
        counts: How many fell under each of `BOUNDS` and over the one before; at last what is over all.
        total: The sum of all, in seconds.
    """

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        """Count a duration."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def figures(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"counts": self.counts, "seconds": self.total}


class Meters:
    """What one worker counts for itself; a restart begins anew, as Prometheus' counters may.

    Args:
        clock: The time.

    Attributes:
        started_at: When it began, in seconds since the epoch.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.started_at = clock.now()
        self._requests: dict[tuple[str, int], Histogram] = {}
        self._scrubs = Histogram()
        self._late: dict[str, int] = {}
        self._recent = [0] * _WINDOW
        self._second = int(clock.monotonic())
        self._since = clock.monotonic()

    def moment(self) -> float:
        """Return what durations are measured from."""
        return self._clock.monotonic()

    def request(self, path: str, status: int, begun: float) -> None:
        """Count a request of the ingest listener that has its answer.

        Args:
            path: Of which only the name of a known endpoint is kept.
            status: That of the answer.
            begun: What `moment` was when it came.
        """
        endpoint = endpoint_of(path)
        histogram = self._requests.get((endpoint, status))
        if histogram is None:
            histogram = self._requests[endpoint, status] = Histogram()
        histogram.observe(self._clock.monotonic() - begun)
        if endpoint in _ENDPOINTS:
            self._roll()
            self._recent[self._second % _WINDOW] += 1

    def scrub(self, begun: float) -> None:
        """Count the scrubbing of an envelope."""
        self._scrubs.observe(self._clock.monotonic() - begun)

    def late(self, pattern: str, count: int) -> None:
        """Count strings that were hidden whole because a pattern (its id) ran out of time on them."""
        self._late[pattern] = self._late.get(pattern, 0) + count

    def figures(self) -> Mapping[str, Any]:
        """Return everything as plain values."""
        self._roll()
        lived = max(1.0, min(float(_WINDOW), self._clock.monotonic() - self._since))
        return {
            "started_at": self.started_at,
            "requests_per_second": sum(self._recent) / lived,
            "requests": [
                {"endpoint": endpoint, "status": status, **histogram.figures()}
                for (endpoint, status), histogram in self._requests.items()
            ],
            "scrubs": self._scrubs.figures(),
            "late": self._late,
        }

    def _roll(self) -> None:
        """Forget the seconds that are more than a minute ago."""
        now = int(self._clock.monotonic())
        for second in range(max(self._second, now - _WINDOW) + 1, now + 1):
            self._recent[second % _WINDOW] = 0
        self._second = now


def endpoint_of(path: str) -> str:
    """Return the name of a known endpoint of the ingest listener; all others are `other`."""
    last = path.rstrip("/").rpartition("/")[2]
    if last in _ENDPOINTS:
        return last
    if path.startswith("/tunnel/"):
        return "tunnel"
    return "health" if last in {"healthz", "readyz", "live", "ready"} else "other"
