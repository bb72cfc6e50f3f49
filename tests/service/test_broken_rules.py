"""A wrong pattern file while events come in: the old rules go on, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson

from scrubrelay.testing import MiniSentry
from tests.helpers.http import post
from tests.helpers.relay import KEY, Relay
from tests.service.test_run import until

RULE = '[[pattern]]\nid = "shop.customer"\nlabel = "[customer]"\nmatch = \'\\b CUS- [0-9]{6} \\b\'\n'
SENDERS = 4


def envelope(number: int) -> bytes:
    payload = orjson.dumps({"event_id": f"{number:032x}", "message": f"refund {number} for CUS-204417"})
    return b'{"event_id":"%032x"}\n{"type":"event"}\n%b' % (number, payload)


@asynccontextmanager
async def load(relay: Relay, statuses: list[int]) -> AsyncIterator[None]:
    """Send events, one after another from each sender, as long as the block lasts."""
    over = asyncio.Event()

    async def send(first: int) -> None:
        number = first
        while not over.is_set():
            answer = await post(relay.port, f"/api/1/envelope/?sentry_key={KEY}", envelope(number))
            statuses.append(answer.status)
            number += SENDERS

    async with asyncio.TaskGroup() as group:
        for first in range(1, SENDERS + 1):
            group.create_task(send(first))
        yield
        over.set()


async def test_a_wrong_file_under_load(start_relay, tmp_path):
    """All are acknowledged and arrive, scrubbed by the rules that were there; log and status say so."""
    statuses: list[int] = []
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "shop.toml").write_text(RULE)
    async with MiniSentry() as sentry:
        text = f'[upstream]\nurl = "{sentry.url}"\n[redaction]\npattern_files = ["{rules}"]\n[caps]\n'
        relay = await asyncio.to_thread(start_relay, text + "max_events_per_issue = 0\n")
        async with load(relay, statuses):
            (rules / "broken.toml").write_text(RULE.replace("[0-9]{6}", "([0-9]{6}"))
            await asyncio.to_thread(until, lambda: "reload_failed" in relay.log(), "a refusal")
            sent = len(statuses)
            await asyncio.to_thread(until, lambda: len(statuses) > sent + 20, "more events")
        received = await sentry.received(len(statuses))
    assert set(statuses) == {200}
    assert len({one.event_id for one in received}) == len(statuses)
    assert all(b"for [customer]" in one.body and b"204417" not in one.body for one in received)
    assert "broken.toml: pattern shop.customer: match: line 1, column" in relay.log()
    status = await asyncio.to_thread(relay.admin, "/api/status")
    assert status["configuration"]["problems"]
