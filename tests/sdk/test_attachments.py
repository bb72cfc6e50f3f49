"""What the server does not store is looked at on its way there: attachments, and a second upstream."""

import asyncio
from collections.abc import Callable

import orjson
import pytest

from scrubrelay.testing import MiniSentry, Received
from tests.helpers.plants import kinds_below, kinds_in
from tests.helpers.relay import KEY, Relay
from tests.sdk.bugsink import Bugsink
from tests.sdk.conftest import App

pytestmark = pytest.mark.sdk


def attachments(envelopes: list[Received]) -> dict[str, bytes]:
    """Return the attachments of all envelopes by their file names."""
    items = [item for envelope in envelopes for item in envelope.items]
    return {str(headers["filename"]): body for headers, body in items if headers["type"] == "attachment"}


@pytest.mark.parametrize("app", ["python_app", "node_app"], indirect=True)
async def test_text_and_json_attachments_arrive_scrubbed_at_both_upstreams(
    app: App, bugsink: Bugsink, new_relay: Callable[..., Relay]
):
    async with MiniSentry() as sentry:
        upstreams = [bugsink.dsn(bugsink.project()), sentry.dsn(7)]
        relay = new_relay(f'[[project]]\nid = 4711\nkey = "{KEY}"\nname = "shop"\nupstreams = {upstreams}\n')
        await asyncio.to_thread(relay.start)
        event_id = await asyncio.to_thread(app.run, relay.dsn(4711))
        await asyncio.to_thread(bugsink.event, event_id)
        while event_id not in sentry.event_ids(7):
            await sentry.received(len(sentry.accepted) + 1)
    found = attachments(sentry.accepted)
    assert found["notes.txt"].count(b"\n") >= 20
    assert len(orjson.loads(found["order.json"])["texts"]) >= 20
    assert kinds_in(b"\n".join(one.body for one in sentry.accepted)) == set()
    assert kinds_below(bugsink.directory, relay.directory) == {}
