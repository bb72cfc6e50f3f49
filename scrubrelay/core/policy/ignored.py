"""Errors that are expected, by the type of their exception and what else must hold."""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import regex

from scrubrelay.core.errors import ConfigError, Reason
from scrubrelay.core.policy.event import Event, Thrown
from scrubrelay.core.policy.filters import ERRORS, Filter
from scrubrelay.core.policy.globs import Expression, Glob, Globs, in_any

_COMPARED: Final = regex.compile(r"\s*(<=|>=|!=|<|>|==?)?\s*([1-5]\d\d)\s*")
_RANGE: Final = regex.compile(r"\s*([1-5]\d\d)\s*-\s*([1-5]\d\d)\s*")
_HUNDRED: Final = regex.compile(r"\s*([1-5])xx\s*", regex.IGNORECASE)
_OPERATORS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "!=": operator.ne,
    "=": operator.eq,
    "==": operator.eq,
}
_KEYS: Final = ("status_code", "statusCode", "http_status", "status", "http.response.status_code")
"""What attributes of errors are called: Starlette, aiohttp and werkzeug; Node's http-errors; boto; axios."""
_TAGS: Final = ("http.status_code", "http.response.status_code", "status_code")
_IN_TEXT: Final = regex.compile(
    r"""(?x)
      \A (?: HTTP\ Error\ | (?:Client|Server)\ error\ ')?+ (?P<code>[1-5]\d\d) (?=[:,\s']|\z)
        # Starlette "404: Not Found", werkzeug "404 Not Found: …", requests "404 Client Error: …",
        # aiohttp "404, message='Not Found'", urllib "HTTP Error 404: …", httpx "Client error '404 …"
    | \b (?i:status\ code)[:\s]*+ (?P<code>[1-5]\d\d) \b
        # axios "Request failed with status code 404", .NET "… status code does not indicate success: 404"
    | (?i:does\ not\ indicate\ success)[:\s]*+ (?P<code>[1-5]\d\d) \b
    """
)


@dataclass(frozen=True, slots=True)
class Status:
    """A condition on a status code: `"< 500"`, `"404"`, `"4xx"`, `"400-499"`; of several, all hold."""

    source: str
    parts: tuple[Callable[[int], bool], ...]

    @classmethod
    def parse(cls, source: str) -> "Status":
        """Read it.

        Raises:
            ConfigError: It is none.
        """
        return cls(source, tuple(_condition(part) for part in source.split(",")))

    def holds(self, code: int) -> bool:
        """Tell whether it holds for a code."""
        return all(part(code) for part in self.parts)


def _condition(text: str) -> Callable[[int], bool]:
    if found := _COMPARED.fullmatch(text):
        compare, limit = _OPERATORS[found[1] or "="], int(found[2])
        return lambda code: compare(code, limit)
    if found := _RANGE.fullmatch(text):
        low, high = int(found[1]), int(found[2])
        return lambda code: low <= code <= high
    if found := _HUNDRED.fullmatch(text):
        hundred = int(found[1])
        return lambda code: code // 100 == hundred
    raise ConfigError(['expected a status code or a condition such as "< 500", "404", "4xx", "400-499"'])


def status_of(event: Event, thrown: Thrown) -> int | None:
    """Return the HTTP status that an exception stands for; None if nothing tells.

    The nearest to the exception counts: what its mechanism knows, its attributes in the context that
    JavaScript's SDKs make of them, its text in the forms of well-known libraries; then `extra`, the context
    of the response, the tags, and the attributes of the trace.
    """
    return next((code for value in _places(event, thrown) if (code := _code(value)) is not None), None)


def _places(event: Event, thrown: Thrown) -> Iterator[Any]:
    own = event.context(thrown.type)  # JavaScript's ExtraErrorData calls a context by the error's name
    response = own.get("response")
    for holder in (thrown.data, own, response if isinstance(response, dict) else {}):
        yield from (holder.get(key) for key in _KEYS)
    if found := _IN_TEXT.search(thrown.value[:1000]):
        yield found["code"]
    yield from (event.extra.get(key) for key in _KEYS)
    yield event.context("response").get("status_code")
    yield from (event.tags.get(tag) for tag in _TAGS)
    data = event.context("trace").get("data")
    if isinstance(data, dict):
        yield from (data.get(key) for key in ("http.response.status_code", "http.status_code"))


def _code(value: Any) -> int | None:
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isdecimal():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 599:
        return value
    return None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A kind of error that is expected: all that is said here must hold.

    Args:
        types: The type of an exception of its chain; big and small letters differ, as in code.
        message: That exception's text, with or without its type; for an event without one, its message.
        status: The status code that the exception stands for.
        fields: `level`, `logger`, `transaction`, `environment`, `release` -> what the event's is like.
        tags: A tag's name -> what its value is like.
        match: Whether any exception of the chain counts, or only the outermost.
        shown: What the filter is called in messages.
    """

    types: Globs | None = None
    message: Glob | Expression | None = None
    status: Status | None = None
    fields: Mapping[str, Globs] = field(default_factory=dict)
    tags: Mapping[str, Globs] = field(default_factory=dict)
    match: Literal["any", "outermost"] = "any"
    shown: str = ""

    def hits(self, event: Event) -> bool:
        """Tell whether an event is one of them."""
        return self._of_event(event) and self._of_exceptions(event)

    def _of_event(self, event: Event) -> bool:
        if not all(globs.matches(getattr(event, name)) for name, globs in self.fields.items()):
            return False
        return all(globs.matches(event.tags.get(name, "")) for name, globs in self.tags.items())

    def _of_exceptions(self, event: Event) -> bool:
        chain = event.exceptions if self.match == "any" else event.exceptions[-1:]
        if not chain and self.types is None and self.status is None:
            return self.message is None or in_any(self.message, event.messages, event)
        return any(self._of_one(event, one) for one in chain)

    def _of_one(self, event: Event, thrown: Thrown) -> bool:
        if self.types is not None and not any(self.types.matches(name) for name in thrown.names):
            return False
        if self.status is not None:
            code = status_of(event, thrown)
            if code is None or not self.status.holds(code):
                return False
        return self.message is None or in_any(self.message, (thrown.line, thrown.value), event)


def ignore_errors(kinds: Iterable[Ignored]) -> Iterator[Filter]:
    """Yield the filters of expected errors."""
    for one in kinds:
        yield Filter(f"ignore_errors {one.shown}", Reason.IGNORED_ERROR, ERRORS, one.hits)
