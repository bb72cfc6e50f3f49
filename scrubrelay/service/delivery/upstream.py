"""One HTTP request to a Sentry server, as its SDKs would make it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from scrubrelay.core.delivery import Target

_AGENT = f"scrubrelay/{version('scrubrelay')}"
# Relay's server closes an idle connection after 5 s; a request on one that is just being closed is lost.
_IDLE_SECONDS = 4.0
_CONNECT_SECONDS = 10.0
_ANSWER_BYTES = 64 * 1024
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Args:
        status: The HTTP status; None if there was no answer.
        headers: Of the answer.
        why: What stood in the way of one, without payload.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


class Post(Protocol):
    """How the forwarder reaches a server."""

    async def post(self, target: Target, body: bytes) -> Answer:
        """Send an envelope, compressed as the target wants it; whatever the network does is an answer."""

    async def close(self) -> None:
        """Let go of all connections."""


class Upstream:
    """A pool of kept-alive connections to all targets.

    Args:
        timeout: Seconds that one request may take.
        connections: Most of them to one server.
    """

    def __init__(self, timeout: float = 30.0, connections: int = 8) -> None:
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, _CONNECT_SECONDS))
        self._connections = connections
        self._proxies = getproxies()
        self._session: aiohttp.ClientSession | None = None

    async def post(self, target: Target, body: bytes) -> Answer:
        """Send an envelope."""
        try:
            return await self._post(target, body)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return Answer(None, why=type(error).__name__)

    async def _post(self, target: Target, body: bytes) -> Answer:
        request = self._open().post(
            target.url,
            data=body,
            headers=_headers(target),
            allow_redirects=False,
            proxy=self._proxy(target.url),
        )
        async with request as answer:
            # Read, so that the connection can be used again; a server that answers more than this loses it.
            await answer.content.read(_ANSWER_BYTES)
            return Answer(answer.status, answer.headers.copy())

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0, limit_per_host=self._connections, keepalive_timeout=_IDLE_SECONDS
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    def _proxy(self, url: str) -> str | None:
        """Return the proxy that the environment names for a URL, as curl and pip would use it."""
        place = urlsplit(url)
        host = place.hostname or ""
        if host in _LOOPBACK or place.scheme not in self._proxies or proxy_bypass(host):
            return None
        return self._proxies[place.scheme]

    async def close(self) -> None:
        """Let go of all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
            await asyncio.sleep(0)  # aiohttp closes transports in the loop's next round


def _headers(target: Target) -> dict[str, str]:
    headers = {
        "Content-Type": "application/x-sentry-envelope",
        "User-Agent": _AGENT,
        "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client={_AGENT}, sentry_key={target.key}",
    }
    if target.encoding != "identity":
        headers["Content-Encoding"] = target.encoding
    return headers
