"""`scrubrelay explain`."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from scrubrelay.cli.console import ConfigOption, JsonOption, say, say_json
from scrubrelay.config.build import build
from scrubrelay.config.load import load
from scrubrelay.core.errors import BadRequest
from scrubrelay.core.explain import Explained, Explanation, explain
from scrubrelay.core.pipeline import Circumstances
from scrubrelay.core.policy.client import Client
from scrubrelay.core.project import Project, Projects
from scrubrelay.service.audit.asked import read

EXAMPLE: Final = "Example: scrubrelay explain event.json; scrubrelay explain --project shop envelope.txt"
_ANY_KEY: Final = "0" * 32


def command(  # noqa: PLR0913 - each is an option
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="An event, JSON lines or an envelope; - is standard input."),
    ],
    *,
    project: Annotated[
        str, typer.Option("--project", help="Name, id or key of a [[project]]; else the first of them.")
    ] = "",
    address: Annotated[str, typer.Option("--address", help="The address of its sender.")] = "",
    user_agent: Annotated[str, typer.Option("--user-agent", help="The browser that sent it.")] = "",
    daily: Annotated[
        int, typer.Option("--daily", help="How many transactions the project has in a day.")
    ] = 0,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Say of each item which filters were tried, which one hit, and what sampling would decide.

    Nothing of the event's text is printed. Exit code 0: it was read. 1: it cannot be.
    """
    chosen = _project(build(load(config, os.environ)), project)
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    circumstances = Circumstances(client=Client(address or None, user_agent), daily=daily)
    told = [explain(one, chosen, circumstances) for one in read(data).envelopes]
    if json:
        say_json([_json(one) for one in told])
    else:
        say(*_lines(told))
    return 0


def _project(projects: Projects, named: str) -> Project:
    """Return the project that is meant: of those that are listed, or the one that stands for all."""
    if not projects.listed and projects.passing is not None:
        return projects.passing.project(_ANY_KEY, 1)
    for one in projects.listed:
        if not named or named in {one.name, str(one.id), one.key}:
            return one
    known = ", ".join(one.name or str(one.id) for one in projects.listed)
    raise BadRequest(f"no such project, expected one of {known}")


def _json(explanation: Explanation) -> dict[str, Any]:
    return {"items": [asdict(one) for one in explanation.items], "late": explanation.late}


def _lines(told: Sequence[Explanation]) -> Iterator[str]:
    for number, explanation in enumerate(told, start=1):
        for place, one in enumerate(explanation.items, start=1):
            where = f"item {place} ({one.type})"
            yield f"line {number}, {where}" if len(told) > 1 else where
            yield from _item(one)
        yield from (f"  out of time, taken not to match: {one}" for one in explanation.late)


def _item(one: Explained) -> Iterator[str]:
    for tried in one.filters:
        yield f"  filter    {'HIT ' if tried.hit else 'no  '} {tried.name}"
    if not one.filters:
        yield "  filter    none looks at it"
    yield f"  sampling  {_sampling(one)}"
    ends = one.dropped
    yield (
        "  => goes on to the scrubber"
        if ends is None
        else f"  => dropped: {ends.reason} {ends.detail}".rstrip()
    )


def _sampling(one: Explained) -> str:
    drawn = one.sampling
    if drawn is None or not drawn.name:
        return "nothing is said about it"
    fate = "kept" if drawn.kept else "not drawn"
    more = "; the first of its name in an hour go on all the same" if one.first else ""
    return f"share {drawn.share:g} by {drawn.name}: {fate}, by {drawn.by}{more}"
