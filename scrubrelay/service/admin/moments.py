"""Moments in queries: seconds since the epoch, ISO 8601, or how long ago."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from scrubrelay.config.values import read_duration

_LATEST: Final = 253_402_300_799.0
"""The end of the year 9999, the last that ISO 8601 has four digits for."""
_LONGEST: Final = 100 * 366 * 86400.0


def _read(value: Any) -> tuple[bool, float]:
    """Return whether it is a time ago, and the seconds."""
    text = str(value).strip()
    try:
        moment = float(text)
    except ValueError:
        moment = _worded(text)
        if moment < 0:
            return True, -moment
    if not 0 <= moment <= _LATEST:
        raise _expected()
    return False, moment


def _worded(text: str) -> float:
    """Return seconds since the epoch for ISO 8601; a duration is negative."""
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        pass
    try:
        ago = read_duration(text)
    except PydanticCustomError as error:
        raise _expected() from error
    if not 0 < ago <= _LONGEST:
        raise _expected()
    return -ago


def _expected() -> PydanticCustomError:
    return PydanticCustomError("expected", 'expected "24h", "2026-01-31T12:00Z", or seconds since the epoch')


Moment = Annotated[
    tuple[bool, float],
    BeforeValidator(_read),
    Field(description='"24h" ago, ISO 8601 (UTC if it does not say), or seconds since the epoch.'),
    WithJsonSchema({"type": "string", "examples": ["24h", "2026-01-31T12:00:00Z", "1769860800"]}),
]
"""A moment of a query; `seconds` makes one of it."""


def seconds(moment: tuple[bool, float], now: float) -> float:
    """Return a moment in seconds since the epoch."""
    ago, value = moment
    return max(0.0, now - value) if ago else value


def iso(at: float) -> str:
    """Return a moment as ISO 8601, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
