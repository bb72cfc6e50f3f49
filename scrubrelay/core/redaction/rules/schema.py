"""What Sentry's selectors know of a payload: where users, frames and spans stand, and what it lives on.

The places were taken from the `sentry-relay` 0.10 engine by asking it, field by field, which selectors hit.
"""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Final

Path = tuple[str, ...]

BASIC: Final = ("string", "number", "boolean", "array", "object", "binary", "datetime")
"""Types that depend on the value, not on its place."""
ALIASES: Final[Mapping[str, str]] = {
    "bool": "boolean",
    "list": "array",
    "exception": "error",
    "stacktrace": "stack",
    "request": "http",
}

_EVENTS: Final = frozenset({"event", "transaction", "feedback", "security", "replay_event"})
_LISTS: Final = ("exception", "threads", "breadcrumbs")
# Names of the protocol before 2014 that servers still read.
_OLD_NAMES: Final[Mapping[str, Path]] = {
    "message": ("logentry",),
    "sentry.interfaces.Message": ("logentry",),
    "sentry.interfaces.Exception": ("exception",),
    "sentry.interfaces.Stacktrace": ("stacktrace",),
    "sentry.interfaces.Breadcrumbs": ("breadcrumbs",),
    "sentry.interfaces.Http": ("request",),
    "sentry.interfaces.User": ("user",),
}
_STACKS: Final[tuple[Path, ...]] = (
    ("stacktrace",),
    *(
        (parent, "values", "*", name)
        for parent, name in product(("exception", "threads"), ("stacktrace", "raw_stacktrace"))
    ),
)
_FRAMES: Final = tuple((*stack, "frames", "*") for stack in _STACKS)

_EVENT_TYPES: Final[Mapping[str, tuple[Path, ...]]] = {
    "event": ((),),
    "user": (("user",),),
    "http": (("request",),),
    "logentry": (("logentry",),),
    "message": (("logentry", "message"), ("logentry", "formatted")),
    "error": (("exception", "values", "*"),),
    "thread": (("threads", "values", "*"),),
    "breadcrumb": (("breadcrumbs", "values", "*"),),
    "span": (("spans", "*"),),
    "sdk": (("sdk",),),
    "stack": _STACKS,
    "frame": _FRAMES,
}
_ITEMS: Final[tuple[Path, ...]] = ((), ("items", "*"))
_KIND_TYPES: Final[Mapping[str, Mapping[str, tuple[Path, ...]]]] = {
    **dict.fromkeys(_EVENTS, _EVENT_TYPES),
    "replay_event": {**_EVENT_TYPES, "event": (), "replay": ((),)},
    "span": {"span": _ITEMS},
    "log": {"log": _ITEMS},
    "trace_metric": {"trace_metric": _ITEMS},
    "attachment": {"attachments": ((),), "binary": (("*",),)},
}
NOT_OPENED: Final = frozenset({"minidump", "heap_memory", "stack_memory"})
"""Types inside formats that nothing here looks into."""
TYPES: Final = tuple(
    dict.fromkeys(
        (*BASIC, *_EVENT_TYPES, "replay", "log", "trace_metric", "attachments", *sorted(NOT_OPENED))
    )
)
"""Every type, by the name that Sentry shows."""

_TRACED: Final = ("op", "origin", "parent_span_id", "segment_id", "span_id", "status", "trace_id")
_TIMES: Final = ("timestamp", "start_timestamp", "end_timestamp")


_CONTEXTS: Final = (
    "app browser culture device feedback flags gpu monitor"
    " os otel profile replay response runtime trace unity"
)
_UNTOUCHED: Final = "release environment transaction fingerprint dist logger modules platform"


def _all(parents: Iterable[Path], names: str | Iterable[str]) -> list[Path]:
    """Return every name below every parent, and the parents."""
    below = names.split() if isinstance(names, str) else list(names)
    return [*parents, *((*parent, name) for parent in parents for name in below)]


