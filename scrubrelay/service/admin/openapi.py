"""The OpenAPI document of the admin listener, made from its table of routes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import orjson
import regex
from aiohttp import web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from scrubrelay.core.project import BIGGEST_ID
from scrubrelay.service.admin.route import Call, Handler, Problem, Route

_TEMPLATE: Final = "#/components/schemas/{model}"
_EVERY: Final = (400, 401, 403, 429, 500, 503)
"""What any route may answer."""
_WITH_BODY: Final = (408, 413, 415)
PATH_NAMES: Final[Mapping[str, Mapping[str, Any]]] = {
    "event_id": {
        "description": "32 hex digits, or a UUID.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    },
    "id": {
        "description": "What `/api/outbox` calls it.",
        "schema": {"type": "integer", "minimum": 1, "maximum": BIGGEST_ID},
    },
}
"""What may stand in a path."""
_NAME: Final = regex.compile(r"\{(\w+)\}")
_SUMMARY: Final = "This document"


def openapi_route(routes: Sequence[Route]) -> Route:
    """Return the route that answers with the document of all routes and of itself."""

    async def answer(_call: Call) -> web.Response:
        return web.Response(body=written(), content_type="application/json")

    @cache  # when somebody asks: all models of all routes take a tenth of a start
    def written() -> bytes:
        return orjson.dumps(document((*routes, own)))

    own = _route(answer)
    return own


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of routes."""
    routes = list(routes)
    refs, schemas = models_json_schema([*_models(routes)], ref_template=_TEMPLATE)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "scrubrelay, admin listener",
            "version": "1",
            "summary": "See what was redacted, prove what is left, and control the relay.",
            "description": "No answer holds a word of a payload that was not scrubbed. GET answers HEAD too.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A token of `[[admin.tokens]]`."}
            },
            "schemas": schemas["$defs"],
        },
    }


def _route(handler: Handler) -> Route:
    return Route("GET", "/api/openapi.json", handler, "read", _SUMMARY)


_Refs = Mapping[Any, Any]
"""(model, mode) -> a reference to its schema."""


def _models(routes: Iterable[Route]) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    yield Problem, "serialization"
    for route in routes:
        if route.answers:
            yield route.answers, "serialization"
        if route.body:
            yield route.body, "validation"


def _operation(route: Route, refs: _Refs) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": regex.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "summary": route.summary,
        "description": f"The token's scope has to be `{route.scope}`"
        + (", or `write`." if route.scope == "read" else "."),
        "parameters": [*_in_path(route), *_in_query(route)],
        "responses": dict(_responses(route, refs)),
    }
    if route.body or route.bare:
        told["requestBody"] = {"required": bool(route.bare), "content": dict(_content(route, refs))}
    return told


def _content(route: Route, refs: _Refs) -> Iterator[tuple[str, Any]]:
    model = refs[route.body, "validation"] if route.body else {}
    # A bare document may be anything.
    yield "application/json", {"schema": {"anyOf": [model, {}]} if route.bare else model}
    for media in route.bare:
        yield media, {"schema": {"type": "string"}}


def _in_path(route: Route) -> Iterator[Mapping[str, Any]]:
    for name in _NAME.findall(route.path):
        yield {"name": name, "in": "path", "required": True, **PATH_NAMES[name]}


def _in_query(route: Route) -> Iterator[Mapping[str, Any]]:
    if route.query is None:
        return
    schema = route.query.model_json_schema()
    for name, value in schema["properties"].items():
        given = {key: one for key, one in value.items() if key not in {"description", "title", "default"}}
        choices = [one for one in given.pop("anyOf", ()) if one != {"type": "null"}]
        whole = (
            {**given, **choices[0]}
            if len(choices) == 1
            else {**given, "anyOf": choices}
            if choices
            else given
        )
        told = {"name": name, "in": "query", "required": False, "schema": whole}
        yield {**told, "description": value["description"]} if "description" in value else told


def _responses(route: Route, refs: _Refs) -> Iterator[tuple[str, Any]]:
    yield "200", _success(route, refs)
    problem = {"application/json": {"schema": refs[Problem, "serialization"]}}
    more = _WITH_BODY if route.body or route.bare else ()
    for status in sorted({*_EVERY, *more, *route.refuses}):
        yield str(status), {"description": HTTPStatus(status).phrase, "content": problem}


def _success(route: Route, refs: _Refs) -> Mapping[str, Any]:
    schema = refs[route.answers, "serialization"] if route.answers else {}
    media = {route.content_type.partition(";")[0]: {"schema": schema} if schema else {}}
    media |= {other: {"schema": {"type": "string"}} for other in route.also}
    return {"description": route.summary, "content": media}
