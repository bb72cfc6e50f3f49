"""What a worker counts for itself."""

import pytest

from scrubrelay.service.telling.meters import BOUNDS, Histogram, Meters
from scrubrelay.testing import ManualClock


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0.0, 0), (BOUNDS[0], 0), (BOUNDS[0] + 1e-9, 1), (99.0, len(BOUNDS))]
)
def test_a_duration_is_in_the_bucket_of_the_next_bound(seconds, bucket):
    histogram = Histogram()
    histogram.observe(seconds)
    assert histogram.counts.index(1) == bucket


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/api/1/envelope/", "envelope"),
        ("/a/b/api/1/store", "store"),
        ("/tunnel", "tunnel"),
        ("/tunnel/any/thing", "tunnel"),
        ("/readyz", "health"),
        ("/api/relay/healthcheck/live/", "health"),
        ("/hushhush", "other"),
    ],
)
def test_of_a_path_only_the_endpoint_is_kept(path, endpoint):
    meters = Meters(ManualClock())
    meters.request(path, 200, 0.0)
    assert [one["endpoint"] for one in meters.figures()["requests"]] == [endpoint]


async def test_the_rate_is_that_of_the_last_minute():
    clock = ManualClock()
    meters = Meters(clock)
    for _ in range(120):
        meters.request("/api/1/envelope/", 200, clock.monotonic())
        await clock.advance(0.5)
    assert meters.figures()["requests_per_second"] == pytest.approx(2.0, abs=0.1)
    await clock.advance(61)
    assert meters.figures()["requests_per_second"] == 0.0


async def test_a_young_worker_has_a_rate_too():
    clock = ManualClock()
    meters = Meters(clock)
    for _ in range(10):
        meters.request("/api/1/store/", 200, 0.0)
    await clock.advance(5)
    assert meters.figures()["requests_per_second"] == 2.0
