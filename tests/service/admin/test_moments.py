"""Moments are read in every spelling that means one, and in no other."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from scrubrelay.core.errors import BadRequest
from scrubrelay.service.admin.moments import Moment, iso, seconds, span

MOMENT = TypeAdapter(Moment)
NOW = 1_800_000_000.0
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("24h", NOW - 86400),
        ("1.5d", NOW - 1.5 * 86400),
        ("90s", NOW - 90),
        ("1769860800", NOON),
        ("2026-01-31", NOON - 12 * 3600),
        ("2026-01-31T12:00", NOON),
        ("2026-01-31T12:00Z", NOON),
        ("2026-01-31t12:00z", NOON),
        ("2026-01-31 12:00:00", NOON),
        ("2026-01-31T12:00:00.123456789Z", NOON + 0.123456),
        ("2026-01-31T14:00+02:00", NOON),
        ("2026-01-31T14:00 02:00", NOON),  # a `+` of a query that was not escaped
        ("2026-01-31T14:00+0200", NOON),
        ("2026-01-31T06:30-05:30", NOON),
    ],
)
def test_every_spelling_of_a_moment_is_read(text, at):
    assert seconds(MOMENT.validate_python(text), NOW) == pytest.approx(at, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "24H", "-1", "1e5", "nan", "2026-13-01", "2026-01-31T25:00", "2026-W05", "٢d"),
        *("2026-01-31T12:00+99:00", "2026-01-31T12:00 Europe/Berlin", "0001-01-01T00:00+14:00", "9" * 13),
    ],
)
def test_what_is_no_moment_is_refused_with_what_was_expected(text):
    with pytest.raises(ValidationError, match="24h"):
        MOMENT.validate_python(text)


def test_nothing_lies_between_a_moment_and_an_earlier_one():
    assert span((True, 3600.0), None, NOW) == (NOW - 3600, NOW)
    with pytest.raises(BadRequest, match="is not before"):
        span((True, 60.0), (True, 3600.0), NOW)
    with pytest.raises(BadRequest, match="is not before"):
        span((False, NOW + 1), None, NOW)


def test_moments_are_told_in_utc():
    assert iso(NOON) == "2026-01-31T12:00:00.000Z"
