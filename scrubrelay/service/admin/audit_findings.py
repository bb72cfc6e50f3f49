"""What was found in the traffic, and what was never found."""

import csv
import io
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from scrubrelay.config.names import nearest
from scrubrelay.core.errors import BadRequest, Reason
from scrubrelay.core.evidence import OTHER
from scrubrelay.core.project import Projects
from scrubrelay.core.redaction.engine.scanner import LATE
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.redaction.rules.rules import HIDER
from scrubrelay.core.redaction.text.strings import CUSTOM_ID, HIDDEN
from scrubrelay.service.admin.moments import Moment, iso, span
from scrubrelay.service.admin.projects import ProjectNumber, chosen
from scrubrelay.service.admin.route import Call, Model
from scrubrelay.service.stores.audit import DIMENSIONS, Dimension, Group, Where

_DAY: Final = 86400.0
_HOUR: Final = 3600
_MOST: Final = 1000
_EVERYTHING: Final = 1_000_000
_UNREAD: Final = (
    Reason.NOT_UNDERSTOOD,
    Reason.UNDECODABLE,
    Reason.TOO_DEEP,
    Reason.TIMED_OUT,
    Reason.TOO_LARGE,
)
"""Reasons of items that nobody could look into."""
CSV: Final = "text/csv"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")

Name = Annotated[str, Field(max_length=200)]


def _listed(value: Any) -> Any:
    given = value if isinstance(value, list) else [value]
    return [part.strip() for one in given for part in str(one).split(",")]


class FindingsQuery(Model):
    """Which findings, and how they are added up."""

    project: ProjectNumber | None = None
    type: Annotated[Name, Field(description="Item type, as in `event`.")] = ""
    pattern: Annotated[Name, Field(description="A pattern's id, or the first part of some.")] = ""
    path: Annotated[Name, Field(description="A path, and all below it; list indices are `*`.")] = ""
    since: Annotated[Moment, Field(description="The last day, if not given.")] = (True, _DAY)
    until: Moment | None = None
    by: Annotated[
        tuple[Dimension, ...],
        BeforeValidator(_listed),
        Field(min_length=1, max_length=5, description="What is told apart, in this order: `pattern,path`."),
        WithJsonSchema(
            {
                "type": "array",
                "items": {"type": "string", "enum": DIMENSIONS},
                "minItems": 1,
                "uniqueItems": True,
            }
        ),
    ] = ("pattern", "path")
    limit: Annotated[int, Field(ge=1, le=_MOST)] = 100
    cursor: Annotated[str, Field(max_length=2000, description="`next` of the page before.")] = ""
    format: Annotated[
        Literal["json", "csv"] | None, Field(description="Else as `Accept` says: JSON, or `text/csv`.")
    ] = None


class FindingLine(BaseModel):
    """A sum; of the first five only what was asked for."""

    hour: str | None = Field(default=None, description="When the hour began, ISO 8601.")
    project: int | None = None
    type: str | None = Field(default=None, description="Item type; `envelope` for an envelope's header.")
    pattern: str | None = None
    path: str | None = Field(default=None, description="`*` for indices and keys that are not told.")
    count: int


class FindingsAnswer(BaseModel):
    """A page of sums."""

    since: str = Field(description="From the beginning of this hour: counts are kept by the hour.")
    until: str = Field(description="To the end of this hour.")
    findings: list[FindingLine]
    next: str | None = Field(description="The `cursor` of the next page; null for none.")


