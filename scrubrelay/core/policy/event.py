"""What policies ask of an item before it is scrubbed: a view that reads, and never fails."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

import orjson
import regex

from scrubrelay.core.policy.client import NOBODY, Client
from scrubrelay.core.wire.envelope import Item
from scrubrelay.core.wire.trace import NO_TRACE, Trace, trace_id

DEFAULT_ENVIRONMENT: Final = "production"
"""What Sentry's SDKs send when nobody has named one."""

CONTAINERS: Final = frozenset({"log", "span", "trace_metric"})
"""Item types that hold many entries, each with attributes of its own."""

# Of System.Net.Foo, Net::Foo, App\Foo. Looked for from the end: from each of its beginnings, a long name that
# is none would take its length squared, a minute for 80 KB.
_BEFORE_LAST_NAME: Final = regex.compile(r"(?:.*[^\w$<>])?+", regex.DOTALL)
_BARE: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Thrown:
    """One exception of a chain.

    Args:
        type: The name that the SDK gave.
        module: Where its class is, empty if unknown.
        value: Its text.
        data: What its mechanism knows besides.
        frames: Of its stack, the innermost last.
    """

    type: str
    module: str
    value: str
    data: Mapping[str, Any] = field(default_factory=dict)
    frames: tuple[Mapping[str, Any], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What its class goes by: as sent, without what stands in front, and with its module."""
        before = _BEFORE_LAST_NAME.match(self.type)
        short = self.type[before.end() :] if before else ""
        whole = f"{self.module}.{self.type}" if self.module else self.type
        return tuple(dict.fromkeys(name for name in (self.type, short, whole) if name))

    @property
    def line(self) -> str:
        """Its type and text as Sentry shows them."""
        return f"{self.type}: {self.value}" if self.type and self.value else self.type or self.value


class Event:
    """An item as policies see it; parsed at the first question about its payload, and once.

    Args:
        item: An item of any type.
        client: Who sent it.
        trace: The trace that its envelope names.
        read: Parses its payload; raises a `ValueError` for what is no JSON.
    """

    def __init__(
        self,
        item: Item,
        client: Client = NOBODY,
        trace: Trace = NO_TRACE,
        read: Callable[[bytes], Any] = orjson.loads,
    ) -> None:
        self.item = item
        self._read = read
        self.type = item.type
        self.client = client
        self.trace = trace
        self.late: list[str] = []
        """Expressions that ran out of time on it; once there is one, no other is tried."""

    @cached_property
    def document(self) -> dict[str, Any] | None:
        """Its payload; None if that is no JSON object: then no policy looks, and the scrubber decides."""
        try:
            document = self._read(self.item.payload)
        except ValueError:
            return None
        return document if isinstance(document, dict) else None

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """Its payload; empty if that is no JSON object."""
        return self.document or _BARE

    @cached_property
    def exceptions(self) -> tuple[Thrown, ...]:
        """Its chain of exceptions in Sentry's order: the cause first, the outermost last."""
        found = self.fields.get("exception", self.fields.get("sentry.interfaces.Exception"))
        values = found.get("values", [found]) if isinstance(found, dict) else found
        return tuple(_thrown(one) for one in _list(values) if isinstance(one, dict))

    @cached_property
    def messages(self) -> tuple[str, ...]:
        """Every text that says what happened, without those of exceptions."""
        return tuple(dict.fromkeys(filter(None, self._messages())))

    def _messages(self) -> Iterator[str]:
        for name in ("logentry", "sentry.interfaces.Message", "message"):
            entry = self.fields.get(name)
            if isinstance(entry, dict):
                yield from (_text(entry.get("formatted")), _text(entry.get("message")))
            else:
                yield _text(entry)

    @property
    def level(self) -> str:
        """How grave it is; `error` unless it says otherwise."""
        return _text(self.fields.get("level")) or "error"

    @property
    def logger(self) -> str:
        """Who logged it."""
        return _text(self.fields.get("logger"))

    @property
    def transaction(self) -> str:
        """The name of its transaction."""
        return _text(self.fields.get("transaction"))

    @property
    def release(self) -> str:
        """The version it comes from; of logs and spans, where all are of one."""
        return _text(self.fields.get("release")) or self._of_entries("release", self.trace.release)

    @property
    def environment(self) -> str:
        """Where it happened, as for `release`; `production` where it does not say, as in Sentry."""
        own = _text(self.fields.get("environment"))
        return own or self._of_entries("environment", self.trace.environment or DEFAULT_ENVIRONMENT)

    def _of_entries(self, name: str, otherwise: str) -> str:
        """Return what all entries of a container say; empty if they differ."""
        if self.type not in CONTAINERS:
            return DEFAULT_ENVIRONMENT if name == "environment" else ""
        entries = _list(self.fields.get("items"))
        said = {attributes_of(entry).get(f"sentry.{name}", otherwise) for entry in entries} or {otherwise}
        return said.pop() if len(said) == 1 else ""

    @property
    def platform(self) -> str:
        """What it was written in."""
        return _text(self.fields.get("platform"))

    @property
    def op(self) -> str:
        """The operation of its transaction."""
        return _text(_mapping(self.context("trace")).get("op"))

    @property
    def trace_id(self) -> str:
        """The trace it belongs to; empty if it does not say."""
        own = self.context("trace").get("trace_id") or self.fields.get("trace_id")
        return trace_id(own) or self.trace.id

    @property
    def seconds(self) -> float | None:
        """How long its transaction took; None if it does not say."""
        start, end = (_seconds(self.fields.get(key)) for key in ("start_timestamp", "timestamp"))
        return None if start is None or end is None else end - start

    def context(self, name: str) -> Mapping[str, Any]:
        """Return one of its contexts, empty if there is no such one."""
        return _mapping(_mapping(self.fields.get("contexts")).get(name))

    @cached_property
    def extra(self) -> Mapping[str, Any]:
        """What the app added."""
        return _mapping(self.fields.get("extra"))

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """Its tags, of whatever form they are in."""
        return tags_of(self.fields.get("tags"))

    @cached_property
    def request(self) -> Mapping[str, Any]:
        """The HTTP request during which it happened."""
        return _mapping(self.fields.get("request", self.fields.get("sentry.interfaces.Http")))

    def header(self, name: str) -> str:
        """Return a header of that request; `name` in lower case."""
        for own, value in _pairs(self.request.get("headers")):
            if own.lower() == name:
                return _text(value[0] if isinstance(value, list) and value else value)
        return ""

    @property
    def user_agent(self) -> str:
        """The visitor's browser: of the request it happened in, else of the browser that sent it."""
        return self.header("user-agent") or (self.client.user_agent if self.in_browser else "")

    @property
    def in_browser(self) -> bool:
        """Whether a browser sent it; SDKs of servers have names of their own (`node`, ...)."""
        return self.platform == "javascript"


def tags_of(value: Any) -> dict[str, str]:
    """Return names and values of tags, of whatever form they are in; only what can be shown in a line."""
    return {name: shown for name, one in _pairs(value) if (shown := _shown(one))}


def attributes_of(entry: Any) -> dict[str, str]:
    """Return the attributes of an entry without their types: `{"a": {"value": 1, "type": "integer"}}`."""
    attributes = _mapping(_mapping(entry).get("attributes"))
    return tags_of(
        {name: one.get("value") if isinstance(one, dict) else one for name, one in attributes.items()}
    )


def _thrown(value: Mapping[str, Any]) -> Thrown:
    frames = _list(_mapping(value.get("stacktrace")).get("frames"))
    return Thrown(
        _text(value.get("type")),
        _text(value.get("module")),
        _text(value.get("value")),
        _mapping(_mapping(value.get("mechanism")).get("data")),
        tuple(frame for frame in frames if isinstance(frame, dict)),
    )


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield names and values of a table, or of the list of pairs that old SDKs make of it."""
    if isinstance(value, dict):
        yield from value.items()
        return
    for pair in _list(value):
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str):
            yield pair[0], pair[1]
        elif isinstance(pair, dict) and isinstance(pair.get("key"), str):
            yield pair["key"], pair.get("value")


def _seconds(value: Any) -> float | None:
    """Return a timestamp, a number or RFC 3339, in seconds since the epoch."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        moment = datetime.fromisoformat(_text(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _BARE


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""
