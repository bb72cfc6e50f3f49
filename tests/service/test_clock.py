import time

from scrubrelay.service.clock import SystemClock


async def test_the_systems_clock_is_the_machines() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.001)
    assert clock.monotonic() > before
    assert abs(clock.now() - time.time()) < 5  # noqa: TID251 -- what it is compared with
