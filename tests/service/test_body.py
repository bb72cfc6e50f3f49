"""Bodies are read within limits of size, time and memory."""

import asyncio

import pytest
from aiohttp import web

from scrubrelay.core.errors import ScrubrelayError
from scrubrelay.core.project import Limits
from scrubrelay.service.listener.body import Bodies
from scrubrelay.service.listener.server import LISTENER
from tests.helpers.http import send

SMALL = Limits(max_body_bytes=1000, max_inflated_bytes=1000)


class Reader:
    """A server that reads a body, and holds it while it is told to."""

    def __init__(self, bodies: Bodies) -> None:
        self.bodies = bodies
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.holding = asyncio.Event()
        self.port = 0

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        try:
            async with self.bodies.read(request, SMALL) as body:
                self.holding.set()
                await self.go_on.wait()
                return web.Response(body=body)
        except ScrubrelayError as error:
            return web.Response(status=error.status, text=error.detail)


@pytest.fixture
def bodies() -> Bodies:
    return Bodies()


@pytest.fixture
async def reader(bodies):
    reader = Reader(bodies)
    runner = web.ServerRunner(web.Server(reader, **LISTENER), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader.port = runner.addresses[0][1]
    yield reader
    await runner.cleanup()


def sized(count: int) -> str:
    return f"POST / HTTP/1.1\nContent-Length: {count}"


async def test_the_pieces_of_a_body_are_put_together(reader):
    assert (await send(reader.port, sized(6), [b"ab", b"cd", b"ef"])).body == b"abcdef"


async def test_no_body_is_an_empty_one(reader):
    assert (await send(reader.port, "POST / HTTP/1.1")).body == b""


@pytest.mark.parametrize("count", [1001, 10**12])
async def test_a_declared_length_over_the_limit_is_not_read(reader, count):
    assert (await send(reader.port, sized(count))).status == 413


@pytest.mark.parametrize("bodies", [Bodies(most_silence=0.05)])
async def test_a_client_that_stops_sending_is_not_waited_for(reader):
    answer = await send(reader.port, sized(6), [b"ab"])
    assert (answer.status, answer.body) == (408, b"timed out waiting for the request body")


@pytest.mark.parametrize("bodies", [Bodies(most_held=1)])
async def test_more_than_memory_allows_is_told_to_come_again(reader):
    reader.go_on.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(send(reader.port, sized(1000), [b"x" * 1000]))
        await reader.holding.wait()
        assert (await send(reader.port, sized(1), [b"y"])).status == 503
        reader.go_on.set()
    assert first.result().status == 200
    assert repr(reader.bodies) == "<Bodies: 0 of 1 bytes held>"


@pytest.mark.parametrize("sent", [b"x" * 1001, b"zz\r\n"])
async def test_what_was_refused_is_not_held(reader, sent):
    await send(reader.port, "POST / HTTP/1.1\nTransfer-Encoding: chunked", [sent], chunked=sent[:1] == b"x")
    assert "<Bodies: 0 of" in repr(reader.bodies)
