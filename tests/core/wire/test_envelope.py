from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.errors import BadRequest
from scrubrelay.core.wire.encoding import inflate
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
        (b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", "invalid envelope header"),
        (b'{}\n{"type":"a","x":' + b"[" * 300 + b"]" * 300 + b"}", "invalid item header"),
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


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"a","x":"hunter2","x":"ok","length":0}',
        b'{"type":"a","x":7,"x":"","length":0}',
        b'{"type":"a","x":{"y":"hunter2"},"x":"\\u0022\\u0022\\u0022\\u0022","length":0}',
    ],
)
def test_the_first_value_of_a_name_that_stands_twice_does_not_leave(line):
    out = encode(decode(b"{}\n" + line + b"\n"))
    assert b"hunter2" not in out
    assert out.count(b'"x"') == 1


def test_what_a_relay_makes_itself_is_refused_from_a_client():
    with pytest.raises(BadRequest, match="envelope contains internal items"):
        decode(b'{}\n{"type":"integration"}\n{}')


def test_no_recorded_envelope_loses_a_byte_of_a_payload_or_a_header(recordings):
    """Nor a byte of a header line that states its length already."""
    for about in sorted((recordings / "corpus").glob("*.json")):
        said = orjson.loads(about.read_bytes())
        if said.get("kind") != "envelope" or about.name == "manifest.json":
            continue
        before = decode(inflate(about.with_suffix(".bin").read_bytes(), said["content_encoding"], 100 << 20))
        after = decode(encode(before))
        assert after.line == before.line, about.name
        assert [one.payload for one in after.items] == [one.payload for one in before.items], about.name
        for one, other in zip(before.items, after.items, strict=True):
            assert other.headers == {**one.headers, "length": len(one.payload)}, about.name
            assert one.line == other.line or "length" not in one.headers, about.name


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
