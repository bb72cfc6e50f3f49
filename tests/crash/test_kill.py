"""`kill -9` at any moment loses nothing that was acknowledged."""

import asyncio
import os
import random
import signal
from collections.abc import Callable

import pytest

from scrubrelay.testing import MiniSentry
from tests.crash.load import Load, loading, missing, settled, unbalanced
from tests.helpers.relay import Relay

_ROUNDS = 8
_MANY_ROUNDS = 40


def config(sentry: MiniSentry, workers: int = 1) -> str:
    return f'[server]\nworkers = {workers}\n[upstream]\nurl = "{sentry.url}"\n'


async def kill_at_random(relay: Relay, load: Load, rounds: int) -> None:
    """Start the relay again and again, and kill it while it works."""
    for _ in range(rounds):
        await asyncio.to_thread(relay.start)
        await load.acknowledges(random.randint(1, 60))
        await asyncio.sleep(random.random() * 0.05)
        await asyncio.to_thread(relay.kill)


async def assert_nothing_lost(relay: Relay, sentry: MiniSentry, load: Load) -> None:
    """Everything that was acknowledged arrives, and the relay's books say the same."""
    assert await missing(sentry, load) == set()
    assert set(load.answers) <= {0, 200}
    await settled(relay)
    assert unbalanced(relay) == []


def unknown(relay: Relay, load: Load) -> list[str]:
    """Some acknowledged events of which the audit does not know what was found, all of them if few."""
    found = []
    for event_id in random.sample(load.acknowledged, min(200, len(load.acknowledged))):
        try:
            stories = relay.admin(f"/api/audit/events/{event_id}")["envelopes"]
        except RuntimeError:
            stories = []
        if not any(item["findings"] for story in stories for item in story["items"]):
            found.append(event_id)
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("workers", "rounds"),
    [
        (1, _ROUNDS),
        (2, _ROUNDS // 2),
        pytest.param(1, _MANY_ROUNDS, marks=pytest.mark.slow),
        pytest.param(2, _MANY_ROUNDS, marks=pytest.mark.slow),
    ],
)
async def test_what_was_acknowledged_survives_kill_9(
    new_relay: Callable[..., Relay], workers: int, rounds: int
):
    async with MiniSentry() as sentry:
        relay = new_relay(config(sentry, workers))
        async with loading(relay) as load:
            await kill_at_random(relay, load, rounds)
        await asyncio.to_thread(relay.start)
        assert len(load.acknowledged) >= rounds
        await assert_nothing_lost(relay, sentry, load)
        assert await asyncio.to_thread(unknown, relay, load) == []


async def test_a_worker_that_is_killed_is_replaced_and_its_events_arrive(new_relay: Callable[..., Relay]):
    async with MiniSentry() as sentry:
        relay = new_relay(config(sentry, workers=2))
        await asyncio.to_thread(relay.start)
        async with loading(relay) as load:
            for _ in range(4):
                await load.acknowledges(40)
                os.kill(random.choice(relay.workers()), signal.SIGKILL)
        await assert_nothing_lost(relay, sentry, load)


@pytest.mark.parametrize("workers", [1, 2])
async def test_sigterm_ends_with_0_and_loses_nothing(new_relay: Callable[..., Relay], workers: int):
    async with MiniSentry() as sentry:
        relay = new_relay(config(sentry, workers))
        await asyncio.to_thread(relay.start)
        async with loading(relay) as load:
            await load.acknowledges(100)
            assert await asyncio.to_thread(relay.stop, 15.0) == 0
        await asyncio.to_thread(relay.start)
        await assert_nothing_lost(relay, sentry, load)
