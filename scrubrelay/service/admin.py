"""The other listener: what operators and Prometheus read."""

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Any, Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from scrubrelay.core.errors import Forbidden, NotFound, ScrubrelayError, Unauthorized, place_of
from scrubrelay.service.answers import refusal, reply, wrong_method
from scrubrelay.service.log import log
from scrubrelay.service.metrics import exposition
from scrubrelay.service.outbox import Outbox
from scrubrelay.service.reload import Configuration

Page = Callable[[], Awaitable[web.Response]]
_READING: Final = ("GET", "HEAD")


class Admin:
    """Answers every request of the admin listener.

    Args:
        configuration: What holds now.
        outbox: What waits, and the ledger.
    """

    def __init__(self, configuration: Configuration, outbox: Outbox) -> None:
        self._configuration = configuration
        self._outbox = outbox
        self._pages: Mapping[str, Page] = {"/api/status": self._status, "/metrics": self._metrics}

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, whatever happens."""
        try:
            return await self._answer(request)
        except ScrubrelayError as error:
            return refusal(error)
        # The last resort of this task loop, as in `server`.
        except Exception as error:  # noqa: BLE001
            log("defect", level=logging.ERROR, error=place_of(error))
            return refusal(ScrubrelayError("internal error"))

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        self._admit(request)
        page = self._pages.get(request.path.rstrip("/"))
        if page is None:
            raise NotFound("not found")
        return await page() if request.method in _READING else wrong_method(", ".join(_READING))

    def _admit(self, request: web.BaseRequest) -> None:
        """Refuse whoever has no token; where none is set, whoever is not on this machine."""
        token = self._configuration.settings.admin.token
        if token is None:
            if not (_is_here(request.remote) and _is_here(request.url.host)):
                raise Forbidden("set [admin] token to reach this from another machine or under another name")
            return
        sent = request.headers.get("Authorization", "").encode(errors="surrogateescape")
        wanted = f"Bearer {token.get_secret_value()}".encode()
        if not hmac.compare_digest(sent, wanted):
            raise Unauthorized("missing or wrong bearer token")

    async def _status(self) -> web.Response:
        return reply(await self._figures())

    async def _metrics(self) -> web.Response:
        text = exposition(await self._figures())
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _figures(self) -> dict[str, Any]:
        configuration = self._configuration
        return {
            "configuration": {
                "generation": configuration.generation,
                "problems": configuration.problems,
                "loaded_at": configuration.loaded_at,
                "reloads": dict(configuration.reloads),
            },
            **await self._outbox.status(),
        }


def _is_here(host: str | None) -> bool:
    """Whether an address is this machine's own; asked of the name in the request too.

    A web page can make a browser on this machine ask, under a name of its own that leads here.
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
