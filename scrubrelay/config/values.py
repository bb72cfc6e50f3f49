"""How the values of a setting are spelled: sizes, durations, addresses, URLs, DSNs."""

import os
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import regex
from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from scrubrelay.core.errors import ConfigError, ScrubrelayError
from scrubrelay.core.policy.globs import Glob
from scrubrelay.core.policy.grouping.stack_rules import StackRules
from scrubrelay.core.wire.auth import check_key
from scrubrelay.core.wire.dsn import Dsn

_SIZES = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}
_DURATIONS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE = regex.compile(r"(\d+(?:\.\d+)?)\s*(B|[KMG]B|[KMGT]iB)", regex.IGNORECASE)
_DURATION = regex.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_HOST = regex.compile(r"\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*")
WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - the name of "every interface", not a listener


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: a host (no brackets) and a port, 0 for any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return `host:port`, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def expected(what: str) -> PydanticCustomError:
    """Return the error for a value that may be shown back to whoever wrote it."""
    return PydanticCustomError("expected", "{what}", {"what": what})


def expected_secret(what: str) -> PydanticCustomError:
    """Return the error for a value that must not be repeated."""
    return PydanticCustomError("expected_secret", "{what}", {"what": what})


def read_size(value: Any) -> int:
    """Return bytes for `"64MiB"`, `"2GB"` or a bare number of bytes."""
    if isinstance(value, str) and (found := _SIZE.fullmatch(value.strip())):
        return int(float(found[1]) * _SIZES[found[2].upper()])
    number = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
    if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
        return number
    raise expected('a size such as "64MiB", or a number of bytes')


def show_size(value: int) -> str:
    """Return the shortest exact spelling of a number of bytes."""
    for unit, size in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value and value % size == 0:
            return f"{value // size}{unit}"
    return f"{value}B"


def read_duration(value: Any) -> float:
    """Return seconds for `"50ms"`, `"30s"`, `"24h"` or a bare number of seconds."""
    if isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())):
        return float(found[1]) * _DURATIONS[found[2]]
    if isinstance(value, str) and value.strip().isdecimal():
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    raise expected('a duration such as "50ms", "30s" or "24h", or a number of seconds')


def show_duration(value: float) -> str:
    """Return a duration in the largest unit, up to hours, that divides it."""
    for unit in ("h", "m", "s"):
        if value >= _DURATIONS[unit] and value % _DURATIONS[unit] == 0:
            return f"{value / _DURATIONS[unit]:g}{unit}"
    return f"{value * 1000:g}ms"


def read_address(value: Any) -> Address:
    """Return the address of `"127.0.0.1:3000"`, `"[::1]:3000"`, `":3000"` (every interface)."""
    host, colon, port = str(value).strip().rpartition(":")
    if not colon or not _HOST.fullmatch(host) or not port.isdecimal() or int(port) > 65535:
        raise expected('an address such as "127.0.0.1:3000"')
    return Address(host.strip("[]") or "0.0.0.0", int(port))  # noqa: S104 - ":3000" asks for it


def read_limit(value: Any) -> int | Literal["none"]:
    """Return most events of one issue, or `"none"`."""
    if value == "none":
        return "none"
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    raise expected('a number from 1 up, or "none"')


def check_globs(sources: tuple[str, ...]) -> tuple[str, ...]:
    """Return wildcards if all of them are some."""
    for source in sources:
        try:
            Glob.parse(source)
        except ConfigError as error:
            raise expected(error.problems[0].removeprefix("expected ")) from error
    return sources


def check_stack_rules(text: str) -> str:
    """Return rules for stack traces if every line is one."""
    try:
        StackRules.parse(text)
    except ConfigError as error:
        raise expected(f"rules for stack traces, as in Sentry's settings ({error.problems[0]})") from error
    return text


def read_workers(value: Any) -> int:
    """Return a number of processes; `"auto"` is one for each core this process may use."""
    if value == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    number = int(value) if isinstance(value, str) and value.strip().isdecimal() else value
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= 256:
        return number
    raise expected('a number of processes from 1 to 256, or "auto"')


