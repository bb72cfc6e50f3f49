"""How what policies look for is spelled: wildcards, expressions, statuses, networks."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema

from scrubrelay.config.values import expected
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.filters import Network
from scrubrelay.core.policy.globs import Glob, message_matcher
from scrubrelay.core.policy.status import Status

_T = TypeVar("_T")


def _checked(parse: Callable[[str], object]) -> Callable[[str], str]:
    """Return a validator that takes what can be parsed, as it was written."""

    def check(value: str) -> str:
        try:
            parse(value)
        except ConfigError as error:
            raise expected(error.problems[0].removeprefix("expected ")) from error
        return value

    return check


def _network(value: Any) -> Network:
    try:
        return ip_network(value, strict=False)
    except ValueError as error:
        raise expected('an address or a network such as "203.0.113.7" or "10.0.0.0/8"') from error


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str | dict) else value


GlobText = Annotated[str, AfterValidator(_checked(Glob.parse))]
Globs = Annotated[
    tuple[GlobText, ...],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One wildcard, or a list of them."""
MessageText = Annotated[str, AfterValidator(_checked(message_matcher))]
StatusText = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, int) else value),
    AfterValidator(_checked(Status.parse)),
    WithJsonSchema({"type": ["string", "integer"]}),
]
NetworkText = Annotated[
    Network, BeforeValidator(_network), PlainSerializer(str), WithJsonSchema({"type": "string"})
]
Several = Annotated[tuple[_T, ...], BeforeValidator(_listed)]
"""One table, or a list of them."""
