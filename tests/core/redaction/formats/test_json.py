"""By which bytes it is known that parsing a document has lost nothing."""

import json  # noqa: TID251 -- most SDKs in Python write with it

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.redaction.formats.json import is_written_so

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(_TEXT, inner),
)


@given(_DOCUMENTS)
@pytest.mark.parametrize(
    "writer",
    [
        orjson.dumps,
        lambda value: json.dumps(value, ensure_ascii=False).encode(),
        lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(),
        lambda value: json.dumps(value, ensure_ascii=False, indent=2).encode(),
    ],
)
def test_what_common_writers_write_is_known(writer, document):
    assert is_written_so(document, writer(document))


@pytest.mark.parametrize(
    "text", ["\u00e9", "\u5b57\u5b57", "a\u00e9b\U0001f600c", "\\u00e9", "\x00\x1f\n", "\u2028"]
)
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_writer_that_escapes_all_but_ascii_is_known(text, separators):
    document = {"text": [text, 1.5]}
    assert is_written_so(document, json.dumps(document, separators=separators).encode())


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1, "a": 1}',
        b'{"a b": 1, "ab": 2, "a b": 1}',
        b'{"a": "x", "a": "x", "b": "\\u00e9"}',
        b'{"a":1e-07}',
        b'{"a": 1.10}',
        b'{"a": -0}',
        b'{"a": 123456789012345678901}',
        b'{"\\u0061": 1}',
    ],
)
def test_what_parsing_loses_or_spells_anew_is_not(data):
    assert not is_written_so(orjson.loads(data), data)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "a ", " a", "b"]), st.sampled_from([1, " ", "x"])), max_size=5)
)
def test_no_key_is_lost_unseen(pairs):
    data = "{" + ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs) + "}"
    is_repeated = len({key for key, _ in pairs}) < len(pairs)
    assert is_written_so(orjson.loads(data), data.encode()) is not is_repeated
