"""What is written into an event that goes on after others did not."""

import orjson
import pytest

from scrubrelay.core.notes import Note
from scrubrelay.core.wire.envelope import Item

NOTE = Note(42, 1_800_000_000.0, 50, 3600.0)
TAG = "scrubrelay.suppressed"


def noted(payload: bytes) -> bytes:
    return NOTE.on(Item({"type": "event", "length": len(payload)}, payload)).payload


def fields(**event: object) -> dict:
    return orjson.loads(noted(orjson.dumps(event)))


def test_a_tag_and_a_context_tell_how_many_since_when_and_under_what_cap():
    event = fields(message="x")
    assert event["tags"] == {TAG: "42"}
    context = {"suppressed": 42, "since": "2027-01-15T08:00:00+00:00", "limit": 50, "window": 3600}
    assert event["contexts"] == {"scrubrelay": context}


@pytest.mark.parametrize(
    ("tags", "become"),
    [
        ({"a": "b"}, {"a": "b", TAG: "42"}),
        ([["a", "b"]], [["a", "b"], [TAG, "42"]]),
        ([["a", "b"], [TAG, "7"], None], [["a", "b"], None, [TAG, "42"]]),
        ({TAG: "7"}, {TAG: "42"}),
        (None, {TAG: "42"}),
        ([], [[TAG, "42"]]),
        ("malformed", "malformed"),
        (7, 7),
    ],
)
def test_tags_of_every_form(tags, become):
    assert fields(tags=tags)["tags"] == become


@pytest.mark.parametrize(("contexts", "left"), [({"os": {"name": "x"}}, {"os"}), (None, set())])
def test_other_contexts_stay(contexts, left):
    assert fields(contexts=contexts)["contexts"].keys() == left | {"scrubrelay"}


def test_contexts_that_are_none_stay_as_they_are():
    assert fields(contexts=["x"])["contexts"] == ["x"]


def test_order_and_spelling_of_the_rest_stay():
    payload = rb'{"z":123456789012345678901234567890,"tags":{"b":"1"},"a":1.10,"e":1e-7,"n":"\ud800\u0000"}'
    before, _, after = noted(payload).partition(b',"contexts"')
    assert before == payload.replace(b'"b":"1"', b'"b":"1","scrubrelay.suppressed":"42"')[:-1]
    assert orjson.loads(b'{"contexts"' + after)["contexts"]["scrubrelay"]["suppressed"] == 42


def test_the_header_says_the_new_length():
    item = NOTE.on(Item({"type": "event", "length": 2, "x": 1}, b"{}"))
    assert item.headers == {"type": "event", "length": len(item.payload), "x": 1}


@pytest.mark.parametrize("payload", [b"[1]", b"7", b"{", b"[" * 100_000])
def test_what_is_no_event_stays_as_it_is(payload):
    assert noted(payload) == payload
