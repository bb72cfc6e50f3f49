"""Some connections that post one envelope after the other, as fast as they are answered."""

import argparse
import asyncio
import gzip
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import cast

import orjson
import uvloop

from benchmarks.payloads import EVENTS, KEY, PROJECT, envelope

# Different events: a memory of strings seen before then helps as much as with a real app, not more.
_VARIANTS = 64


def requests(event: str, port: int) -> Sequence[bytes]:
    """Return whole HTTP requests: in gzip as SDKs do, below 32 KiB plain as that of Node does."""
    made = []
    for seed in range(_VARIANTS):
        body, encoding = envelope(EVENTS[event](seed)), b""
        if len(body) > 32 * 1024:
            body, encoding = gzip.compress(body), b"Content-Encoding: gzip\r\n"
        head = (
            f"POST /api/{PROJECT}/envelope/?sentry_key={KEY} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Content-Type: application/x-sentry-envelope\r\nContent-Length: {len(body)}\r\n"
        )
        made.append(head.encode() + encoding + b"\r\n" + body)
    return made


class _Client(asyncio.Protocol):
    """One keep-alive connection: writes a request when the last one has been answered."""

    def __init__(self, work: Iterator[bytes]) -> None:
        self._work = work
        self._sent = 0.0
        self._answer = b""
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the relay closed a connection under load"))

    def _next(self) -> None:
        request = next(self._work, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if not end or len(body) < int(length):
            return
        self.latencies.append(time.perf_counter() - self._sent)
        self.statuses[int(head[9:12])] += 1
        self._answer = b""
        self._next()


async def run(port: int, event: str, envelopes: int, connections: int) -> dict[str, object]:
    """Post so many envelopes over so many connections; return what was measured."""
    work = islice(cycle(requests(event, port)), envelopes)
    loop = asyncio.get_running_loop()
    started = time.monotonic()
    made = [
        await loop.create_connection(lambda: _Client(work), "127.0.0.1", port) for _ in range(connections)
    ]
    clients = [client for _, client in made]
    await asyncio.gather(*(client.done for client in clients))
    latencies = sorted(latency for client in clients for latency in client.latencies)
    return {
        "started": started,
        "seconds": time.monotonic() - started,
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
        "statuses": sum((client.statuses for client in clients), Counter()),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("event", choices=EVENTS)
    parser.add_argument("envelopes", type=int)
    parser.add_argument("connections", type=int)
    result = uvloop.run(run(**vars(parser.parse_args())))
    print(orjson.dumps(result, option=orjson.OPT_NON_STR_KEYS).decode())
