"""The HTTP status that an error stands for, wherever SDKs and libraries put it, and conditions on it."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import regex

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.event import Event, Thrown

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
      # Starlette "404: Not Found", werkzeug and requests "404 Not Found: …", Spring "404 : …",
      # aiohttp "404, message=…", urllib "HTTP Error 404: …", httpx "Client error '404 …", Retrofit, JAX-RS
      # "HTTP 404 …", OpenAI "Error code: 404 - …", Google "<HttpError 404 when …", Feign "[404 …] during …"
      \A (?: HTTP\ (?:Error\ )? | (?:Client|Server)\ error\ ' | Error\ code:\ | <HttpError\  )?+
        (?P<code>[1-5]\d\d) (?=[:,\s']|\z)
    | \A \[ (?P<code>[1-5]\d\d) \ [^\]\n]*+ \]\ during

      # axios, Sentry's own clients "status code: 404", Dio "status code of 404", Faraday "with status 404",
      # AWS for Go "StatusCode: 404", jsoup "Status=404"; .NET "does not indicate success: 404", Alamofire
    | \b (?i:status(?:[\ _-]?code)?) (?:\ (?:of|was|is))?+ (?:[:=]\ ?|\ ) (?P<code>[1-5]\d\d) \b
    | (?: does\ not\ indicate\ success | code\ was\ unacceptable ) [:\s]*+ (?P<code>[1-5]\d\d) \b

      # .NET WebRequest, boto, Google for Go, graphql-request, Guzzle, reqwest, Ktor, got; Angular
    | (?: returned\ an\ error:\ \( | An\ error\ occurred\ \( | googleapi:\ Error\  | \(Code:[ ]
        | \)\ invalid:\ | resulted\ in\ a\ ` | HTTP\ status\ (?:client|server)\ error\ \( | Response\ code\  )
        (?P<code>[1-5]\d\d) (?=[:,\s)])
    | \A Http\ failure\ response\ for\ \S++\ (?P<code>[1-5]\d\d) \b
    """
)
"""What well-known libraries say, at its beginning or anywhere."""


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
    JavaScript's SDKs make of them, its text in the forms of well-known libraries; then `extra`, the object
    that was thrown in place of an error, the context of the response, the tags, the attributes of the trace.
    """
    return next((code for value in _places(event, thrown) if (code := _code(value)) is not None), None)


def _places(event: Event, thrown: Thrown) -> Iterator[Any]:
    own = event.context(thrown.type)  # JavaScript's ExtraErrorData calls a context by the error's name
    response = own.get("response")
    for holder in (thrown.data, own, response if isinstance(response, dict) else {}):
        yield from (holder.get(key) for key in _KEYS)
    if event.platform == "php":  # the code of an exception, which Guzzle and Symfony set to the status
        yield thrown.data.get("code")
    if found := _IN_TEXT.search(thrown.value[:1000]):
        yield found["code"]
    yield from (event.extra.get(key) for key in _KEYS)
    if isinstance(plain := event.extra.get("__serialized__"), dict):
        yield from (plain.get(key) for key in _KEYS)
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
