"""The listener that SDKs talk to: which path and method leads where."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

import regex
from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from scrubrelay.core.errors import BadRequest, NotFound, ScrubrelayError, place_of
from scrubrelay.core.project import BIGGEST_ID
from scrubrelay.service.listener.answers import FOR_BROWSERS, preflight, refusal, reply, wrong_method
from scrubrelay.service.listener.intake import Intake
from scrubrelay.service.log import Once, is_debugging, log
from scrubrelay.service.telling.meters import Meters, endpoint_of

Handler = Callable[[web.BaseRequest, int | None], Awaitable[web.Response]]

LISTENER: Final[Mapping[str, Any]] = {
    "access_log": None,  # paths and queries hold keys, and the GET form of /store/ holds a whole event
    "auto_decompress": False,  # `body` inflates within limits
    "keepalive_timeout": 75.0,  # also how long a client may take over its first request line
    "max_line_size": 65_536,  # the GET form of /store/
    "max_field_size": 32_768,  # baggage and cookies of browsers
    "lingering_time": 2.0,
}
"""How aiohttp's server is set up."""

_SLASHES: Final = regex.compile(r"/{2,}")
_INGEST: Final = regex.compile(r"(?:/.*)?/api(?:/(?P<project>[^/]+))?/(?P<endpoint>envelope|store)/?")


@dataclass(frozen=True, slots=True)
class Route:
    """A path that leads somewhere.

    Args:
        methods: Method -> what answers it.
        project_id: The project in the path.
    """

    methods: Mapping[str, Handler]
    project_id: int | None = None


class Listener(web.Server):
    """aiohttp's server; to a request that is no HTTP it answers without repeating a word of it.

    Args:
        handler: Answers requests.
    """

    def __init__(self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        super().__init__(handler, **LISTENER)

    def __call__(self) -> web.RequestHandler:
        """Return what reads a connection."""
        return _Connection(self, loop=self._loop, **LISTENER)


class _Connection(web.RequestHandler):
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be read; aiohttp's own message quotes the line, which may be a cookie."""
        super().handle_error(request, status, exc, None if message is None else HTTPStatus(status).phrase)
        detail = "internal error" if message is None else "not a request that can be read as HTTP"
        longest = (
            f"its line may have {LISTENER['max_line_size']} bytes, each header {LISTENER['max_field_size']}"
        )
        causes = {"causes": [longest]} if isinstance(exc, LineTooLong) else {}
        response = reply({"detail": detail, **causes}, status)
        response.force_close()
        return response


class Server:
    """Answers every request of the ingest listener.

    Args:
        intake: Takes envelopes and events.
        ready: Returns whether a configuration is loaded and the store can write.
        capture: Returns whether anything is switched off: `"on"`, `"off"`, `"partly"`.
        meters: Count the requests.
    """

    def __init__(
        self, intake: Intake, ready: Callable[[], bool], capture: Callable[[], str], meters: Meters
    ) -> None:
        self._ready = ready
        self._capture = capture
        self._meters = meters
        self._once = Once()
        self._under_way = 0
        self._draining = False
        self._quiet = asyncio.Event()
        self._ingest: Mapping[str, Mapping[str, Handler]] = {
            "envelope": {"POST": intake.envelope},
            "store": {"POST": intake.store, "GET": intake.pixel},
        }
        live = {"GET": self._live, "HEAD": self._live}
        readiness = {"GET": self._readiness, "HEAD": self._readiness}
        self._fixed: Mapping[str, Mapping[str, Handler]] = {
            "/tunnel": {"POST": intake.tunnel},
            "/healthz": live,
            "/readyz": readiness,
            "/api/relay/healthcheck/live": live,
            "/api/relay/healthcheck/ready": readiness,
        }

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, whatever happens."""
        begun = self._meters.moment()
        self._under_way += 1
        try:
            response = await self._answer(request)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._quiet.set()
        self._meters.request(request.path, response.status, begun)
        if is_debugging():
            self._log_request(request, response.status, self._meters.moment() - begun)
        response.headers.update(FOR_BROWSERS)
        if self._draining:
            response.force_close()
        return response

    async def drain(self, patience: float) -> None:
        """Return when every request that has begun is answered, or after so many seconds.

        aiohttp's own shutdown reads nothing more of a connection: a body that is just coming would be lost.
        """
        self._draining = True
        while self._under_way:
            self._quiet.clear()
            try:
                async with asyncio.timeout(patience):
                    await self._quiet.wait()
            except TimeoutError:
                log("cut_off", level=logging.WARNING, requests=self._under_way)
                return

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        try:
            return await self._handle(request)
        except ScrubrelayError as error:
            self._note(error)
            return refusal(error)
        except ConnectionError:
            return refusal(BadRequest("invalid request body"))  # nobody is there to read it
        # The last resort of this task loop: a defect must cost one request, not the connection's others,
        # and its message may quote the payload.
        except Exception as error:  # noqa: BLE001
            log("defect", level=logging.ERROR, error=place_of(error))
            return refusal(ScrubrelayError("internal error"))

    def route(self, path: str) -> Route:
        """Return where a path leads, under any prefix and with any number of slashes.

        Raises:
            NotFound: Nowhere; nothing is passed on unseen.
            BadRequest: The project in it is not a number.
        """
        folded = _SLASHES.sub("/", path) if "//" in path else path
        if methods := self._fixed.get(folded.rstrip("/")):
            return Route(methods)
        found = _INGEST.fullmatch(folded)
        if not found and folded.startswith("/tunnel/"):
            return Route(self._fixed["/tunnel"])  # SDKs are given any path there
        if not found or (found["project"] is None and found["endpoint"] != "store"):
            raise NotFound("not found")
        project_id = None if found["project"] is None else _project_id(found["project"])
        return Route(self._ingest[found["endpoint"]], project_id)

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        route = self.route(unquote(request.rel_url.raw_path))
        if request.method == "OPTIONS":
            return preflight()
        handler = route.methods.get(request.method)
        if handler is None:
            return wrong_method(", ".join((*route.methods, "OPTIONS")))
        return await handler(request, route.project_id)

    async def _live(self, _request: web.BaseRequest, _project_id: int | None) -> web.Response:
        return reply({"is_healthy": True})

    async def _readiness(self, _request: web.BaseRequest, _project_id: int | None) -> web.Response:
        ready = self._ready()
        capture = self._capture()
        told = {} if capture == "on" else {"capture": capture}
        return reply({"is_healthy": ready, **told}, 200 if ready else 503)

    def _log_request(self, request: web.BaseRequest, status: int, seconds: float) -> None:
        """Log a request; not its path and query, which hold keys and may hold an event."""
        log(
            "request",
            level=logging.DEBUG,
            endpoint=endpoint_of(request.path),
            status=status,
            ms=round(seconds * 1000, 2),
            bytes=request.content_length or 0,
        )

    def _note(self, error: ScrubrelayError) -> None:
        """Log the first of each kind of refusal: there may be one for each event of a misconfigured app."""
        if error.status != 404 and self._once.first(str(error.status), str(error)):
            log("refused", level=logging.WARNING, status=error.status, detail=str(error))


def _project_id(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= BIGGEST_ID):
        raise BadRequest("bad project path parameter")
    return int(text)
