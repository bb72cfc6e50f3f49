"""How the relay does: for operators as JSON, for Prometheus as text."""

from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from scrubrelay.service.admin.capture import CaptureAnswer, capture_of
from scrubrelay.service.admin.route import Call, Services
from scrubrelay.service.telling.metrics import exposition


class ConfigurationFigures(BaseModel):
    """What the relay runs with; of the worker that answers."""

    generation: int = Field(description="How often the configuration was loaded.")
    problems: list[str] = Field(description="What was wrong with the files at the last reload.")
    loaded_at: float = Field(description="When what holds now was loaded, in seconds since the epoch.")
    reloads: dict[str, int] = Field(description="How many reloads were taken, and how many refused.")


class WorkerFigures(BaseModel):
    """How one worker process does."""

    worker: int = Field(description="Its number.")
    pid: int = Field(description="Its process.")
    started_at: float = Field(description="When it began, in seconds since the epoch.")
    generation: int = Field(description="How often it has loaded its configuration.")
    problems: list[str] = Field(description="What was wrong with the files at its last reload.")
    requests_per_second: float = Field(description="Requests with data, averaged over the last minute.")


class StoreFigures(BaseModel):
    """How full the store is."""

    used_bytes: int = Field(description="Bytes of envelopes in it.")
    max_bytes: int = Field(description="Where it refuses more.")
    waiting: int = Field(description="Envelopes to be sent, once for each target.")
    dead: int = Field(description="Envelopes that an upstream refused.")
    kept: int = Field(description="Envelopes kept in inspect mode.")
    oldest: float | None = Field(description="When the oldest waiting one was received.")
    writable: bool = Field(description="Whether envelopes can be kept now.")


class CapFigures(BaseModel):
    """What caps have done."""

    issues: int = Field(description="Issues that are counted.")
    active: int = Field(description="Those of them that are over their cap now.")
    reached: int = Field(description="How often an issue has come to its cap.")
    suppressed: int = Field(description="Events that have not gone on for it.")


class TargetFigures(BaseModel):
    """How an upstream does."""

    target: str = Field(description="Its name.")
    down: bool = Field(description="Whether it seems to be down, so that it is only probed.")
    ready: int = Field(description="Envelopes that may be sent now.")
    delayed: int = Field(description="Envelopes that wait for their next try.")
    in_flight: int = Field(description="Envelopes being sent.")
    memory_bytes: int = Field(description="Bytes of envelopes in memory.")


class LedgerLine(BaseModel):
    """A sum of the ledger."""

    project_id: int = Field(description="As the apps know it.")
    category: str = Field(description="Sentry's data category.")
    target: str = Field(description="The upstream; empty for the relay itself.")
    fate: str = Field(description="received, passed, forwarded, waiting, or the reason of a drop.")
    quantity: int = Field(description="How many.")


class StatusAnswer(BaseModel):
    """How the relay does."""

    version: str = Field(description="Of scrubrelay.")
    configuration: ConfigurationFigures
    capture: CaptureAnswer
    store: StoreFigures
    caps: CapFigures
    workers: list[WorkerFigures] = Field(description="Those that answered.")
    silent: list[int] = Field(description="Workers that did not answer: they are starting, or hang.")
    targets: list[TargetFigures] = Field(description="Every upstream, summed over all workers.")
    ledger: list[LedgerLine]


async def status(call: Call) -> StatusAnswer:
    """Answer with everything that is counted."""
    return StatusAnswer.model_validate(await _figures(call.services))


async def metrics(call: Call) -> web.Response:
    """Answer with the same as Prometheus reads it."""
    text = exposition(await _figures(call.services), call.services.desk.labels)
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _figures(services: Services) -> dict[str, Any]:
    configuration = services.configuration
    workers = await services.peers.figures()
    answered = {one["worker"] for one in workers}
    return {
        "version": metadata.version("scrubrelay"),
        "configuration": {
            "generation": configuration.generation,
            "problems": list(configuration.problems),
            "loaded_at": configuration.loaded_at,
            "reloads": dict(configuration.reloads),
        },
        "capture": capture_of(services).model_dump(),
        "workers": workers,
        "silent": sorted(set(range(services.peers.slots)) - answered),
        "targets": merged(line for one in workers for line in one["targets"]),
        **await services.outbox.status(),
    }


def merged(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a line for each target: sums, and down where any worker thinks so."""
    found: dict[str, Counter[str]] = {}
    down: dict[str, bool] = {}
    for line in lines:
        name = line["target"]
        down[name] = down.get(name, False) or line["down"]
        numbers = {key: value for key, value in line.items() if key not in {"target", "down"}}
        found.setdefault(name, Counter()).update(numbers)
    return [{"target": name, "down": down[name], **numbers} for name, numbers in sorted(found.items())]
