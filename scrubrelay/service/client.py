"""Who sent a request, by its headers and its connection."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

from aiohttp import web

from scrubrelay.core.policy.client import Client

_ADDRESSES: Final = (
    "CF-Connecting-IP",
    "X-Vercel-Forwarded-For",
    "X-Sentry-Forwarded-For",
    "X-Forwarded-For",
)
"""In Relay's order. A client can claim any address there: all it decides is whether its event goes on."""


def client_of(request: web.BaseRequest) -> Client:
    """Return the sender of a request."""
    headers = request.headers
    return Client(
        _claimed(headers) or request.remote, headers.get("User-Agent", ""), headers.get("Origin", "")
    )


def _claimed(headers: Mapping[str, str]) -> str | None:
    for name in _ADDRESSES:
        first = headers.get(name, "").partition(",")[0].strip()
        try:
            return str(ip_address(first))
        except ValueError:
            continue
    return None
