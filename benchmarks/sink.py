"""A server that takes every POST and counts it: what an upstream costs when it costs nothing."""

import asyncio
import sys
import time
from typing import cast

import orjson
import uvloop

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class _Count:
    """How many envelopes have come, and when the last one did."""

    def __init__(self) -> None:
        self.received = 0
        self.last = 0.0

    def page(self) -> bytes:
        """Answer a GET: the counts so far."""
        body = orjson.dumps({"received": self.received, "last": self.last})
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


class _Sink(asyncio.Protocol):
    """One connection; reads just enough HTTP to know where a request ends."""

    def __init__(self, count: _Count) -> None:
        self._count = count
        self._head = b""
        self._missing = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._head += data
            if not self._headers_done():
                return
        if self._missing <= 0:
            self._missing = 0
            self._received()

    def _headers_done(self) -> bool:
        """Take the request's head off, when it is whole, and note how much of its body is missing."""
        head, end, body = self._head.partition(b"\r\n\r\n")
        if not end:
            return False
        if head.startswith(b"GET"):
            self._head = b""
            self._transport.write(self._count.page())
            return False
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        self._missing = int(length) - len(body)
        self._head = b""
        return True

    def _received(self) -> None:
        self._count.received += 1
        self._count.last = time.monotonic()
        self._transport.write(_OK)


async def _serve(port: int) -> None:
    count = _Count()
    server = await asyncio.get_running_loop().create_server(lambda: _Sink(count), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
