"""What of a path may be stored."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.redaction.detectors.generalised import Generaliser

GENERAL = Generaliser()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("exception.values.0.value", "exception.values.*.value"),
        ("request.headers.X-Forwarded-For", "request.headers.X-Forwarded-For"),
        ("contexts.http.request.header", "contexts.http.request.header"),
        ("vars.__session__", "vars.__session__"),
        ("data.userPassword2", "data.userPassword2"),
        ("extra.[email].x1", "extra.[email].x1"),
        ("extra.[email] 2.value", "extra.[email] 2.value"),
        ("", ""),
    ],
)
def test_names_of_fields_are_told(path, told):
    assert GENERAL(path) == told


@pytest.mark.parametrize(
    "key",
    [
        "jane",
        "jane_doe",
        "janeDoe",
        "mara@example",
        "0612345678",
        "06-12-34-56-78",
        "j-a-n-e",
        "[jane]",
        "deadbeefcafe",
        "user jane",
        "émile",
        "token\u200b",
        "password" * 10,
        "219-92-9212",
    ],
)
def test_what_may_be_a_text_of_a_user_is_not(key):
    assert GENERAL(f"extra.{key}.token") == "extra.*.token"


def test_a_key_is_not_spelled_by_its_dots():
    assert GENERAL("extra.j.o.h.n.token") == "extra.*.*.*.*.token"
    assert GENERAL("vars.x.y") == "vars.x.y"


def test_what_is_remembered_is_not_as_long_as_a_client_likes():
    general = Generaliser()
    tracemalloc.start()
    assert {general(f"extra.{number}{'x' * 100_000}") for number in range(100)} == {"extra.*"}
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 1_000_000


def test_words_of_ones_own_fields_are_told_when_they_are_named():
    assert Generaliser(["loyaltyTier"])("extra.loyalty_tier") == "extra.loyalty_tier"
    assert GENERAL("extra.loyalty_tier") == "extra.*"


def test_a_deep_path_ends_somewhere():
    told = GENERAL(".".join(["user"] * 1000))
    assert told == ".".join(["user"] * 16) + ".**"


@given(st.text(alphabet=st.characters(exclude_characters="."), min_size=1))
def test_a_key_is_told_whole_or_not_at_all(key):
    assert GENERAL(f"extra.{key}") in {f"extra.{key}", "extra.*"}
