"""The half of `scrubrelay explain` that is about scrubbing: what was cut by what, and what came near."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from scrubrelay.cli.console import printable
from scrubrelay.config.origins import Origins
from scrubrelay.core.errors import Unscrubbable
from scrubrelay.core.redaction.engine.scanner import LATE
from scrubrelay.core.redaction.explain import NearMiss
from scrubrelay.core.redaction.redactor import Redaction, Redactor
from scrubrelay.core.wire.envelope import Item

_SHOWN: Final = 100
"""Characters of a string that are shown to who may see them."""


@dataclass(frozen=True, slots=True)
class Sight:
    """One item and what scrubbing makes of it.

    Args:
        item: As it came.
        dropped: Why it cannot be scrubbed; empty if it can.
        redactions: What was cut.
        near: What came near in the strings that were left.
    """

    item: Item
    dropped: str
    redactions: tuple[Redaction, ...]
    near: tuple[NearMiss, ...]


def sight(redactor: Redactor, item: Item) -> Sight:
    """Scrub an item and look at what was left."""
    try:
        scrubbed = redactor.item(item)
    except Unscrubbable as error:
        return Sight(item, f"{error.reason} {error.detail}", (), ())
    cut = {one.path for one in scrubbed.redactions}
    near = tuple(one for one in redactor.near(scrubbed.item) if one.path not in cut)
    return Sight(item, "", scrubbed.redactions, near)


def as_json(sight: Sight, origins: Origins, redactor: Redactor) -> dict[str, Any]:
    """Return it for programs; no text of the item is in it."""
    return {
        "unscrubbable": sight.dropped or None,
        "cuts": [_cause(one, origins, redactor) for one in sight.redactions],
        "near": [
            {**asdict(one), "path": _whole(one.path), "from": origins.pattern(one.pattern)}
            for one in sight.near
        ],
    }


def report(sight: Sight, origins: Origins, redactor: Redactor, *, shown: bool) -> Iterator[str]:
    """Yield lines for people.

    Args:
        sight: What was seen.
        origins: Where the patterns and rules stand.
        redactor: What scrubbed it.
        shown: Whether the strings may be seen too.
    """
    if sight.dropped:
        yield f"  => dropped: {sight.dropped}"
    for one in sight.redactions:
        cause = _cause(one, origins, redactor)
        times = f" ({one.count} times)" if one.count > 1 else ""
        yield f"  cut       {printable(one.path)}{times}"
        yield f"            {one.pattern}, {cause['from']}"
        rule = cause["rule_at"]
        by_rule = f"; rule {rule}" if rule and rule not in cause["action_from"] else ""
        yield f"            {one.action}: {cause['action_from']}{by_rule}"
        if shown:
            yield from _text(sight.item, one.path)
    yield from _nearby(sight, origins, shown=shown)


def _cause(one: Redaction, origins: Origins, redactor: Redactor) -> dict[str, Any]:
    """Return a redaction with where its pattern, its rule and its action stand."""
    late = one.pattern.startswith(LATE)
    categories = {pattern.id: pattern.categories for pattern in redactor.library.patterns}
    action = origins.action(one.pattern, one.rule, categories.get(one.pattern, ()))
    return {
        **asdict(one),
        "path": _whole(one.path),
        "pack": one.pattern.removeprefix(LATE).partition(".")[0],
        "from": origins.pattern(one.pattern.removeprefix(LATE)),
        "rule_at": origins.rule(one.rule),
        "action_from": "[redaction] on_timeout" if late else action,
    }


def _whole(path: str) -> str:
    """Return a path without half characters, which JSON cannot hold."""
    return path.encode(errors="replace").decode()


def _nearby(sight: Sight, origins: Origins, *, shown: bool) -> Iterator[str]:
    path = None
    for one in sight.near:
        if one.path != path:
            path = one.path
            yield f"  left      {printable(path)}"
            if shown:
                yield from _text(sight.item, path)
        yield f"            near: {one.pattern}, {origins.pattern(one.pattern)}: {one.why}"


def _text(item: Item, path: str) -> Iterator[str]:
    """Yield the string at a path as it came, if the path leads there: a renamed key has another name."""
    try:
        value: Any = orjson.loads(item.payload)
    except ValueError:
        return
    for step in path.split("."):
        value = _below(value, step)
    if isinstance(value, str):
        yield f"            {value[:_SHOWN]!r}"


def _below(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, Sequence) and not isinstance(value, str) and step.isdigit():
        return value[int(step)] if int(step) < len(value) else None
    return None
