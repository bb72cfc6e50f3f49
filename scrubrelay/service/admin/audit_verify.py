"""A proof over HTTP: that nothing is left in what an upstream has stored, or where something is."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import BaseModel, Field

from scrubrelay.core.errors import BadRequest, StoreUnavailable
from scrubrelay.core.project import Project
from scrubrelay.core.wire.encoding import Inflater
from scrubrelay.service.admin.audit_try import redactor_for
from scrubrelay.service.admin.projects import ProjectNumber, chosen
from scrubrelay.service.admin.route import Call, Model, Services
from scrubrelay.service.audit.asked import packs_of_line
from scrubrelay.service.audit.export import Splitter
from scrubrelay.service.audit.search import Search
from scrubrelay.service.audit.trials import Trial
from scrubrelay.service.listener.body import TooSlow, invite

_MOST_INFLATED: Final = 2**40
_MOST_RATIO: Final = 200.0
_SILENCE: Final = 30.0
_PIECE: Final = 256 * 1024
"""Bytes that are searched at a time; between two pieces others have their turn."""


class VerifyQuery(Model):
    """By whose rules."""

    project: ProjectNumber | None = None


class PlaceTold(BaseModel):
    """A place where something is."""

    event: int = Field(description="The event's place in the export, from 0.")
    event_id: str | None
    path: str
    pattern: str
    pack: str | None
    count: int


class UnreadTold(BaseModel):
    """An event that could not be searched."""

    event: int
    event_id: str | None
    reason: str
    detail: str = Field(description="Why, and where in the event if it is no JSON; no text of it.")


class VerifyAnswer(BaseModel):
    """What is left."""

    clean: bool = Field(description="Whether every event was searched and nothing was found.")
    events: int
    events_with_findings: int
    findings: list[PlaceTold] = Field(description="The first 1000 places.")
    findings_total: int
    unread: list[UnreadTold] = Field(description="The first 1000 events that could not be searched.")
    unread_total: int


async def verify(call: Call) -> web.Response:
    """Answer with what is left in an export; it is read piece by piece, whatever its size."""
    query = call.query(VerifyQuery)
    await call.record("audit.verify", **call.filters(query))
    exports = call.services.desk.exports
    if exports.locked():
        raise StoreUnavailable("other exports are being searched", retry_after=30)
    async with exports:
        answer = await _searched(call, query.project)
    return web.Response(body=orjson.dumps(answer), content_type="application/json")


async def _searched(call: Call, number: int | None) -> dict[str, Any]:
    project = chosen(call.services.configuration.projects, number)
    work = _Work(call.services, project)
    async for piece in _pieces(call.request):
        async with call.services.desk.turns:
            await asyncio.to_thread(work.step, piece)
    async with call.services.desk.turns:
        return await asyncio.to_thread(work.end)


class _Work:
    """The search of one export, done piece by piece in threads."""

    def __init__(self, services: Services, project: Project) -> None:
        self._services = services
        self._project = project
        self._splitter = Splitter()
        self._begun: tuple[Trial, Search] | None = None

    def step(self, piece: bytes) -> None:
        """Search the events that end in a piece."""
        self._look(self._splitter.feed(piece))

    def end(self) -> dict[str, Any]:
        """Search the last event, and return what was found in all."""
        self._look(self._splitter.finish())
        if self._begun is None:
            raise BadRequest("expected events: JSON lines, or a JSON array")
        return self._begun[1].told()

    def _look(self, documents: Sequence[bytes]) -> None:
        if not documents:
            return
        packs = packs_of_line(documents[0]) if self._begun is None else None
        if self._begun is None:
            trial, named = redactor_for(self._services, self._project, packs or ())
            self._begun = trial, Search(trial.redactor, named.get)
        trial, search = self._begun
        with trial.lock:
            trial.hurry.begin()
            search.look(documents if packs is None else documents[1:])
        if trial.hurry.passed:
            raise trial.hurry.error()


async def _pieces(request: web.BaseRequest) -> AsyncIterator[bytes]:
    """Yield a body, inflated, in pieces that are worth a thread."""
    inflater = Inflater(request.headers.get("Content-Encoding"), _MOST_INFLATED, _MOST_RATIO)
    await invite(request)
    gathered = bytearray()
    async for chunk in _chunks(request):
        gathered += inflater.feed(chunk)
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    gathered += inflater.finish()
    if inflater.ignored:  # a proof must not be about a part
        raise BadRequest("invalid compression format", "something stands behind its end")
    yield bytes(gathered)


async def _chunks(request: web.BaseRequest) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(_SILENCE):
                chunk = await request.content.readany()
        except TimeoutError as error:
            raise TooSlow("timed out waiting for the request body") from error
        except (web.RequestPayloadError, ConnectionError) as error:
            raise BadRequest("invalid request body") from error
        if not chunk:
            return
        yield chunk
