"""Live decisions of all workers, one JSON document on a line."""

import asyncio
from typing import Final

from aiohttp import web

from scrubrelay.service.admin.route import Call
from scrubrelay.service.tap import Wanted

NDJSON: Final = "application/x-ndjson"


async def tail(call: Call) -> web.StreamResponse:
    """Answer with a stream that ends when the reader goes; empty lines show that it lives."""
    wanted = call.query(Wanted).model_dump(exclude_none=True)
    query = {name: str(value) for name, value in wanted.items()}
    await call.record("tail", **query)
    response = web.StreamResponse(headers={"Content-Type": NDJSON, "Cache-Control": "no-store"})
    await response.prepare(call.request)
    if call.request.method == "HEAD":
        return response
    peers, writing = call.services.peers, asyncio.Lock()

    async def pour(slot: int) -> None:
        async for piece in peers.tail(slot, query):
            async with writing:  # a slow reader is waited for here, and skipped lines where they are made
                await response.write(piece)

    try:
        async with asyncio.TaskGroup() as group:
            for slot in range(peers.slots):
                group.create_task(pour(slot))
    except* ConnectionError:  # the reader has gone
        pass
    return response
