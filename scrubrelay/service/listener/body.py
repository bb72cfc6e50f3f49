"""Reading a request body within limits, inflated on the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar, Final

from aiohttp import web

from scrubrelay.core.errors import BadRequest, ScrubrelayError, StoreUnavailable, TooLarge
from scrubrelay.core.project import Limits
from scrubrelay.core.wire.encoding import Inflater

_MOST_SILENCE: Final = 20.0
"""Seconds between two pieces of a body; SDKs send theirs in one go."""
_MOST_TIME: Final = 300.0
"""Seconds for a whole body: 20 MiB over a line of 0.6 Mbit/s."""
_MOST_HELD: Final = 256 * 2**20
"""Bytes of all bodies under way: more of them are told to come again, before memory runs out."""


class TooSlow(ScrubrelayError):
    """The client did not go on sending."""

    status: ClassVar[int] = 408


class Bodies:
    """Reads request bodies, and bounds what all those under way hold together.

    Args:
        most_silence: Seconds between two pieces of a body.
        most_held: Bytes of all bodies under way.
    """

    def __init__(self, most_silence: float = _MOST_SILENCE, most_held: int = _MOST_HELD) -> None:
        self._most_silence = most_silence
        self._most_held = most_held
        self._held = 0

    def __repr__(self) -> str:
        return f"<Bodies: {self._held} of {self._most_held} bytes held>"

    @asynccontextmanager
    async def read(self, request: web.BaseRequest, limits: Limits) -> AsyncIterator[bytes]:
        """Return the body of a request as it was before `Content-Encoding`; it is held within the block.

        Raises:
            TooLarge: It is over a limit, on the wire or inflated.
            UnsupportedMedia: Nobody knows its encoding.
            BadRequest: It is not what its encoding or framing says.
            TooSlow: It did not come.
            StoreUnavailable: Too many others are under way.
        """
        if (request.content_length or 0) > limits.max_body_bytes:
            raise _too_large(limits)
        encoding = request.headers.get("Content-Encoding")
        inflater = Inflater(encoding, limits.max_inflated_bytes, limits.max_ratio)
        await invite(request)
        parts: list[bytes] = []
        try:
            await self._collect(request, inflater, limits, parts)
            yield b"".join(parts)
        finally:
            self._held -= sum(map(len, parts))

    async def _collect(
        self, request: web.BaseRequest, inflater: Inflater, limits: Limits, parts: list[bytes]
    ) -> None:
        clock = asyncio.get_running_loop().time
        last = clock() + _MOST_TIME
        received = 0
        try:
            async with asyncio.timeout(self._most_silence) as patience:
                while chunk := await request.content.readany():
                    received += len(chunk)
                    if received > limits.max_body_bytes:
                        raise _too_large(limits)
                    self._hold(inflater.feed(chunk), limits, parts)
                    patience.reschedule(min(last, clock() + self._most_silence))
        except TimeoutError as error:
            raise TooSlow("timed out waiting for the request body") from error
        except web.RequestPayloadError as error:
            raise BadRequest("invalid request body") from error
        self._hold(inflater.finish(), limits, parts)

    def _hold(self, part: bytes, limits: Limits, parts: list[bytes]) -> None:
        parts.append(part)
        self._held += len(part)
        if self._held > max(self._most_held, limits.max_inflated_bytes):
            raise StoreUnavailable("failed to queue envelope", "memory high", retry_after=1)


async def invite(request: web.BaseRequest) -> None:
    """Say that the body may come, to a client that asked first."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


def _too_large(limits: Limits) -> TooLarge:
    return TooLarge("request content exceeded size limits", f"more than {limits.max_body_bytes} bytes came")