def read_url(value: Any) -> str:
    """Return an http(s) URL without userinfo, query, fragment or trailing slash."""
    what = 'an http:// or https:// URL such as "https://sentry.example.com", without a user, key or query'
    try:
        parts = urlsplit(str(value).strip())
        wrong = parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0
    except ValueError as error:
        raise expected_secret(what) from error
    if wrong or "@" in parts.netloc or parts.query or parts.fragment:
        raise expected_secret(what)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def read_store_url(value: Any) -> str:
    """Return a `sqlite:///` URL."""
    text = str(value).strip()
    if not text.startswith("sqlite:///") or text == "sqlite:///":
        raise expected_secret('a URL such as "sqlite:///scrubrelay-data/scrubrelay.db"')
    return text


def read_dsn(value: Any) -> Dsn:
    """Return a DSN; what is wrong with it is told without a part of it."""
    what = 'a DSN such as "https://<32 characters>@sentry.example.com/42"'
    if isinstance(value, Dsn):
        return value
    try:
        return Dsn.parse(value) if isinstance(value, str) else _refuse(what)
    except ScrubrelayError as error:
        raise expected_secret(f"{what} ({error.detail})") from error


def read_key(value: Any) -> str:
    """Return a client key: the part of a DSN before the @."""
    try:
        return check_key(str(value))
    except ScrubrelayError as error:
        # Somebody may have pasted a whole DSN, with its secret.
        raise expected_secret("a client key of 32 ASCII letters and digits") from error


def _refuse(what: str) -> Dsn:
    raise expected_secret(what)


def mask(value: SecretStr) -> str:
    """Return what stands for a secret wherever settings are shown."""
    return "********" if value.get_secret_value() else ""


def _sendable(token: SecretStr) -> SecretStr:
    """Refuse a token that no request could bring: it has to go into a header."""
    text = token.get_secret_value()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise expected_secret("ASCII letters, digits and signs without a space")
    return token


_ANY_NUMBER = {"type": ["integer", "string"], "minimum": 0}
Size = Annotated[
    int,
    BeforeValidator(read_size),
    PlainSerializer(show_size),
    WithJsonSchema(
        {**_ANY_NUMBER, "pattern": r"^\s*\d+(\.\d+)?\s*([kKmMgG]?[bB]|[kKmMgGtT][iI][bB])\s*$|^\s*\d+\s*$"}
    ),
]
Duration = Annotated[
    float,
    BeforeValidator(read_duration),
    PlainSerializer(show_duration),
    WithJsonSchema(
        {
            "type": ["number", "string"],
            "minimum": 0,
            "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|h|d)\s*$|^\s*\d+\s*$",
        }
    ),
]
ListenAddress = Annotated[
    Address,
    BeforeValidator(lambda value: value if isinstance(value, Address) else read_address(value)),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^.*:\d{1,5}$"}),
]
CapLimit = Annotated[
    int | Literal["none"],
    BeforeValidator(read_limit),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"enum": ["none"]}]}),
]
Workers = Annotated[
    int,
    BeforeValidator(read_workers),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 256}, {"enum": ["auto"]}]}),
]
HttpUrl = Annotated[
    str, BeforeValidator(read_url), WithJsonSchema({"type": "string", "pattern": "^https?://[^@?#]+$"})
]
StoreUrl = Annotated[
    str, BeforeValidator(read_store_url), WithJsonSchema({"type": "string", "pattern": "^sqlite:///.+"})
]
DsnText = Annotated[
    Dsn,
    BeforeValidator(read_dsn),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": r"^https?://[^@/]+@[^/]+/(.+/)?\d+$"}),
]
Key = Annotated[str, BeforeValidator(read_key), WithJsonSchema({"type": "string", "pattern": "^[!-~]{32}$"})]
Secret = Annotated[SecretStr, PlainSerializer(mask)]
BearerToken = Annotated[SecretStr, Field(min_length=16), AfterValidator(_sendable), PlainSerializer(mask)]
Encoding = Literal["gzip", "zstd", "identity"]
ProjectId = Annotated[int, Field(ge=1)]
