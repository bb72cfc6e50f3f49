from base64 import b64encode

import pytest

from scrubrelay.core.errors import BadRequest, ScrubrelayError, Unauthorized
from scrubrelay.core.wire.auth import Auth, check_key, read_auth

KEY = "a" * 32
BASIC = "Basic " + b64encode(f"{KEY}:".encode()).decode()


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ({}, {}, None),
        ({"X-Sentry-Auth": f"Sentry sentry_key={KEY}"}, {}, Auth(KEY)),
        (
            {"x-sentry-auth": f"sentry sentry_version=7, sentry_client=raven/1, sentry_key={KEY}"},
            {},
            Auth(KEY, 7, "raven/1"),
        ),
        ({"Authorization": f"SENTRY sentry_key={KEY},sentry_secret=x"}, {}, Auth(KEY)),
        ({"Authorization": BASIC}, {}, Auth(KEY)),
        ({"Authorization": "Bearer abc"}, {}, None),
        ({"Authorization": "", "X-Sentry-Auth": ""}, {}, None),
        ({}, {"sentry_key": KEY, "sentry_version": "7"}, Auth(KEY, 7)),
        ({}, {"sentry_key": KEY + ".no-cache"}, Auth(KEY)),
        ({"Authorization": "Bearer abc"}, {"sentry_key": KEY}, Auth(KEY)),
    ],
)
def test_each_carrier_is_read(headers, query, expected):
    assert read_auth(headers, query) == expected


@pytest.mark.parametrize(
    ("headers", "query", "kind"),
    [
        ({"X-Sentry-Auth": f"Sentry sentry_key={KEY}"}, {"sentry_key": KEY}, Unauthorized),
        ({"X-Sentry-Auth": f"Sentry sentry_key={KEY}", "Authorization": BASIC}, {}, Unauthorized),
        ({"X-Sentry-Auth": "Bearer x"}, {}, Unauthorized),
        ({"X-Sentry-Auth": "Sentry nothing"}, {}, Unauthorized),
        ({"Authorization": "Basic !!!"}, {}, Unauthorized),
        ({}, {"sentry_key": "short"}, BadRequest),
        ({}, {"sentry_key": ""}, BadRequest),
        ({}, {"sentry_key": KEY, "sentry_version": "8"}, BadRequest),
        ({}, {"sentry_key": KEY, "sentry_version": "seven"}, BadRequest),
    ],
)
def test_what_cannot_be_read_is_refused(headers, query, kind):
    with pytest.raises(kind):
        read_auth(headers, query)


@pytest.mark.parametrize("text", ["", "x" * 31, "ü" * 32, "a b" + "c" * 29, "\r\n" + "a" * 30])
def test_a_key_is_32_letters_and_digits_and_never_repeated_in_the_message(text):
    with pytest.raises(ScrubrelayError) as caught:
        check_key(text)
    assert not text or text not in str(caught.value)
