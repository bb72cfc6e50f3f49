"""The other listener: who is let in, and which route answers."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import unquote

from aiohttp import web
from pydantic import BaseModel

from scrubrelay.core.errors import (
    Forbidden,
    NotFound,
    ScrubrelayError,
    StoreUnavailable,
    Unauthorized,
    place_of,
)
from scrubrelay.service.admin.route import Answer, Call, Route, Services
from scrubrelay.service.admin.table import ROUTES
from scrubrelay.service.admin.tokens import Bearer, Gate
from scrubrelay.service.listener.answers import refusal, wrong_method
from scrubrelay.service.log import log

_HEADERS: Final[Mapping[str, str]] = {
    "Server": "scrubrelay",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class Admin:
    """Answers every request of the admin listener.

    Args:
        services: What handlers look at.
        gate: Who is let in.
        routes: What there is to ask for.
    """

    def __init__(self, services: Services, gate: Gate, routes: Sequence[Route] = ROUTES) -> None:
        self._services = services
        self._gate = gate
        self._routes = routes

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, whatever happens."""
        try:
            response = _response(await self._answer(request))
        except ScrubrelayError as error:
            response = refusal(error)
            if isinstance(error, Unauthorized):
                response.headers["WWW-Authenticate"] = "Bearer"
        # The last resort of this task loop, as in `server`.
        except Exception as error:  # noqa: BLE001
            log("defect", level=logging.ERROR, error=place_of(error))
            response = refusal(ScrubrelayError("internal error"))
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _answer(self, request: web.BaseRequest) -> Answer:
        bearer = await self._gate.admit(request)
        steps = tuple(unquote(step) for step in request.rel_url.raw_path.strip("/").split("/"))
        there = [(route, path) for route in self._routes if (path := route.match(steps)) is not None]
        if not there:
            raise NotFound("not found", "GET /api/openapi.json has every path")
        fewest = min(len(path) for _, path in there)  # `/api/outbox/retry` is no envelope called "retry"
        there = [(route, path) for route, path in there if len(path) == fewest]
        method = "GET" if request.method == "HEAD" else request.method
        for route, path in there:
            if route.method == method:
                call = Call(request, self._services, bearer.name, path, route.max_body)
                await _check(bearer, route, call)
                return await route.handler(call)
        return wrong_method(", ".join(dict.fromkeys(_allowed(there))))


async def _check(bearer: Bearer, route: Route, call: Call) -> None:
    """Return if a token is good for a route; that somebody tried without is a line of the log.

    Raises:
        Forbidden: It is not.
    """
    try:
        bearer.check(route.scope)
    except Forbidden:
        with suppress(StoreUnavailable):
            await call.record("refused", method=route.method, path=route.path)
        raise


def _allowed(there: Sequence[tuple[Route, Mapping[str, str]]]) -> list[str]:
    return [
        name for route, _ in there for name in (route.method, *(["HEAD"] if route.method == "GET" else []))
    ]


def _response(answer: Answer) -> web.StreamResponse:
    if isinstance(answer, BaseModel):
        return web.Response(body=answer.model_dump_json().encode(), content_type="application/json")
    return answer