async def show_findings(call: Call) -> FindingsAnswer | web.Response:
    """Answer with what was redacted, added up as asked."""
    query = call.query(FindingsQuery)
    if len(set(query.by)) < len(query.by):
        raise BadRequest("by: expected each name once")
    where, after = _where(query, call.services.clock.now()), _position(query.cursor, query.by)
    await call.record("audit.findings", **call.filters(query))
    await call.services.peers.note()
    rows = await call.services.outbox.store.audit.findings(where, query.by, after, query.limit + 1)
    if not rows and after is None:
        _known(call.services.configuration.projects, query)
    page = rows[: query.limit]
    following = _cursor(page[-1][0]) if len(rows) > query.limit else None
    lines = [_line(query.by, group, count) for group, count in page]
    wants_csv = query.format == "csv" or (
        query.format is None and CSV in call.request.headers.get("Accept", "")
    )
    if not wants_csv:
        return FindingsAnswer(
            since=iso(where.since // _HOUR * _HOUR),
            until=iso(-(-(where.until or 0.0) // _HOUR) * _HOUR),
            findings=[FindingLine(**line) for line in lines],
            next=following,
        )
    headers = {"X-Next-Cursor": following} if following else {}
    text = _csv((*query.by, "count"), (line.values() for line in lines))
    return web.Response(text=text, content_type=CSV, charset="utf-8", headers=headers)


def _where(query: FindingsQuery, now: float) -> Where:
    since, until = span(query.since, query.until, now)
    return Where(since, until, query.project, query.type, query.pattern, query.path)


def _known(projects: Projects, query: FindingsQuery) -> None:
    """Refuse to say "nothing was found" of what cannot be found.

    Raises:
        BadRequest: No such pattern is on, so it is a typo.
        NotFound: There is no such project.
    """
    known = {name for one in _ids(projects, query.project) for name in (one, LATE + one)}
    named = f"{query.pattern}."
    is_known = any(f"{one}.".startswith(named) for one in (*known, HIDDEN.id, CUSTOM_ID))
    if query.pattern and not is_known and not named.startswith(HIDER):
        detail = f"pattern: none that is on is called so{nearest(query.pattern, known)}"
        raise BadRequest(detail, "nothing was found under such a name in this time")


def _line(by: Sequence[Dimension], group: Group, count: int) -> dict[str, Any]:
    told: dict[str, Any] = dict(zip(by, group, strict=True))
    if "hour" in told:
        told["hour"] = iso(int(told["hour"]) * _HOUR)
    return {**told, "count": count}


def _csv(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(head)
    writer.writerows(map(_plain, row) for row in rows)
    return file.getvalue()


def _plain(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula (owasp.org: CSV Injection)."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _cursor(group: Group) -> str:
    return urlsafe_b64encode(orjson.dumps(group)).decode()


def _position(cursor: str, by: Sequence[Dimension]) -> Group | None:
    """Return the group that a cursor stands for.

    Raises:
        BadRequest: It comes from another question.
    """
    if not cursor:
        return None
    try:
        group = orjson.loads(urlsafe_b64decode(cursor.encode()))
    except ValueError as error:
        raise BadRequest("cursor: expected the one of the page before") from error
    fits = isinstance(group, list) and len(group) == len(by) and all(map(_fits, by, group))
    if not fits:
        raise BadRequest("cursor: expected the one of the page before, with the same `by`")
    return tuple(group)


def _fits(name: Dimension, value: Any) -> bool:
    if name in ("hour", "project"):
        return type(value) is int and abs(value) < 2**63
    return type(value) is str


class CoverageQuery(Model):
    """Which part of the traffic."""

    project: ProjectNumber | None = None
    since: Annotated[Moment, Field(description="The last seven days, if not given.")] = (True, 7 * _DAY)
    until: Moment | None = None
    top: Annotated[int, Field(ge=1, le=_MOST, description="How many of the hottest paths.")] = 20


class HotPath(BaseModel):
    """A path at which much is found."""

    path: str
    count: int
    patterns: dict[str, int] = Field(description="How often by pattern.")


class UnreadItems(BaseModel):
    """Items that were dropped because nobody could look into them."""

    type: str = Field(description="Item type; `unknown` if its name may be a user's text.")
    reason: str
    items: int


class CoverageAnswer(BaseModel):
    """How far the patterns and the traffic meet."""

    since: str
    until: str
    patterns: int = Field(description="Patterns that are switched on.")
    never_found: list[str] = Field(description="Those of them that found nothing in this time.")
    out_of_time: dict[str, int] = Field(description="Patterns that ran out of time, and how often.")
    hot_paths: list[HotPath]
    dropped_unread: list[UnreadItems]
    items: dict[str, int] = Field(description="Items of this time by type, kept or dropped.")


async def show_coverage(call: Call) -> CoverageAnswer:
    """Answer with patterns that never found anything, paths where much is found, and what was not read."""
    query = call.query(CoverageQuery)
    await call.record("audit.coverage", **call.filters(query))
    await call.services.peers.note()
    since, until = span(query.since, query.until, call.services.clock.now())
    where = Where(since, until, query.project)
    on = frozenset(_ids(call.services.configuration.projects, query.project))
    audit = call.services.outbox.store.audit
    paths, patterns = _added_up(await audit.findings(where, ["path", "pattern"], limit=_EVERYTHING))
    hot = sorted(paths, key=lambda path: (path == OTHER, -sum(paths[path].values()), path))[: query.top]
    fates = await audit.fates(where)
    items: Counter[str] = Counter()
    for one in fates:
        items[one.type] += one.items
    return CoverageAnswer(
        since=iso(since),
        until=iso(until),
        patterns=len(on),
        never_found=sorted(on - patterns.keys()),
        out_of_time={name.removeprefix(LATE): n for name, n in patterns.items() if name.startswith(LATE)},
        hot_paths=[HotPath(path=one, count=sum(paths[one].values()), patterns=paths[one]) for one in hot],
        dropped_unread=[
            UnreadItems(type=one.type, reason=one.fate, items=one.items)
            for one in fates
            if one.fate in _UNREAD
        ],
        items=dict(items),
    )


def _added_up(sums: Iterable[tuple[Group, int]]) -> tuple[dict[str, dict[str, int]], Counter[str]]:
    """Return what was found by path and pattern, and by pattern."""
    paths: dict[str, dict[str, int]] = defaultdict(dict)
    patterns: Counter[str] = Counter()
    for (path, pattern), count in sums:
        paths[str(path)][str(pattern)] = count
        patterns[str(pattern)] += count
    return paths, patterns


def _ids(projects: Projects, number: int | None) -> Iterable[str]:
    """Yield the ids of the patterns that are on in a project, or in any."""
    redactors: list[Redactor]
    if number is not None:
        redactors = [chosen(projects, number).redactor]
    else:
        redactors = [one.redactor for one in projects.listed]
        redactors += [projects.passing.redactor] if projects.passing else []
    return (pattern.id for redactor in redactors for pattern in redactor.library.patterns)
