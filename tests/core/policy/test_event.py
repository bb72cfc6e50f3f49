"""The view answers whatever is asked, of whatever an SDK or an attacker sent."""

import time

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.policy.client import Client
from scrubrelay.core.policy.event import Event
from scrubrelay.core.wire.envelope import Item

QUESTIONS = [
    name for name, value in vars(Event).items() if isinstance(value, property) or hasattr(value, "func")
]
NAMES = [
    "abs_path",
    "contexts",
    "data",
    "environment",
    "exception",
    "extra",
    "formatted",
    "frames",
    "headers",
    "level",
    "logentry",
    "mechanism",
    "message",
    "module",
    "op",
    "platform",
    "release",
    "request",
    "response",
    "stacktrace",
    "start_timestamp",
    "tags",
    "timestamp",
    "trace",
    "trace_id",
    "transaction",
    "type",
    "url",
    "user",
    "value",
    "values",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=25,
)


def view(document: object, **client: str) -> Event:
    return Event(Item({"type": "event"}, orjson.dumps(document)), Client(**client))


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6) | VALUES)
def test_no_document_makes_it_fail(document):
    event = view(document)
    for question in QUESTIONS:
        getattr(event, question)
    event.header("user-agent")


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"\xff", b'{"message": "\\ud800"}'])
def test_what_is_no_object_has_no_document(payload):
    assert Event(Item({"type": "event"}, payload)).document is None


@pytest.mark.parametrize(
    "exception",
    [
        {"values": [{"type": "A"}, {"type": "B"}]},
        [{"type": "A"}, {"type": "B"}],
        {"values": [{"type": "A"}, None, 7, {"type": "B"}]},
    ],
)
def test_a_chain_is_read_in_each_of_its_forms(exception):
    assert [one.type for one in view({"exception": exception}).exceptions] == ["A", "B"]


def test_a_single_exception_of_an_old_sdk():
    (one,) = view({"sentry.interfaces.Exception": {"type": "A", "value": "b"}}).exceptions
    assert one.line == "A: b"


@pytest.mark.parametrize(
    ("type_", "module", "names"),
    [
        ("TimeoutError", "asyncio.exceptions", {"TimeoutError", "asyncio.exceptions.TimeoutError"}),
        ("System.TimeoutException", "", {"System.TimeoutException", "TimeoutException"}),
        ("Net::ReadTimeout", "Net", {"Net::ReadTimeout", "ReadTimeout", "Net.Net::ReadTimeout"}),
        ("App\\Exception\\Gone", "", {"App\\Exception\\Gone", "Gone"}),
        ("*errors.errorString", "", {"*errors.errorString", "errorString"}),
    ],
)
def test_a_class_goes_by_its_name_and_by_its_qualified_name(type_, module, names):
    (one,) = view({"exception": {"values": [{"type": type_, "module": module}]}}).exceptions
    assert set(one.names) == names


@pytest.mark.parametrize(
    "tags",
    [{"a": "b", "n": 4}, [["a", "b"], ["n", 4]], [{"key": "a", "value": "b"}, {"key": "n", "value": 4}]],
)
def test_tags_are_read_in_each_of_their_forms(tags):
    assert view({"tags": tags}).tags == {"a": "b", "n": "4"}


@pytest.mark.parametrize(
    "headers", [{"User-Agent": "x/1"}, [["user-agent", "x/1"]], [["USER-AGENT", ["x/1"]]]]
)
def test_headers_are_found_whatever_their_form(headers):
    assert view({"request": {"headers": headers}}).user_agent == "x/1"


def test_only_a_browser_speaks_for_itself():
    assert view({"platform": "javascript"}, user_agent="x/1").user_agent == "x/1"
    assert view({"platform": "python"}, user_agent="sentry.python/2").user_agent == ""


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (1_800_000_000.0, 1_800_000_000.25),
        ("2026-11-28T04:00:59.875Z", "2026-11-28T04:01:00.125000Z"),
        ("2026-11-28T05:00:00+01:00", 1795838400.25),
    ],
)
def test_how_long_a_transaction_took(start, end):
    assert view({"start_timestamp": start, "timestamp": end}).seconds == pytest.approx(0.25)


def test_an_event_without_an_environment_is_of_production():
    assert view({"environment": None}).environment == "production"


@pytest.mark.parametrize("type_", ["a" * 40_000 + "!" * 40_000, "$<>" * 30_000 + " ", "a." * 40_000])
def test_a_name_of_a_class_takes_no_time_however_hostile(type_):
    """80 KB took a minute, in which the relay answered nobody."""
    begun = time.process_time()
    (one,) = view({"exception": {"type": type_}}).exceptions
    assert one.names
    assert time.process_time() - begun < 0.5