# A selector that only says `**` or `$string` leaves these alone, here as in Sentry: without them an event has
# no id, no time, no place in the code, and no group.
_STRUCTURE: Final[frozenset[Path]] = frozenset(
    [
        *_all(
            [()],
            "event_id level platform type received release dist environment logger transaction project key_id"
            " sdk user request logentry exception threads breadcrumbs stacktrace contexts spans debug_meta"
            " modules measurements transaction_info grouping_config fingerprint replay_id replay_type"
            " segment_id",
        ),
        *_all([()], _TIMES),
        *_all([("sdk",)], "name version features integrations packages settings"),
        *_all([("sdk", "packages", "*")], "name version"),
        *_all([("contexts",)], _CONTEXTS),
        *(("contexts", name, "type") for name in _CONTEXTS.split()),
        *_all([("contexts", "trace")], _TRACED),
        *_all([("contexts", "replay")], ["replay_id"]),
        *_all([("contexts", "profile")], ["profile_id", "profiler_id"]),
        *_all([("contexts", name) for name in ("os", "runtime", "browser")], "name version"),
        *_all([("exception", "values", "*")], "type module thread_id mechanism"),
        *_all([("exception", "values", "*", "mechanism")], "type source meta"),
        *_all([("threads", "values", "*")], "id"),
        *((name, "values") for name in _LISTS),
        *_all([("breadcrumbs", "values", "*")], ("category", "event_id", "level", "type", *_TIMES)),
        *_all(_STACKS, "frames lang registers"),
        *_all(
            _FRAMES,
            "function raw_function symbol module package filename abs_path lineno colno platform lang trust"
            " instruction_addr image_addr symbol_addr addr_mode lock data",
        ),
        *_all([("spans", "*")], (*_TRACED, *_TIMES, "sentry_tags")),
        *_all([("transaction_info",)], "source original"),
        *_all([("debug_meta", "images"), ("debug_meta", "images", "*"), ("debug_meta", "sdk_info")], ()),
        *_all(
            [("debug_meta", "images", "*")],
            "type arch code_id debug_id image_addr image_size image_vmaddr uuid",
        ),
        ("fingerprint", "*"),
        ("modules", "*"),
    ]
)
_STRUCTURE_OF_ITEMS: Final[frozenset[Path]] = frozenset(
    [
        ("items",),
        *_all(_ITEMS, (*_TRACED, *_TIMES, "level", "severity_number", "type", "kind", "unit", "attributes")),
    ]
)
# What no selector of Sentry's reaches, although one would expect it; for warnings only.
_NEVER_HIDDEN: Final[frozenset[Path]] = frozenset(
    [
        *((name,) for name in _UNTOUCHED.split()),
        *(("contexts", "feedback", name) for name in ("message", "contact_email", "name", "url")),
        ("logentry", "message"),
        ("threads", "values", "*", "name"),
        ("exception", "values", "*", "type"),
        ("breadcrumbs", "values", "*", "category"),
        *(
            (*frame, name)
            for frame in _FRAMES
            for name in ("function", "package", "context_line", "pre_context", "post_context")
        ),
    ]
)


def spellings(path: Path, kind: str) -> tuple[Path, ...]:
    """Return a path as it stands, and as the server stores it: `message` is `logentry.formatted` there."""
    if kind not in _EVENTS or not path:
        return (path,)
    root, *rest = (*_OLD_NAMES.get(path[0], path[:1]), *path[1:])
    if path[0] == "message" and len(path) == 1:
        rest = ["formatted"]
    elif root in _LISTS and rest and rest[0] != "values":
        # Some SDKs send the list itself, old ones a single exception.
        rest = ["values", *([] if rest[0] == "*" else ["*"]), *rest]
    canonical = (root, *rest)
    return (path,) if canonical == path else (path, canonical)


def types_at(path: Path, kind: str) -> frozenset[str]:
    """Return the types of what stands at a path, as far as its place tells."""
    table = _KIND_TYPES.get(kind, {})
    return frozenset(name for name, places in table.items() if any(_fits(one, path) for one in places))


def places_of(type_: str) -> tuple[tuple[str, Path], ...]:
    """Return the kinds of item and the paths at which values of a type stand."""
    return tuple((kind, place) for kind, table in _KIND_TYPES.items() for place in table.get(type_, ()))


def is_structure(path: Path, kind: str) -> bool:
    """Return whether Sentry lives on what stands here, so that only a selector that names it covers it."""
    if kind in _EVENTS:
        return path in _STRUCTURE or path[:1] == ("modules",)
    return kind in {"span", "log", "trace_metric"} and path in _STRUCTURE_OF_ITEMS


def is_never_hidden(path: Path) -> bool:
    """Return whether Sentry's own server never hides what stands here, whatever the selector."""
    return path in _NEVER_HIDDEN


def _fits(place: Path, path: Path) -> bool:
    return len(place) == len(path) and all(
        step in {"*", name} for step, name in zip(place, path, strict=True)
    )
