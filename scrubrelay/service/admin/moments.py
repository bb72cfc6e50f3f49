"""Moments in queries: seconds since the epoch, ISO 8601, or how long ago."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import regex
from pydantic import BeforeValidator, Field, WithJsonSchema

from scrubrelay.config.values import expected, read_duration
from scrubrelay.core.errors import BadRequest

_PATTERN: Final = (
    r"^(?:[0-9]{1,12}(?:\.[0-9]{1,6})?"
    r"|[0-9]{1,8}(?:\.[0-9]{1,6})?(?:ms|s|m|h|d)"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:[Zz]|[+ -][0-9]{2}:?[0-9]{2})?)?)$"
)
"""A `+` of a query that was not escaped arrives as a blank."""
_LATEST: Final = 253_402_300_799.0
"""The end of the year 9999, the last that ISO 8601 has four digits for."""


def _read(value: Any) -> tuple[bool, float]:
    """Return whether it is a time ago, and the seconds."""
    text = str(value)
    ago = text[-1:] in "smhd"
    try:
        seconds_of = _worded(text, ago=ago) if regex.fullmatch(_PATTERN, text) and text.isascii() else -1.0
    except (ValueError, OverflowError):
        seconds_of = -1.0
    if not 0 <= seconds_of <= _LATEST:
        raise expected('"24h", "2026-01-31T12:00Z", or seconds since the epoch')
    return ago, seconds_of


def _worded(text: str, *, ago: bool) -> float:
    if ago:
        return read_duration(text)
    if "-" not in text:
        return float(text)
    date, zone = text[:10], text[11:]
    read = datetime.fromisoformat(f"{date}T{zone.upper().replace(' ', '+')}" if zone else date)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


Moment = Annotated[
    tuple[bool, float],
    BeforeValidator(_read),
    Field(description='"24h" ago, ISO 8601 (UTC if it does not say), or seconds since the epoch.'),
    WithJsonSchema({"type": "string", "pattern": _PATTERN, "examples": ["24h", "2026-01-31T12:00:00Z"]}),
]
"""A moment of a query; `seconds` makes one of it."""


def seconds(moment: tuple[bool, float], now: float) -> float:
    """Return a moment in seconds since the epoch."""
    ago, value = moment
    return max(0.0, now - value) if ago else value


def span(since: tuple[bool, float], until: tuple[bool, float] | None, now: float) -> tuple[float, float]:
    """Return from when to when, in seconds since the epoch; until now if it is not said.

    Raises:
        BadRequest: Nothing is between: an empty answer would pass for one that nothing was found.
    """
    first, last = seconds(since, now), now if until is None else seconds(until, now)
    if first >= last:
        raise BadRequest("since: expected a moment before `until`", f"{iso(first)} is not before {iso(last)}")
    return first, last


def iso(at: float) -> str:
    """Return a moment as ISO 8601, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
