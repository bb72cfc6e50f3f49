"""What clients are told."""

import orjson
import pytest

from scrubrelay.core.errors import BadRequest, RateLimited, StoreUnavailable, Unauthorized
from scrubrelay.service.listener.answers import pixel, preflight, refusal


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            BadRequest("invalid event envelope", "missing envelope header"),
            400,
            {"detail": "invalid event envelope", "causes": ["missing envelope header"]},
        ),
        (
            Unauthorized("missing authorization information"),
            401,
            {"detail": "missing authorization information"},
        ),
    ],
)
def test_an_error_is_detail_and_causes(error, status, body):
    answer = refusal(error)
    assert (answer.status, orjson.loads(answer.body), answer.content_type) == (
        status,
        body,
        "application/json",
    )


def test_a_rate_limit_says_how_long_and_what():
    headers = refusal(RateLimited("later", 60, "60:error:key")).headers
    assert (headers["Retry-After"], headers["X-Sentry-Rate-Limits"]) == ("60", "60:error:key")


def test_a_full_store_limits_no_category():
    assert "X-Sentry-Rate-Limits" not in refusal(RateLimited("full", 10)).headers


def test_an_unavailable_store_says_how_long():
    assert refusal(StoreUnavailable("failed to queue envelope")).headers["Retry-After"] == "10"


def test_a_preflight_allows_what_sdks_send():
    headers = preflight().headers
    assert headers["Access-Control-Allow-Methods"] == "POST"
    assert {"x-sentry-auth", "content-type", "content-encoding"} <= set(
        headers["Access-Control-Allow-Headers"].split(", ")
    )


def test_the_pixel_is_a_gif():
    assert pixel().body.startswith(b"GIF89a")
    assert pixel().body.endswith(b";")
