"""Entries are taken out of a container without respelling any other byte."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.policy.containers import entries_of, with_only
from scrubrelay.core.wire.envelope import Item

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def log(payload: bytes, **headers: object) -> Item:
    return Item({"type": "log", "item_count": 99, **headers}, payload)


def test_what_stays_is_spelled_as_it_came():
    payload = (
        b'{ "v":2,\n "items" : [ {"n": 1.10, "s": "]},{\\""} '
        b',{"big":1234567890123456789012345} ,[1e2]] , "z": 1}'
    )
    left = with_only(log(payload), [True, True, False])
    assert left.payload == (
        b'{ "v":2,\n "items" : [ {"n": 1.10, "s": "]},{\\""},{"big":1234567890123456789012345}] , "z": 1}'
    )
    assert (left.headers["item_count"], left.headers["length"]) == (2, len(left.payload))


@given(
    st.lists(st.tuples(JSON, st.booleans()), min_size=1, max_size=6),
    st.sampled_from(["before", "after", "none"]),
)
def test_exactly_the_chosen_entries_are_left(entries, other):
    values, kept = zip(*entries, strict=True)
    document = {"items": list(values)}
    if other != "none":
        more = {"version": 2, "é": {"items": [1, 2]}}
        document = {**more, **document} if other == "before" else {**document, **more}
    left = with_only(log(orjson.dumps(document)), kept)
    expected = [one for one, stays in entries if stays]
    assert orjson.loads(left.payload) == {**document, "items": orjson.loads(orjson.dumps(expected))}


@pytest.mark.parametrize(
    "payload",
    [b'{"items": [1], "items": [1, 2]}', b'{"items": []}', b'{"other": [1]}', b'{"it\\u0065ms": [1]}'],
)
def test_what_cannot_be_cut_plainly_is_not(payload):
    """An escaped key is read like any other; one that stands there twice could mean either list."""
    assert (with_only(log(payload), [True]) is not None) == (b"u0065" in payload)


def test_a_document_of_one_thing_has_no_entries():
    assert entries_of({"span_id": "a"}) is None
    assert entries_of({"items": "a"}) is None
