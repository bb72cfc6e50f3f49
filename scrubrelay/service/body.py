"""Reading a request body within limits, inflated on the way."""

import asyncio
from typing import ClassVar, Final

from aiohttp import web

from scrubrelay.core.errors import BadRequest, ScrubrelayError, TooLarge
from scrubrelay.core.project import Limits
from scrubrelay.core.wire.encoding import Inflater

_MOST_SILENCE: Final = 20.0
"""Seconds between two pieces of a body; SDKs send theirs in one go."""
_MOST_TIME: Final = 300.0
"""Seconds for a whole body: 20 MiB over a line of 0.6 Mbit/s."""


class TooSlow(ScrubrelayError):  # noqa: N818 - named for what the client did, as in core.errors
    """The client did not go on sending."""

    status: ClassVar[int] = 408


async def read_body(request: web.BaseRequest, limits: Limits) -> bytes:
    """Return the body of a request as it was before `Content-Encoding`.

    Raises:
        TooLarge: It is over a limit, on the wire or inflated.
        UnsupportedMedia: Nobody knows its encoding.
        BadRequest: It is not what its encoding or framing says.
        TooSlow: It did not come.
    """
    if (request.content_length or 0) > limits.max_body_bytes:
        raise _too_large()
    inflater = Inflater(request.headers.get("Content-Encoding"), limits.max_inflated_bytes, limits.max_ratio)
    await _invite(request)
    try:
        async with asyncio.timeout(_MOST_TIME):
            return await _read(request, inflater, limits.max_body_bytes)
    except TimeoutError as error:
        raise TooSlow("timed out waiting for the request body") from error
    except web.RequestPayloadError as error:
        raise BadRequest("invalid request body") from error


async def _read(request: web.BaseRequest, inflater: Inflater, most: int) -> bytes:
    received = 0
    parts: list[bytes] = []
    while True:
        async with asyncio.timeout(_MOST_SILENCE):
            chunk = await request.content.readany()
        if not chunk:
            return b"".join((*parts, inflater.finish()))
        received += len(chunk)
        if received > most:
            raise _too_large()
        parts.append(inflater.feed(chunk))


async def _invite(request: web.BaseRequest) -> None:
    """Say that the body may come, to a client that asked first."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0


def _too_large() -> TooLarge:
    return TooLarge("request content exceeded size limits")
