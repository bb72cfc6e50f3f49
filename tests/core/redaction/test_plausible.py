"""Validators of the secrets' packs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.redaction.validators.plausible import VALIDATORS

RANDOM = "q8Zr3LmX0vKd7TnB2wYc5JhP"


@pytest.mark.parametrize("name", sorted(VALIDATORS))
@given(cut=st.text())
def test_no_text_makes_a_validator_fail(name: str, cut: str) -> None:
    assert VALIDATORS[name](cut) in (True, False)


@pytest.mark.parametrize("name", sorted(VALIDATORS))
@pytest.mark.parametrize("hostile", ["a" * 20_000, "a.b_c-" * 3000, "aA1" * 6000, " " * 20_000, "{{" * 9000])
def test_long_values_are_judged_at_once(name: str, hostile: str) -> None:
    assert VALIDATORS[name](hostile) in (True, False)


@pytest.mark.parametrize(
    "name", ["quoted_secret", "bare_secret", "random_value", "vendor_value", "query_value"]
)
@pytest.mark.parametrize("label", ["[password]", "[secret]", "[private-key]", "[github-token]", "[jwt]"])
def test_what_we_put_there_is_no_secret(name: str, label: str) -> None:
    assert not VALIDATORS[name](label)


ACCEPTED = [
    ("quoted_secret", "letmein"),
    ("quoted_secret", "value with quotes and spaces"),
    ("bare_secret", "hunter2"),
    ("bare_secret", "m{{h}o)p${e]nob(ody[finds>-_$#thisone}}"),
    ("random_value", RANDOM),
    ("random_token", "743b294a-cd03-11ec-9d64-0242ac120002"),
    ("vendor_value", "12345678-ABCD-ABCD-ABCD-1234567890AB"),
    ("named_key", "f6fd04ab6b4f7992adc2"),
    ("authorization_value", "YnJvd3Nlcjo="),
    ("bearer_value", "fake-tok-RjHXuvKZohOBqY_gNvusnaHBEtUM_dCF"),
    ("session_value", "s%3Aq7Fz1kP0sVx9LwT3aQ.h2Jd8"),
    ("query_value", "letmein"),
    ("url_password", "password"),
    ("user_and_password", "elastic:P4ssw0rd1"),
    ("user_and_password", '"{acd3c08b}":"{ZqL5kVrX1n8tA2}"'),
    ("command_password", "letmein"),
]


@pytest.mark.parametrize(("name", "cut"), ACCEPTED)
def test_a_secret_is_accepted(name: str, cut: str) -> None:
    assert VALIDATORS[name](cut)


REFUSED = [
    ("quoted_secret", "must be at least 8 characters"),
    ("quoted_secret", "get_password()"),
    ("quoted_secret", "fo1_" + "x" * 40),
    ("bare_secret", "authentication"),
    ("bare_secret", "settings.DB_PASSWORD"),
    ("bare_secret", "can’t"),
    ("bare_secret", "1.2.3"),
    ("random_value", "application/json"),
    ("random_value", "2026-01-01T10:00:00Z"),
    ("random_token", "oauth2-authorization-code"),
    ("random_token", "jjwt-jackson-0.11.2"),
    ("vendor_value", "eu-central-1a-prod"),
    ("named_key", "12345678-1234-4123-8123-123456789012"),
    ("authorization_value", "required"),
    ("bearer_value", "authentication"),
    ("header_value", "application"),
    ("query_value", "%24%7BTOKEN%7D"),
    ("url_password", "${DB_PASSWORD}"),
    ("user_and_password", "1000:1000"),
    ("user_and_password", "user:pass"),
    ("command_password", "8080:80"),
]


@pytest.mark.parametrize(("name", "cut"), REFUSED)
def test_what_only_stands_there_is_refused(name: str, cut: str) -> None:
    assert not VALIDATORS[name](cut)


@pytest.mark.parametrize(
    "text",
    [
        " + getPassword() + ",
        ".$p[",
        ",rememberMeLabel:",
        "pages/login#edit",
        "/en/a/b",
        "#add-password",
        "arn:aws:iam::x",
        "Password:",
        "application:",
    ],
)
def test_what_stands_between_literals_and_names_of_pages_are_no_secrets(text: str) -> None:
    assert not VALIDATORS["quoted_secret"](text)
