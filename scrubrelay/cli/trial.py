"""`scrubrelay patterns try`."""

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any, Final

import orjson
import typer

from scrubrelay.cli.console import ConfigOption, JsonOption, input_of, say, say_json, there
from scrubrelay.config.build import cache_of, library_of
from scrubrelay.config.load import load
from scrubrelay.config.packs import matching_files
from scrubrelay.config.settings import Settings
from scrubrelay.core.errors import BadRequest, ScrubrelayError
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.engine.scanner import LATE
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redaction, Redactor
from scrubrelay.core.wire.envelope import Item, decode
from scrubrelay.core.wire.inputs import Format, detect, position_of_error
from scrubrelay.core.wire.items import Shape, kind_of

EXAMPLE: Final = "Example: scrubrelay patterns try rules/shop.toml --on events.jsonl --diff"
_ROUNDS: Final = 3
_PATHS: Final = 5
_AROUND: Final = 30
_PATIENT: Final = Policy(budget=1.0)

Cuts = Mapping[str, frozenset[str]]
"""Path -> the patterns that cut there."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One event, and what a library makes of it."""

    before: Any
    after: Any
    redactions: tuple[Redaction, ...]

    @property
    def cuts(self) -> Cuts:
        """Return what is cut where."""
        found: dict[str, set[str]] = defaultdict(set)
        for one in self.redactions:
            found[one.path].add(one.pattern)
        return {path: frozenset(patterns) for path, patterns in found.items()}


