"""A dry run over HTTP: what would become of this, by the rules of today or of tomorrow."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from aiohttp import web
from pydantic import BaseModel, Field

from scrubrelay.config.tried import PackText
from scrubrelay.core.errors import BadRequest, ConfigError
from scrubrelay.core.inspection import Circumstances, Inspection
from scrubrelay.core.project import Limits, Project
from scrubrelay.service.admin.projects import ProjectNumber, chosen
from scrubrelay.service.admin.route import Call, Model, Services
from scrubrelay.service.audit.asked import Asked, read
from scrubrelay.service.audit.dry import Clock, Run, as_counted, with_redactor
from scrubrelay.service.audit.trials import Trial

_MIB: Final = 2**20
MAX_BODY: Final = 20 * _MIB
_MOST_PROBLEMS: Final = 50


class TryQuery(Model):
    """By whose rules."""

    project: ProjectNumber | None = None


class TryBody(BaseModel):
    """A document or an envelope with patterns to try; without `packs` it is sent bare."""

    document: Any = Field(default=None, description="Any JSON document; an event, as a rule.")
    envelope: str = Field(default="", description="Instead of `document`: an envelope as text.")
    packs: list[str | dict[str, Any]] = Field(description="Pattern files: TOML as text, or parsed.")


class FindingTold(BaseModel):
    """One cut."""

    item: int = Field(description="The item's place in what came, from 0; of JSON lines, the document's.")
    type: str
    path: str = Field(description="Keys and indices, dotted, as they are called in the output.")
    in_key: bool = Field(description="Whether the last key was cut, not the value under it.")
    pattern: str
    pack: str | None = Field(description="The pattern file; `packs[0]` and so on for tried ones.")
    action: str
    rule: int | None = Field(description="The `[[redaction.rule]]` that asked for it, counted from 1.")
    span: tuple[int, int] | None = Field(
        description="From where to where its replacement stands in the string of the output, in characters"
        " (Unicode code points); null where a key was deleted."
    )
    checksum: str | None = Field(description="The validator that confirmed it, as `luhn`.")
    count: int = Field(description="How often this pattern was cut at this path.")


class IssueTold(BaseModel):
    """What Sentry would group an error by."""

    hashes: list[str] = Field(description="Of what the app's frames say, then of all frames.")
    stable: str | None = Field(description="One more, where names of functions hold for one build only.")
    how: list[str] = Field(description="What they are made of: kinds, no text.")
    recipe: int


class DecisionTold(BaseModel):
    """What would become of an item."""

    item: int
    type: str
    decision: str = Field(description="`kept` or `dropped`.")
    reason: str | None = Field(description="The filter, cap, sampling, limit or failure that drops it.")
    detail: str
    issue_key: IssueTold | None = Field(description="Of errors only.")


class TryAnswer(BaseModel):
    """What would become of it. Nothing is counted, kept or sent."""

    project: int
    format: str = Field(description="What it was read as: `json`, `lines` or `envelope`.")
    findings: list[FindingTold] = Field(description="The first 5000.")
    findings_total: int
    clean: Any = Field(
        description="What would leave: the document; for JSON lines a list of them, null for what is dropped;"
        " for an envelope its headers and items. A document with NaN or half a character in it is a string."
    )
    decisions: list[DecisionTold]
    issue_key: IssueTold | None = Field(description="Of the first error.")
    timings: dict[str, float] = Field(description="Milliseconds by step.")


async def try_it(call: Call) -> web.Response:
    """Answer with what would become of the body."""
    query = call.query(TryQuery)
    services = call.services
    await call.record("audit.try", **call.filters(query))
    project = chosen(services.configuration.projects, query.project)
    limits = small(services.configuration.projects.limits)
    clock = Clock()
    async with services.desk.bodies.read(call.request, limits) as body, services.desk.turns:
        asked = await asyncio.to_thread(_asked, body, limits)
        clock.lap("decode")
        run, trial = await asyncio.to_thread(_run, services, project, asked)
        clock.lap("compile")
        inspections = await asyncio.to_thread(run.inspect, asked, clock)
        counted = await _counted(services, inspections)
        clock.lap("caps")
        answer = await asyncio.to_thread(_answered, run, trial, asked, counted, clock)
    return web.Response(body=orjson.dumps(answer), content_type="application/json")


def small(limits: Limits) -> Limits:
    """Return the limits of the ingest listener, or less: what is read here is also held parsed."""
    return Limits(
        min(MAX_BODY, limits.max_body_bytes),
        min(MAX_BODY, limits.max_inflated_bytes),
        limits.max_ratio,
        limits.max_items,
    )


def _asked(body: bytes, limits: Limits) -> Asked:
    asked = read(body)
    if any(len(one.items) > limits.max_items for one in asked.envelopes):
        raise BadRequest("not an envelope", "too many individual items")
    return asked


def redactor_for(
    services: Services, project: Project, packs: Sequence[PackText]
) -> tuple[Trial, Mapping[str, str]]:
    """Return what looks by a project's rules and by patterns to be tried, and pattern id -> pack.

    Raises:
        BadRequest: A pack is wrong; with every mistake.
    """
    configuration, trials = services.configuration, services.desk.trials
    try:
        trial = trials.of(project.redactor, packs)
        names = trials.packs(configuration.settings, configuration.generation)
    except ConfigError as error:
        raise BadRequest("the packs are wrong", *error.problems[:_MOST_PROBLEMS]) from error
    return trial, {**names, **trial.packs}


def _run(services: Services, project: Project, asked: Asked) -> tuple[Run, Trial]:
    trial, named = redactor_for(services, project, asked.packs)
    outbox = services.outbox
    circumstances = Circumstances(
        services.clock.now(),
        outbox.limits(project),
        captured=outbox.captures(project),
        secret=outbox.caps.secret,
        daily=outbox.traffic.daily(project.id),
    )
    return Run(with_redactor(project, trial.redactor), circumstances, named.get), trial


async def _counted(services: Services, inspections: Sequence[Inspection]) -> list[Inspection]:
    """Return the envelopes as the counts of their issues would let them go on, each as if it came alone."""
    asking = [one for one in inspections if one.claim is not None]
    now = services.clock.now()
    counts = await services.outbox.store.issues.counts([one.claim for one in asking if one.claim], now)
    found = {id(one): as_counted(one, count, now) for one, count in zip(asking, counts, strict=True)}
    return [found.get(id(one), one) for one in inspections]


def _answered(
    run: Run, trial: Trial, asked: Asked, inspections: Sequence[Inspection], clock: Clock
) -> dict[str, Any]:
    with trial.lock:
        trial.hurry.begin()
        answer = run.answer(asked, inspections, clock)
    if trial.hurry.passed:
        raise trial.hurry.error()
    return answer
