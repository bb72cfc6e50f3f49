"""A cap is exact: over several workers, a restart and `kill -9`."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable

import aiohttp
import orjson
import pytest

from scrubrelay.core.errors import Reason
from scrubrelay.core.ledger import Fate
from scrubrelay.testing import MiniSentry, make_event
from tests.crash.load import PROJECT, books, settled, unbalanced
from tests.helpers.relay import KEY, Relay

_CAP = 50
_FLOOD = 10_000
_CONNECTIONS = 32
_PATIENCE = 20.0
_FEW_PATTERNS = '[redaction]\npacks = ["jwt"]\n'  # so that four workers have soon started


def capped(new_relay: Callable[..., Relay], sentry: MiniSentry, workers: int = 1, cap: int = _CAP) -> Relay:
    config = (
        f'{_FEW_PATTERNS}[server]\nworkers = {workers}\n[upstream]\nurl = "{sentry.url}"\n'
        "[caps]\ntrickle = false\n"
    )
    return new_relay(config, environ={"SENTRY_MAX_EVENTS_PER_ISSUE": str(cap)})


async def flood(relay: Relay, number: int, message: str = "out of stock") -> Counter[int]:
    """Send so many events of one issue as fast as possible; return what was answered, 0 for nothing."""
    answers: Counter[int] = Counter()
    left = iter(range(number))
    url = f"{relay.url}/api/{PROJECT}/envelope/?sentry_key={KEY}"

    async def send_on(session: aiohttp.ClientSession) -> None:
        for _ in left:
            try:
                async with session.post(url, data=make_event(uuid.uuid4().hex, message=message)) as answer:
                    answers[answer.status] += 1
            except aiohttp.ClientError:
                answers[0] += 1

    connector = aiohttp.TCPConnector(limit=_CONNECTIONS, force_close=False)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        for _ in range(_CONNECTIONS):
            group.create_task(send_on(session))
    return answers


def forwarded(sentry: MiniSentry, message: str = "out of stock") -> int:
    """Return how many different events of an issue have arrived."""
    return len(
        {
            one.event_id
            for one in sentry.accepted
            for header, payload in one.items
            if header["type"] == "event" and orjson.loads(payload)["message"] == message
        }
    )


def received(relay: Relay) -> int:
    """Return how many errors the ledger knows of."""
    return sum(
        quantity
        for account, quantity in books(relay)
        if account.fate == Fate.RECEIVED and account.category == "error" and not account.target
    )


def dropped(relay: Relay) -> int:
    """Return how many errors were dropped for their cap."""
    return sum(
        quantity
        for account, quantity in books(relay)
        if account.fate == Reason.CAPPED and account.category == "error" and not account.target
    )


async def counted(relay: Relay, number: int) -> int:
    """Return how many were dropped, once there are so many or a while has gone by: it is told in batches."""
    deadline = time.monotonic() + _PATIENCE
    while (found := await asyncio.to_thread(dropped, relay)) < number:
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.1)
    return found


@pytest.mark.timeout(180)
async def test_of_a_flood_over_4_workers_exactly_as_many_arrive_as_the_cap_says(new_relay):
    async with MiniSentry() as sentry:
        relay = capped(new_relay, sentry, workers=4)
        await asyncio.to_thread(relay.start)
        assert await flood(relay, _FLOOD) == {200: _FLOOD}
        await settled(relay)
        assert forwarded(sentry) == _CAP
        assert await counted(relay, _FLOOD - _CAP) == _FLOOD - _CAP
        assert relay.log().count("cap_reached") == 1
        assert unbalanced(relay) == []
        figures = relay.admin("/api/status")["caps"]
        assert figures == {"issues": 1, "active": 1, "reached": 1, "suppressed": _FLOOD - _CAP}


@pytest.mark.parametrize("before", [20, 200])
async def test_a_restart_changes_nothing(new_relay, before):
    async with MiniSentry() as sentry:
        relay = capped(new_relay, sentry)
        await asyncio.to_thread(relay.start)
        await flood(relay, before)
        assert await asyncio.to_thread(relay.stop) == 0
        await asyncio.to_thread(relay.start)
        assert await flood(relay, 200) == {200: 200}
        await settled(relay)
        assert forwarded(sentry) == _CAP
        wanted = before + 200 - _CAP
        assert await counted(relay, wanted) == wanted
        assert relay.log().count("cap_reached") == 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("workers", "rounds"),
    [
        (1, 5),
        (4, 2),
        pytest.param(1, 10, marks=pytest.mark.slow),
        pytest.param(4, 10, marks=pytest.mark.slow),
    ],
)
async def test_kill_9_changes_nothing(new_relay, workers, rounds):
    """Each round begins an issue and is killed somewhere around its cap; the next one goes on with it.

    What was acknowledged has been counted, whether it went on or not.
    """
    async with MiniSentry() as sentry:
        relay = capped(new_relay, sentry, workers)
        await asyncio.to_thread(relay.start)
        acknowledged = 0
        for number in range(rounds):
            message = f"issue {'abcdefghij'[number] * 3}"
            flooding = asyncio.ensure_future(flood(relay, 120, message))
            await asyncio.sleep(random.random() * 0.1)
            await asyncio.to_thread(relay.kill)
            acknowledged += (await flooding)[200] + 60
            await asyncio.to_thread(relay.start)
            assert await flood(relay, 60, message) == {200: 60}
            await settled(relay)
            assert forwarded(sentry, message) == _CAP
            assert received(relay) >= acknowledged
            assert unbalanced(relay) == []


async def test_what_was_suppressed_can_be_reconstructed_from_the_tags(new_relay):
    async with MiniSentry() as sentry:
        config = f'{_FEW_PATTERNS}[upstream]\nurl = "{sentry.url}"\n[caps]\nwindow = "2s"\n'
        relay = new_relay(config, environ={"SENTRY_MAX_EVENTS_PER_ISSUE": "5"})
        await asyncio.to_thread(relay.start)
        await flood(relay, 300)
        await asyncio.sleep(2.0)  # the relay's own clock has to come to the end of the window
        await flood(relay, 1)
        await settled(relay)
        suppressed = 301 - forwarded(sentry)
        assert await counted(relay, suppressed) == suppressed == told_in_tags(sentry)


def told_in_tags(sentry: MiniSentry) -> int:
    events = (
        orjson.loads(payload)
        for one in sentry.accepted
        for header, payload in one.items
        if header["type"] == "event"
    )
    return sum(int(event.get("tags", {}).get("scrubrelay.suppressed", 0)) for event in events)
