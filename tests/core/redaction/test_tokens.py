"""Validators of tokens, and of what base64 hides."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.redaction.validators.tokens import VALIDATORS

RANDOM = "q8Zr3LmX0vKd7TnB2wYc5JhP"

ACCEPTED = [
    ("mixed_token", "abc_" + RANDOM),
    ("prefixed_token", "abc_live_" + RANDOM),
    ("prefixed_token", "abc_" + "q8Zr-LmX0vKd7_nB2wYc5JhPs6Qf9Gk4"),
    ("jwt_header", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
    ("jwt_header", "eyJhbGciOieeeiIsInR5cCI6IkpXVCJ9.eyJzdWIi.c2ln"),
    ("mixed_key", "YC" + RANDOM),
    ("chat_token", "xoxb-" + "263594206564-FGqddMF8t08v8N7"),
    ("vault_value", "s." + RANDOM),
    ("wrapped_jwt", "ZXlKaGJHY2lPaUpJVXpJMU5pSjkuZXlKemRXSWlPaUl4SW4wLmMybG4"),
]


@pytest.mark.parametrize(("name", "cut"), ACCEPTED)
def test_a_token_is_accepted(name: str, cut: str) -> None:
    assert VALIDATORS[name](cut)


REFUSED = [
    ("mixed_token", "img-" + "0123456789abcdef" * 2),
    ("mixed_token", "test_authenticationmiddleware"),
    ("prefixed_token", "web-7d9f8b6c54-x2v9q-2026-11-24-blue"),
    ("prefixed_token", "abc_" + "78Ad84a5B6e8A2fE5B_4085FB0ccaDDd29DB66Fd7FE9"),
    ("not_masked", "ghp_" + "x" * 36),
    ("basic_credentials", "authentication"),
    ("jwt_header", "bm90X2pzb24.bm90X2pzb24.c2ln"),
    ("wrapped_jwt", "ZXlKaGJHY2lPaUpJVXpJMU5pSjk"),
    ("mixed_key", "YCOORDINATE_SYSTEM_TRANSFORMATION"),
    ("chat_token", "xoxb-" + "my-bot-token-goes-here"),
    ("vault_value", "s.makeKubeConfigController"),
    ("twilio_sid", "AC" + "0" * 32),
]


@pytest.mark.parametrize(("name", "cut"), REFUSED)
def test_what_only_begins_like_one_is_refused(name: str, cut: str) -> None:
    assert not VALIDATORS[name](cut)


@given(
    user=st.from_regex(r"\A[a-z]{1,12}\Z"),
    password=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
)
def test_basic_credentials_are_known_whatever_they_are(user: str, password: str) -> None:
    cut = base64.b64encode(f"{user}:{password}".encode()).decode()
    assert VALIDATORS["basic_credentials"](cut)
