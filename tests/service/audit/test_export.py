"""Exports are cut into the same documents however they come."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.errors import BadRequest, TooLarge
from scrubrelay.service.audit import export
from scrubrelay.service.audit.export import Splitter

VALUES = st.recursive(
    st.none() | st.integers(-9, 9) | st.text('a"\\[]{}, \n'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a"\\,]'), inner, max_size=3),
    max_leaves=8,
)


def cut(data: bytes, size: int) -> list[bytes]:
    splitter = Splitter()
    found = [one for at in range(0, len(data), size) for one in splitter.feed(data[at : at + size])]
    return found + splitter.finish()


@given(st.lists(VALUES), st.integers(1, 20), st.booleans())
def test_an_array_is_cut_into_its_elements(values, size, spaced):
    data = orjson.dumps(values, option=orjson.OPT_INDENT_2 if spaced else 0)
    assert [orjson.loads(one) for one in cut(data, size)] == values


@given(st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=2)), st.integers(1, 20))
def test_lines_are_cut_into_documents(values, size):
    data = b"\r\n\n".join(map(orjson.dumps, values))
    assert [orjson.loads(one) for one in cut(data, size)] == values


@pytest.mark.parametrize("data", [b"[1, 2", b"[1] x", b"[}", b'["a', b"[1]]"])
def test_what_is_no_array_is_refused(data):
    for size in (1, 100):
        with pytest.raises(BadRequest):
            cut(data, size)


@pytest.mark.parametrize("count", [5000, 5001])
def test_very_many_backslashes_are_counted(count):
    data = b'["' + b"\\" * count + b'"]'
    if count % 2:
        with pytest.raises(BadRequest):
            cut(data, 64)
    else:
        assert len(cut(data, 64)) == 1


@pytest.mark.parametrize("head", [b"", b"[", b"[1,", b'{"a":1}\n'])
def test_an_event_has_a_largest_size(monkeypatch, head):
    monkeypatch.setattr(export, "MOST_BYTES", 1000)
    splitter = Splitter()
    splitter.feed(head + b'"' + b"x" * 900)
    with pytest.raises(TooLarge):
        splitter.feed(b"x" * 200)
