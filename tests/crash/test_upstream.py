"""An upstream that is down, slow, flapping or refusing costs nothing that was acknowledged."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from scrubrelay.core.errors import Reason
from scrubrelay.core.ledger import Fate
from scrubrelay.testing import Answer, MiniSentry
from tests.crash.load import PROJECT, loading, missing, settled, unbalanced
from tests.helpers.relay import KEY, Relay


async def _down(sentry: MiniSentry) -> None:
    await sentry.down()


async def _slow(sentry: MiniSentry) -> None:
    sentry.always(Answer(delay=0.4))


async def _flapping(sentry: MiniSentry) -> None:
    limited = Answer(429, headers={"Retry-After": "1", "X-Sentry-Rate-Limits": "1:error:organization"})
    sentry.flap(
        Answer(503), Answer(), Answer(drop=True), Answer(), limited, Answer(), Answer(502), Answer(504)
    )


async def _hanging(sentry: MiniSentry) -> None:
    sentry.always(Answer(delay=60.0))


_TROUBLES: Mapping[str, Callable[[MiniSentry], Awaitable[None]]] = {
    "down": _down,
    "slow": _slow,
    "flapping": _flapping,
    "hanging": _hanging,
}


def config(sentry: MiniSentry) -> str:
    return f'[upstream]\nurl = "{sentry.url}"\ntimeout = 2\n'


@pytest.mark.parametrize("trouble", _TROUBLES)
async def test_a_troubled_upstream_gets_everything_in_the_end(new_relay: Callable[..., Relay], trouble: str):
    async with MiniSentry() as sentry:
        relay = new_relay(config(sentry))
        await asyncio.to_thread(relay.start)
        async with loading(relay, apps=3) as load:
            await load.acknowledges(20)
            await _TROUBLES[trouble](sentry)
            await load.acknowledges(80)
            await asyncio.sleep(1.0)
        await sentry.up()
        sentry.always(Answer())
        assert await missing(sentry, load) == set()
        assert (await settled(relay))[Fate.FORWARDED] >= len(load.acknowledged)
        assert unbalanced(relay) == []


async def test_an_upstream_that_is_down_does_not_hold_up_another(new_relay: Callable[..., Relay]):
    async with MiniSentry() as dead, MiniSentry() as alive:
        upstreams = [dead.dsn(1), alive.dsn(2)]
        relay = new_relay(
            f'[[project]]\nid = {PROJECT}\nkey = "{KEY}"\nname = "shop"\nupstreams = {upstreams}\n'
        )
        await dead.down()
        await asyncio.to_thread(relay.start)
        async with loading(relay, apps=3) as load:
            await load.acknowledges(60)
        assert await missing(alive, load) == set()
        assert dead.accepted == []
        await dead.up()
        assert await missing(dead, load) == set()
        await settled(relay)
        assert unbalanced(relay) == []


async def test_what_waits_for_a_dead_upstream_survives_kill_9(new_relay: Callable[..., Relay]):
    async with MiniSentry() as sentry:
        relay = new_relay(config(sentry))
        await sentry.down()
        await asyncio.to_thread(relay.start)
        async with loading(relay, apps=3) as load:
            for _ in range(3):
                await load.acknowledges(30)
                await asyncio.to_thread(relay.kill)
                await asyncio.to_thread(relay.start)
        await sentry.up()
        assert await missing(sentry, load) == set()


def outbox(relay: Relay, *arguments: str) -> str:
    """Run `scrubrelay outbox` on the relay's store."""
    command = [str(Path(sys.executable).with_name("scrubrelay")), "outbox", *arguments]
    config_path = str(relay.directory / "scrubrelay.toml")
    done = subprocess.run(
        [*command, "--config", config_path],
        env=relay.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def test_what_upstream_refuses_is_a_dead_letter_that_can_be_sent_again(new_relay: Callable[..., Relay]):
    async with MiniSentry() as sentry:
        relay = new_relay(config(sentry))
        await asyncio.to_thread(relay.start)
        sentry.always(Answer(400))
        async with loading(relay, apps=2) as load:
            await load.acknowledges(20)
        assert (await settled(relay))[Reason.REFUSED] == len(load.acknowledged)
        assert relay.admin("/api/status")["store"]["dead"] == len(load.acknowledged)
        listed = await asyncio.to_thread(outbox, relay, "list")
        assert all(event_id[:8] in listed for event_id in load.acknowledged)
        sentry.always(Answer())
        await asyncio.to_thread(outbox, relay, "retry", "--all")
        assert await missing(sentry, load) == set()
        assert unbalanced(relay) == []
