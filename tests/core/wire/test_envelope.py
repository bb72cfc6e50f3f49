from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.errors import BadRequest
from scrubrelay.core.wire.envelope import Envelope, Item, decode, encode

KEYS = st.text("abcdefgh_", min_size=1, max_size=8)
HEADERS = st.dictionaries(KEYS, st.text(max_size=9) | st.integers(-9, 9) | st.none(), max_size=4)
ITEMS = st.builds(
    lambda headers, kind, payload: Item({**headers, "type": kind, "length": len(payload)}, payload),
    HEADERS,
    st.sampled_from(["event", "attachment", "new_thing"]),
    st.binary(max_size=40),
)
ENVELOPES = st.builds(Envelope, HEADERS, st.lists(ITEMS, max_size=5).map(tuple))


def cause_of(data):
    with pytest.raises(BadRequest) as caught:
        decode(data)
    assert caught.value.detail == "invalid event envelope"
    return caught.value.causes[0]


@given(ENVELOPES)
def test_what_is_encoded_decodes_to_the_same(envelope):
    again = decode(encode(envelope))
    assert again.headers == envelope.headers
    assert [(one.headers, one.payload) for one in again.items] == [
        (one.headers, one.payload) for one in envelope.items
    ]


@given(ENVELOPES)
def test_decoding_and_encoding_changes_no_byte(envelope):
    data = encode(envelope)
    assert encode(decode(data)) == data


@given(st.binary(max_size=200) | st.text('{}[]":,\n01ltypengh', max_size=60).map(str.encode))
def test_arbitrary_bytes_decode_or_are_refused(data):
    with suppress(BadRequest):
        assert decode(data).headers is not None


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "missing envelope header"),
        (b"\n", "missing envelope header"),
        (b"[]", "invalid envelope header"),
        (b"{", "invalid envelope header"),
        (b"{}\n[]\n", "invalid item header"),
        (b"{}\n{}\n", "invalid item header"),
        (b'{}\n{"type":7}\n', "invalid item header"),
        (b'{}\n{"type":"a","length":-1}\n', "invalid item header"),
        (b'{}\n{"type":"a","length":true}\n', "invalid item header"),
        (b'{}\n{"type":"a","length":1.0}\nx', "invalid item header"),
        (b'{}\n{"type":"a","length":99999999999999999999999}\nx', "invalid item header"),
        (b'{}\n{"type":"a","length":9}\nx', "unexpected end of file"),
        (b'{}\n{"type":"a","length":1}', "unexpected end of file"),
        (b'{}\n{"type":"a","length":1}\nxy', "missing newline after header or payload"),
        (b"{}\n" + b'{"type":"a"}\n\n' * 501, "too many individual items"),
    ],
)
def test_a_malformed_envelope_is_refused_with_its_cause(data, cause):
    assert cause_of(data) == cause


@pytest.mark.parametrize(
    ("data", "payloads"),
    [
        (b"{}", []),
        (b"{}\n", []),
        (b'{}\n{"type":"a"}\nxyz', [b"xyz"]),
        (b'{}\n{"type":"a"}\nxyz\n', [b"xyz"]),
        (b'{}\n{"type":"a"}', [b""]),
        (b'{}\n{"type":"a","length":0}', [b""]),
        (b'{}\n{"type":"a","length":3}\nx\nz\n{"type":"b"}\ny', [b"x\nz", b"y"]),
        (b'{}\n{"type":"a","length":0}\n\n{"type":"b","length":1}\ny', [b"", b"y"]),
    ],
)
def test_every_legal_framing_is_read(data, payloads):
    assert [item.payload for item in decode(data).items] == payloads


def test_a_header_without_length_keeps_its_spelling_and_gets_one():
    out = encode(decode(b'{}\n{"type": "event", "x": 1.50}\n{}'))
    assert out == b'{}\n{"type": "event", "x": 1.50,"length":2}\n{}\n'


def test_a_replaced_payload_keeps_unknown_header_keys_and_states_its_length():
    item = decode(b'{}\n{"type":"event","new":[1]}\n{}').items[0].replace(b"{ }", filename="a")
    assert item.headers == {"type": "event", "new": [1], "length": 3, "filename": "a"}


def test_a_message_holds_nothing_of_the_envelope():
    with pytest.raises(BadRequest) as caught:
        decode(b'{}\n{"type":"a" hunter2\n')
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
