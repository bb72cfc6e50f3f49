"""Who sent a request, by its headers and its connection."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final

import regex
from aiohttp import web

from scrubrelay.core.policy.client import Client

_ADDRESSES: Final = (
    "CF-Connecting-IP",
    "X-Vercel-Forwarded-For",
    "X-Sentry-Forwarded-For",
    "X-Forwarded-For",
)
"""In Relay's order. A client can claim any address there: all it decides is whether its event goes on."""
_WITH_PORT: Final = regex.compile(r"(?:\[([^\]]+)\]|([\d.]+))(?::\d{1,5})?")
"""As some gateways write them: `10.0.0.1:443`, `[2001:db8::1]:443`."""


def client_of(request: web.BaseRequest) -> Client:
    """Return the sender of a request."""
    headers = request.headers
    return Client(
        _claimed(headers) or request.remote, headers.get("User-Agent", ""), headers.get("Origin", "")
    )


def _claimed(headers: Mapping[str, str]) -> str | None:
    for name in _ADDRESSES:
        first = headers.get(name, "").partition(",")[0].strip()
        with_port = _WITH_PORT.fullmatch(first)
        try:
            return str(ip_address(with_port[1] or with_port[2] if with_port else first))
        except ValueError:
            continue
    return None
