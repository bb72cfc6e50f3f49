"""HTTP to the byte: what a client library would tidy up, some SDKs and all attackers send."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson


@dataclass(frozen=True)
class Answer:
    """What came back; `status` is 0 if the connection ended without an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self):
        """The body, parsed."""
        return orjson.loads(self.body)


async def send(port: int, head: str, pieces: Iterable[bytes] = (), *, chunked: bool = False) -> Answer:
    """Send a request as it is written and return the answer.

    Args:
        port: On this machine.
        head: The request line and headers, without the empty line; `Host` and `Connection` are added.
        pieces: The body in the pieces that are written.
        chunked: Whether each piece becomes a chunk.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = head.replace("\n", "\r\n") + "\r\nHost: relay.example.com\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(20):
            writer.write(head.encode("latin-1"))
            for piece in filter(None, pieces):
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await writer.drain()
            writer.write(b"0\r\n\r\n" if chunked else b"")
            return _parsed(await reader.read())
    except ConnectionError:
        return _parsed(await reader.read())
    finally:
        writer.close()


async def post(port: int, target: str, body: bytes, **headers: str) -> Answer:
    """POST a body with a length; `_` in the name of a header stands for `-`."""
    lines = [f"POST {target} HTTP/1.1", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return await send(port, "\n".join(lines), [body])


def _parsed(data: bytes) -> Answer:
    while data.startswith(b"HTTP/1.1 100"):
        data = data.partition(b"\r\n\r\n")[2]
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    return Answer(int(first.split(" ")[1]) if first else 0, headers, body)
