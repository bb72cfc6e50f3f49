"""Our selectors beside the engine they come from; runs where its wheel is (`pip install sentry-relay`)."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.rules.selectors import LEGACY_WORDS, parse

engine = pytest.importorskip("sentry_relay.processing")

FRAME = {"function": "f", "filename": "a.py", "vars": {"foo": "x", "o": {"k": "y"}}}
EVENT = {
    "message": "hello",
    "user": {"email": "jane@example.com", "geo": {"city": "Rome"}, "data": {"nick": "j"}},
    "extra": {"a": "x", "n": 5, "o": {"foo": "y", "list": ["z"]}},
    "tags": {"plan": "gold"},
    "request": {"url": "https://a/b", "headers": [["X-Foo", "bar"]], "data": {"a": "b"}},
    "exception": {"values": [{"type": "T", "value": "v", "stacktrace": {"frames": [FRAME]}}]},
    "breadcrumbs": {"values": [{"message": "m", "data": {"foo": "z"}}]},
    "spans": [{"description": "d", "data": {"foo": "q"}}],
}
KEYS = [
    "user",
    "email",
    "extra",
    "a",
    "o",
    "foo",
    "list",
    "tags",
    "plan",
    "request",
    "headers",
    "X-Foo",
    "values",
    "value",
    "vars",
    "data",
    "message",
    "geo",
    "city",
]
TYPES = [
    "string",
    "number",
    "array",
    "object",
    "error",
    "stack",
    "frame",
    "http",
    "user",
    "logentry",
    "message",
    "breadcrumb",
    "span",
]
STEP = st.sampled_from([*KEYS, *(f"${name}" for name in TYPES), "*", "**", "0"])
PATH = st.lists(STEP, min_size=1, max_size=4).map(".".join)
# Without `!`: what it protects is protected here, and there not always.
SELECTOR = st.recursive(
    PATH, lambda one: st.tuples(one, st.sampled_from(["&&", "||"]), one).map("({0[0]} {0[1]} {0[2]})".format)
)
TEXT = st.lists(st.sampled_from([*"a$*.&|!~()'[]0 ü", "foo", "$user", "**", "&&", "||"]), max_size=8).map(
    "".join
)


def accepts(selector: str) -> bool:
    try:
        engine.validate_pii_selector(selector)
    except ValueError:
        return False
    return True


def values(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, one in value.items():
            yield from values(one, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], list):
        yield from (((*path, name), one) for name, one in value)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from values(one, (*path, index))


def scrubbed(applications: dict[str, list[str]]) -> dict[tuple[Any, ...], Any]:
    """Return the strings and numbers that are left."""
    event = engine.pii_strip_event({"applications": applications}, EVENT)
    event.pop("_meta", None)
    return {path: one for path, one in values(event) if isinstance(one, str | int)}


@given(TEXT)
def test_it_reads_what_the_engine_reads(text):
    try:
        parse(text)
    except ConfigError as error:
        assert not accepts(text) or "selects nothing" in str(error)  # noqa: PT017 - either is right
    else:
        assert accepts(text)


@given(SELECTOR)
@settings(max_examples=200)
def test_it_covers_what_the_engine_hides(text):
    if not accepts(text) or text in LEGACY_WORDS:
        return
    left = scrubbed({text: ["@anything:remove"]})
    hidden = [path for path, one in scrubbed({}).items() if left.get(path) != one]
    try:
        selector = parse(text)
    except ConfigError:
        assert hidden == []
        return
    for path in hidden:
        steps = ["*" if isinstance(step, int) else step for step in path]
        assert any(selector.covers(steps[:end]) for end in range(1, len(steps) + 1)), path
