import zlib
from base64 import b64encode, encodebytes

import orjson
import pytest

from scrubrelay.core.errors import BadRequest, TooLarge
from scrubrelay.core.wire.envelope import encode
from scrubrelay.core.wire.store import envelope_of_store

EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc"
EVENT = orjson.dumps({"event_id": EVENT_ID, "message": "boom"})


@pytest.mark.parametrize(
    "body",
    [
        EVENT,
        b" \n" + EVENT + b"\n",
        b64encode(EVENT),
        zlib.compress(EVENT),
        b64encode(zlib.compress(EVENT)),
        encodebytes(zlib.compress(EVENT) + b"ignored, but longer than a line of base64" * 3),
    ],
)
def test_each_wrapping_of_an_event_is_opened(body):
    envelope = envelope_of_store(body, 0.0)
    assert envelope.headers == {"event_id": EVENT_ID, "sent_at": "1970-01-01T00:00:00.000000Z"}
    assert [(item.type, item.payload) for item in envelope.items] == [("event", EVENT)]


def test_an_event_without_id_gets_the_same_one_each_time():
    first, second = (envelope_of_store(b'{"message":"boom"}', now) for now in (1.0, 2.0))
    assert first.headers["event_id"] == second.headers["event_id"]
    assert len(first.headers["event_id"]) == 32


@pytest.mark.parametrize(("kind", "expected"), [("transaction", "transaction"), ("default", "event")])
def test_the_item_type_is_that_of_the_event(kind, expected):
    assert envelope_of_store(orjson.dumps({"type": kind}), 0.0).items[0].type == expected


def test_an_envelope_on_this_path_is_an_envelope():
    body = encode(envelope_of_store(EVENT, 0.0))
    assert encode(envelope_of_store(body, 9.0)) == body


def test_an_attachment_of_an_envelope_here_may_end_in_white_space():
    envelope = envelope_of_store(b'{}\n{"type":"attachment","length":3}\na \n', 0.0)
    assert [item.payload for item in envelope.items] == [b"a \n"]


def test_json_that_only_a_lenient_parser_reads_is_left_to_the_scrubber():
    assert envelope_of_store(b'{"x": NaN}', 0.0).items[0].payload == b'{"x": NaN}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"hello",
        b"[1]",
        b"{",
        b"x\x9cgarbage",
        b64encode(b"hello"),
    ],
)
def test_anything_else_is_refused(body):
    with pytest.raises(BadRequest):
        envelope_of_store(body, 0.0)


def test_a_bomb_inside_base64_is_too_large():
    with pytest.raises(TooLarge):
        envelope_of_store(b64encode(zlib.compress(bytes(30 << 20))), 0.0)
