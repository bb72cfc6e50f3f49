"""What an HTTP client is told: JSON, and errors as Sentry words them."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from scrubrelay.core.errors import RateLimited, ScrubrelayError, StoreUnavailable

FOR_BROWSERS: Final[Mapping[str, str]] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-sentry-error, x-sentry-rate-limits, retry-after",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""On every answer to an SDK, errors included: without them one in a browser cannot read any."""

_PREFLIGHT: Final[Mapping[str, str]] = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": (
        "x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, "
        "authentication, authorization, content-encoding, transfer-encoding"
    ),
    "Access-Control-Max-Age": "3600",
}
_PIXEL: Final = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c000000000100010000020144003b"
)


def reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a JSON answer."""
    every = {"Server": "scrubrelay", **(headers or {})}
    return web.Response(
        status=status, body=orjson.dumps(value), headers=every, content_type="application/json"
    )


def refusal(error: ScrubrelayError) -> web.Response:
    """Return the answer to what was refused: `{"detail": …, "causes": […]}`, without a word of payload."""
    body: dict[str, Any] = {"detail": error.detail}
    if error.causes:
        body["causes"] = list(error.causes)
    return reply(body, error.status, _waits(error))


def wrong_method(allowed: str) -> web.Response:
    """Return the answer to a known path with a method it does not have."""
    body = {"detail": "method not allowed", "causes": [f"expected {allowed}"]}
    return reply(body, 405, {"Allow": allowed})


def preflight() -> web.Response:
    """Return what a browser asks before it posts with headers of its own."""
    return web.Response(status=200, headers=_PREFLIGHT)


def pixel() -> web.Response:
    """Return the image that old browser SDKs load to send an event."""
    return web.Response(body=_PIXEL, headers={"Server": "scrubrelay"}, content_type="image/gif")


def _waits(error: ScrubrelayError) -> dict[str, str]:
    headers = {}
    if isinstance(error, RateLimited | StoreUnavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, RateLimited) and error.rate_limits:
        headers["X-Sentry-Rate-Limits"] = error.rate_limits
    return headers