def command(  # noqa: PLR0913 - typer: every option is a parameter
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The pattern file to try.")],
    on: Annotated[str, typer.Option("--on", help="Events: JSON, JSON lines or an envelope; - is stdin.")],
    *,
    diff: Annotated[bool, typer.Option("--diff", help="What the rules in force do not cut yet.")] = False,
    benchmark: Annotated[bool, typer.Option("--benchmark", help="What it costs per event.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Show what a pattern file would cut of some events, without sending or changing anything.

    Per pattern: how many strings, and at which paths. The text around a cut is shown on a terminal only,
    never in a pipe, a file or --json.
    """
    settings = load(config, os.environ)
    there(file)
    events = list(_events(on))
    alone = Redactor(_library(settings, packs=(), pattern_files=(str(file),)), _PATIENT)
    sights = [_sight(alone, event) for event in events]
    result: dict[str, Any] = {"events": len(events), "patterns": _counted(sights)}
    if diff or benchmark:
        kept = tuple(map(str, _without(settings, file)))
        old, new = _library(settings), _library(settings, pattern_files=(*kept, str(file)))
        if diff:
            result["diff"] = _difference(events, old, new)
        if benchmark:
            result["benchmark"] = {"without_us": _cost(events, old), "with_us": _cost(events, new)}
    if as_json:
        say_json(result)
    else:
        say(*_report(result, sights))
    return 0


def _library(settings: Settings, **changes: Any) -> Library:
    """Return what looks at every path; rules for single paths are left out."""
    redaction = settings.redaction.model_copy(update={"rule": (), **changes})
    return library_of(redaction, cache_of(settings))


def _without(settings: Settings, file: Path) -> Iterator[Path]:
    """Yield the configured pattern files, but for an older version of the one that is tried."""
    return (one for one in matching_files(settings.redaction.pattern_files) if one.stem != file.stem)


def _events(source: str) -> Iterator[Any]:
    """Yield the documents of the input; those of an envelope are the payloads of its JSON items.

    Raises:
        BadRequest: It cannot be read; nothing of it is repeated.
    """
    data = input_of(source)
    first, _, rest = data.partition(b"\n")
    kind = detect(first, rest.partition(b"\n")[0])
    if kind is Format.ENVELOPE:
        try:
            items = decode(data).items
        except ScrubrelayError as error:
            raise BadRequest(f"{source}: not an envelope: {error}") from error
        yield from (_parsed(one.payload, f"{source}: item") for one in items if _is_json(one))
    elif kind is Format.LINES:
        lines = enumerate(data.splitlines(), start=1)
        yield from (_parsed(line, source, number) for number, line in lines if line.strip())
    else:
        yield _parsed(data, source)


def _is_json(item: Item) -> bool:
    return kind_of(item).shape in (Shape.JSON, Shape.CONTAINER)


def _parsed(data: bytes, where: str, line: int = 1) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{where}: {position_of_error(data, line)}") from error


def _sight(redactor: Redactor, event: Any) -> Sight:
    data, redactions = redactor.json_document(orjson.dumps(event))
    return Sight(event, orjson.loads(data), redactions)


def _counted(sights: Iterable[Sight]) -> dict[str, Any]:
    """Return, by pattern: in how many strings it cuts how often, and at which paths."""
    found: dict[str, dict[str, Any]] = {}
    for one in (redaction for sight in sights for redaction in sight.redactions):
        entry = found.setdefault(one.pattern, {"strings": 0, "cuts": 0, "paths": Counter()})
        entry["strings"] += 1
        entry["cuts"] += one.count
        entry["paths"][_place(one.path)] += 1
    return {
        name: {**entry, "paths": dict(entry["paths"].most_common())} for name, entry in sorted(found.items())
    }


def _place(path: str) -> str:
    return ".".join("*" if step.isdigit() else step for step in path.split("."))


def _difference(events: Iterable[Any], old: Library, new: Library) -> dict[str, dict[str, int]]:
    """Return what happens at how many strings: cut only now, cut by something else, or no longer."""
    kinds: dict[str, Counter[str]] = {
        "newly_cut": Counter(),
        "changed": Counter(),
        "no_longer_cut": Counter(),
    }
    less, more = Redactor(old, _PATIENT), Redactor(new, _PATIENT)
    for event in events:
        before, after = _sight(less, event).cuts, _sight(more, event).cuts
        for path in before.keys() | after.keys():
            was, becomes = before.get(path, frozenset()), after.get(path, frozenset())
            if was != becomes:
                kind = "newly_cut" if not was else "changed" if becomes else "no_longer_cut"
                kinds[kind][f"{_place(path)}: {_named(was)} -> {_named(becomes)}"] += 1
    return {kind: dict(counts.most_common()) for kind, counts in kinds.items()}


def _named(patterns: frozenset[str]) -> str:
    return " + ".join(sorted(patterns)) or "nothing"


def _cost(events: Sequence[Any], library: Library) -> float:
    """Return microseconds per event, the best of some rounds, each with nothing remembered of the last."""
    documents = [orjson.dumps(event) for event in events]
    rounds = []
    for _ in range(_ROUNDS):
        redactor = Redactor(library, _PATIENT)
        began = perf_counter()
        for document in documents:
            redactor.json_document(document)
        rounds.append(perf_counter() - began)
    return round(min(rounds) * 1e6 / max(1, len(documents)), 1)


def _report(result: Mapping[str, Any], sights: Sequence[Sight]) -> Iterator[str]:
    for name, entry in result["patterns"].items():
        yield f"{name}: {entry['cuts']} cuts in {entry['strings']} strings"
        yield from (f"  {count:>6}  {path}" for path, count in list(entry["paths"].items())[:_PATHS])
        if sys.stdout.isatty():
            yield from _shown(name, sights)
    yield f"{result['events']} events, {len(result['patterns'])} patterns found something"
    if result["patterns"] and not sys.stdout.isatty():
        yield "(the text around the cuts is shown on a terminal only)"
    if any(name.startswith(LATE) for name in result["patterns"]):
        yield f"({LATE}…: the pattern took longer than {_PATIENT.budget:g} s; such strings are hidden whole)"
    for kind, counts in result.get("diff", {}).items():
        yield f"{kind.replace('_', ' ')}: {sum(counts.values())} strings"
        yield from (f"  {count:>6}  {what}" for what, count in counts.items())
    if costs := result.get("benchmark"):
        yield f"cost per event: {costs['without_us']} µs without the file, {costs['with_us']} µs with it"


def _shown(name: str, sights: Iterable[Sight]) -> Iterator[str]:
    """Yield the first finds of a pattern with what stands around them, for the eyes of who has the file."""
    finds = ((sight, one.path) for sight in sights for one in sight.redactions if one.pattern == name)
    for (sight, path), _ in zip(finds, range(_PATHS), strict=False):
        before, after = _at(sight.before, path), _at(sight.after, path)
        if isinstance(before, str) and isinstance(after, str):
            yield f"    {_around(before, after)!r}"


def _around(before: str, after: str) -> str:
    """Return what was cut, in brackets of its own, with its neighbourhood."""
    head = _alike(before, after)
    tail = min(_alike(before[::-1], after[::-1]), len(before) - head, len(after) - head)
    cut = before[head : len(before) - tail]
    end = before[len(before) - tail :]
    return f"{before[max(0, head - _AROUND) : head]}⟦{cut}⟧{end[:_AROUND]}"


def _alike(one: str, other: str) -> int:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in pairs)


def _at(value: Any, path: str) -> Any:
    """Return what stands at a dotted path; None if a key has a dot in it."""
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
