"""The trace header of an envelope (Sentry's "dynamic sampling context"): what is true of a whole trace.

The head of the trace wrote it, and every service that takes part passes it on unchanged.
Source: https://develop.sentry.dev/sdk/telemetry/traces/dynamic-sampling-context/.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import regex

_ID: Final = regex.compile(r"[0-9a-fA-F]{8}(-?)(?:[0-9a-fA-F]{4}\1){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Trace:
    """What a trace header says; a value that it lacks, or that makes no sense, is None or empty.

    Args:
        id: 32 lower-case hex digits.
        rate: The share of traces that the SDK kept, above 0 and up to 1.
        rand: The number, from 0 up to 1, that the head of the trace drew.
        transaction: The name of the head's transaction.
        environment: The head's environment.
        release: The head's release.
    """

    id: str = ""
    rate: float | None = None
    rand: float | None = None
    transaction: str = ""
    environment: str = ""
    release: str = ""

    @classmethod
    def of(cls, headers: Mapping[str, Any]) -> "Trace":
        """Read it out of an envelope's headers; of anything else than a trace, nothing is known."""
        trace = headers.get("trace")
        if not isinstance(trace, dict):
            return NO_TRACE
        rate, rand = _number(trace.get("sample_rate")), _number(trace.get("sample_rand"))
        return cls(
            trace_id(trace.get("trace_id")),
            rate if rate is not None and 0 < rate <= 1 else None,
            rand if rand is not None and 0 <= rand < 1 else None,
            *(_text(trace.get(key)) for key in ("transaction", "environment", "release")),
        )


NO_TRACE: Final = Trace()
"""What an envelope without a trace header has."""


def trace_id(value: Any) -> str:
    """Return a trace id in its one spelling, empty if it is none."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        return ""
    return value.replace("-", "").lower()


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
