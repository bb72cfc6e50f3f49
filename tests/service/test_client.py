"""Whose address counts."""

import pytest
from aiohttp.test_utils import make_mocked_request

from scrubrelay.service.listener.client import client_of


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"X-Forwarded-For": "203.0.113.7, 10.0.0.1"}, "203.0.113.7"),
        ({"X-Forwarded-For": "203.0.113.7", "CF-Connecting-IP": "2001:db8::1"}, "2001:db8::1"),
        ({"X-Sentry-Forwarded-For": "203.0.113.8", "X-Forwarded-For": "10.0.0.1"}, "203.0.113.8"),
        ({"X-Forwarded-For": "203.0.113.7:52114"}, "203.0.113.7"),
        ({"X-Forwarded-For": "[2001:db8::1]:52114, 10.0.0.1"}, "2001:db8::1"),
        ({"X-Forwarded-For": "[2001:db8::1]"}, "2001:db8::1"),
        ({"X-Forwarded-For": "1.2.3:80"}, None),
        ({"X-Forwarded-For": "nobody"}, None),
        ({}, None),
    ],
)
def test_the_first_address_that_is_one_counts(headers, address):
    assert client_of(make_mocked_request("POST", "/", headers=headers)).address == address


def test_who_it_says_it_is():
    request = make_mocked_request(
        "POST", "/", headers={"User-Agent": "curl/8", "Origin": "https://a.example"}
    )
    assert (client_of(request).user_agent, client_of(request).origin) == ("curl/8", "https://a.example")
