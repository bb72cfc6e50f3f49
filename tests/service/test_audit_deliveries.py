"""The story of an event tells each try to deliver it, and what came back."""

import asyncio

from scrubrelay.testing import Answer, MiniSentry, make_event
from tests.helpers.relay import KEY

SENT, REFUSED, WAITS = ("1" * 32, "2" * 32, "3" * 32)


def take(relay, event_id: str) -> None:
    relay.post(f"/api/1/envelope/?sentry_key={KEY}", make_event(event_id))


async def story(relay, event_id: str, state: str) -> dict:
    """Return the one delivery of an event once it is in a state."""
    while True:
        told = await asyncio.to_thread(relay.admin, f"/api/audit/events/{event_id}")
        ((delivery,),) = [one["deliveries"] for one in told["envelopes"]]
        if delivery["state"] == state and (delivery["attempts"] or state == "waiting"):
            return delivery
        await asyncio.sleep(0.05)


async def test_each_try_is_told_with_what_came_back(new_relay):
    async with MiniSentry() as sentry:
        relay = new_relay(f'[upstream]\nurl = "{sentry.url}"\n')
        await asyncio.to_thread(relay.start)
        sentry.script(Answer(503), Answer(200), Answer(400))
        await asyncio.to_thread(take, relay, SENT)
        sent = await story(relay, SENT, "forwarded")
        assert [(one["result"], one["answer"]) for one in sent["attempts"]] == [
            ("retry", 503),
            ("forwarded", 200),
        ]
        assert sent["target"] == sentry.url
        await asyncio.to_thread(take, relay, REFUSED)
        refused = await story(relay, REFUSED, "refused")
        assert [(one["result"], one["answer"]) for one in refused["attempts"]] == [("refused", 400)]
        sentry.always(Answer(503))
        await asyncio.to_thread(take, relay, WAITS)
        assert (await story(relay, WAITS, "waiting"))["target"] == sentry.url
