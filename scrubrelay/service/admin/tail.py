"""Live decisions of all workers, one JSON document on a line."""

import asyncio
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from scrubrelay.service.admin.route import Call
from scrubrelay.service.process.peers import Peers
from scrubrelay.service.telling.tap import Wanted

NDJSON: Final = "application/x-ndjson"


async def tail(call: Call) -> web.StreamResponse:
    """Answer with a stream that ends when the reader goes; empty lines show that it lives."""
    wanted = call.query(Wanted).model_dump(exclude_none=True)
    query = {name: str(value) for name, value in wanted.items()}
    response = web.StreamResponse(headers={"Content-Type": NDJSON, "Cache-Control": "no-store"})
    with call.services.peers.tailing():
        await call.record("tail", **query)
        await response.prepare(call.request)
        if call.request.method != "HEAD":
            await _pour(call.services.peers, query, response)
    return response


async def _pour(peers: Peers, query: Mapping[str, str], response: web.StreamResponse) -> None:
    """Write what all workers decide until the reader has gone; a slow one is waited for here.

    What comes meanwhile is skipped where it is made.
    """
    writing = asyncio.Lock()

    async def pour(slot: int) -> None:
        async for piece in peers.tail(slot, query):
            async with writing:
                await response.write(piece)

    try:
        async with asyncio.TaskGroup() as group:
            for slot in range(peers.slots):
                group.create_task(pour(slot))
    except* ConnectionError:
        pass
