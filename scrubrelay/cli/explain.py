"""`scrubrelay explain`."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Final

import typer

from scrubrelay.cli import counted
from scrubrelay.cli.console import ConfigOption, JsonOption, complain, input_of, say, say_json
from scrubrelay.cli.cuts import Sight, as_json, report, sight
from scrubrelay.config.build import build
from scrubrelay.config.load import Loaded
from scrubrelay.config.load import read as read_configuration
from scrubrelay.config.origins import Origins, origins_of
from scrubrelay.core.errors import BadRequest
from scrubrelay.core.explain import Explained, Explanation
from scrubrelay.core.inspection import Circumstances
from scrubrelay.core.policy.client import Client
from scrubrelay.core.project import Project, Projects
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.envelope import Envelope
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
        str, typer.Option("--project", help="Name, id or key of a project; else the first of them.")
    ] = "",
    address: Annotated[str, typer.Option("--address", help="The address of its sender.")] = "",
    user_agent: Annotated[str, typer.Option("--user-agent", help="The browser that sent it.")] = "",
    daily: Annotated[
        int, typer.Option("--daily", help="How many transactions the project has in a day.")
    ] = 0,
    show: Annotated[bool, typer.Option("--show", help="Show the texts too, on a terminal only.")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Say of each item which filters were tried, what sampling and caps decide, what is cut, and why.

    Of each cut: the pattern, where that stands, the setting that chose the action, and the rule. Of what is
    left: the patterns that came near, and what said no. No text is printed without --show.
    Exit code 0: it was read. 1: it cannot be.
    """
    loaded = read_configuration(config, os.environ)
    chosen = _project(build(loaded.settings), project)
    data = input_of(file)
    circumstances = Circumstances(client=Client(address or None, user_agent), daily=daily)
    envelopes = read(data).envelopes
    explanations, issues = counted.explained(envelopes, chosen, circumstances, config)
    told = [
        _Told(explanation, _sights(chosen.redactor, one), issues)
        for explanation, one in zip(explanations, envelopes, strict=True)
    ]
    scrubber = _Scrubber(chosen.redactor, _origins(loaded, chosen), show and sys.stdout.isatty())
    if json:
        say_json([_json(one, scrubber) for one in told])
    else:
        say(*_lines(told, scrubber))
    if show and not scrubber.shown:
        complain("--show: the texts are shown on a terminal only")
    return 0


@dataclass(frozen=True, slots=True)
class _Told:
    """An envelope: what the policy says of it, what scrubbing makes of each item, how its issue stands."""

    explanation: Explanation
    sights: Sequence[Sight]
    issues: counted.Issues

    @property
    def items(self) -> Iterator[tuple[Explained, Sight | None]]:
        """Each item, with its scrubbing unless it ends before."""
        for one, seen in zip(self.explanation.items, self.sights, strict=True):
            yield one, (seen if one.dropped is None else None)


@dataclass(frozen=True, slots=True)
class _Scrubber:
    """What scrubs, where its rules stand, and whether texts are shown."""

    redactor: Redactor
    origins: Origins
    shown: bool


def _sights(redactor: Redactor, envelope: Envelope) -> Sequence[Sight]:
    return [sight(redactor, item) for item in envelope.items]


def _origins(loaded: Loaded, chosen: Project) -> Origins:
    settings = loaded.settings
    own = next((one for one in settings.project if one.key == chosen.key), None)
    return origins_of(settings, loaded.file, own)


def _project(projects: Projects, named: str) -> Project:
    """Return the project that is meant: of those that are listed, or the one that stands for all."""
    if not projects.listed and projects.passing is not None:
        return projects.passing.project(_ANY_KEY, 1)
    for one in projects.listed:
        if not named or named in {one.name, str(one.id), one.key}:
            return one
    known = ", ".join(one.name or str(one.id) for one in projects.listed)
    raise BadRequest(f"no such project, expected one of {known}")


def _json(told: _Told, scrubber: _Scrubber) -> dict[str, Any]:
    items = [
        {
            **asdict(replace(one, counted=None)),
            "counted": counted.as_json(one.counted, told.issues),
            **(as_json(seen, scrubber.origins, scrubber.redactor) if seen else {}),
        }
        for one, seen in told.items
    ]
    return {"items": items, "late": told.explanation.late}


def _lines(told: Sequence[_Told], scrubber: _Scrubber) -> Iterator[str]:
    for number, envelope in enumerate(told, start=1):
        for place, (one, seen) in enumerate(envelope.items, start=1):
            where = f"item {place} ({one.type})"
            yield f"line {number}, {where}" if len(told) > 1 else where
            yield from _item(one, envelope.issues)
            if seen:
                yield from report(seen, scrubber.origins, scrubber.redactor, shown=scrubber.shown)
        yield from (f"  out of time, taken not to match: {one}" for one in envelope.explanation.late)


def _item(one: Explained, issues: counted.Issues) -> Iterator[str]:
    for tried in one.filters:
        yield f"  filter    {'HIT ' if tried.hit else 'no  '} {tried.name}"
    if not one.filters:
        yield "  filter    none looks at it"
    yield f"  sampling  {_sampling(one)}"
    yield from counted.lines(one.counted, issues)
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
