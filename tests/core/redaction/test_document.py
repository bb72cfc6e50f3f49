"""JSON documents: what is hidden, what stays as it is, and what `_meta` says about it."""

import tracemalloc

import orjson
import pytest

from scrubrelay.core.errors import Reason, Unscrubbable
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.envelope import Item


def scrubbed(redactor: Redactor, document: object) -> object:
    return orjson.loads(redactor.item(Item({"type": "check_in"}, orjson.dumps(document))).item.payload)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"password": "x"}, {"password": "[password]"}),
        ({"password": 7}, {"password": "[password]"}),
        ({"password": {"a": ["x", None, True, ""]}}, {"password": {"a": ["[password]", None, True, ""]}}),
        ({"password": "[Filtered]"}, {"password": "[Filtered]"}),
        ({"password": "***"}, {"password": "***"}),
        ({"password_length": 9}, {"password_length": 9}),
        ([["password", "x"], ["a", "b"]], [["password", "[password]"], ["a", "b"]]),
        ([{"key": "password", "value": "x"}], [{"key": "password", "value": "[password]"}]),
        ({"pin": {"value": 1, "type": "integer"}}, {"pin": {"value": "[password]", "type": "string"}}),
        ({"ssn": 123456789}, {"ssn": "[number]"}),
        ({"id": 123456789}, {"id": 123456789}),
        ({"a@b.cd": 1, "b@b.cd": 2}, {"[email]": 1, "[email] 2": 2}),
        ({"modules": {"x": "1.2.3.4"}}, {"modules": {"x": "1.2.3.4"}}),
        ({"release": "1.2.3.4", "x": "1.2.3.4"}, {"release": "1.2.3.4", "x": "[ip]"}),
        ({"fingerprint": ["{{ default }}", "a@b.cd"]}, {"fingerprint": ["{{ default }}", "[email]"]}),
        ("a@b.cd", "[email]"),
    ],
)
def test_what_becomes_of_a_document(small, before, after):
    assert scrubbed(small, before) == after


@pytest.mark.parametrize(
    "rest",
    [
        rb'"n":1.10',
        rb'"n":1e22',
        rb'"n":123456789012345678901234567890',
        rb'"n":-0',
        rb'"n":NaN',
        rb'"n":1E5',
        rb'"n":"\u0000"',
        rb'"n":"\ud800"',
        rb'"n":0.10000000000000000001',
    ],
)
def test_what_is_not_cut_keeps_its_spelling(small, rest):
    data = b'{"pin":"x",' + rest + b"}"
    result = small.item(Item({"type": "check_in"}, data)).item.payload
    assert result == b'{"pin":"[password]",' + rest + b"}"


@pytest.mark.parametrize(
    "data",
    [
        b'{"pin":"raw","pin":null}',
        b'{"pin":"raw","pin":null,"b" :1}',
        b'{"pin":"raw","pin":null,"b\\\\":1}',
        b'[{"pin" : "raw", "pin" : 1}]',
    ],
)
def test_a_key_that_stands_twice_hides_nothing(small, data):
    assert b"raw" not in small.json_document(data)[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", Reason.UNDECODABLE),
        (b"\xff", Reason.UNDECODABLE),
        (b"", Reason.UNDECODABLE),
        (b"[" * 300 + b"]" * 300, Reason.TOO_DEEP),
        (b'{"a":' * 300 + b"1" + b"}" * 300, Reason.TOO_DEEP),
        (b"[" * 100_000 + b"]" * 100_000, Reason.TOO_DEEP),
    ],
)
def test_what_cannot_be_read_is_refused(small, data, reason):
    with pytest.raises(Unscrubbable) as caught:
        small.json_document(data)
    assert caught.value.reason is reason


def meta(redactor: Redactor, document: dict) -> dict:
    return orjson.loads(redactor.json_document(orjson.dumps(document))[0])["_meta"]


def test_remarks_say_what_was_cut_in_bytes_of_the_result(small):
    assert meta(small, {"message": "ü a@b.cd"})["message"] == {
        "": {"rem": [["small.mail", "s", 3, 10]], "len": 8}
    }


def test_remarks_of_the_sdk_are_kept_and_moved(small):
    known = {"message": {"": {"len": 99, "rem": [["!limit", "x", 8, 11], ["!a", "s", 0, 1]]}}}
    found = meta(small, {"message": "x a@b.cd...", "_meta": known})
    assert found["message"][""] == {
        "len": 99,
        "rem": [["!limit", "x", 9, 12], ["!a", "s", 0, 1], ["small.mail", "s", 2, 9]],
    }


def test_nothing_raw_hides_in_meta(small):
    document = {"_meta": {"pin": {"": {"val": "raw"}}, "x": {"": {"val": "a@b.cd", "err": ["a@b.cd"]}}}}
    assert meta(small, document) == {
        "pin": {"": {"val": "[password]"}},
        "x": {"": {"val": "[email]", "err": ["[email]"]}},
    }


def test_an_address_is_deleted_since_servers_refuse_a_label(small):
    result = orjson.loads(small.json_document(b'{"user":{"ip_address":"1.2.3.4","id":"7"}}')[0])
    assert result["user"] == {"id": "7"}
    assert result["_meta"] == {"user": {"ip_address": {"": {"rem": [["small.address", "x"]]}}}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"user": {"ip_address": "{{auto}}"}}, {"user": {}}),
        ({"attrs": {"ip_address": "{{auto}}"}}, {"attrs": {}}),
        ({"sdk": {"settings": {"infer_ip": "auto"}}}, {"sdk": {"settings": {"infer_ip": "never"}}}),
        ({"ingest_settings": {"infer_ip": "auto"}}, {"ingest_settings": {"infer_ip": "never"}}),
    ],
)
def test_no_server_is_asked_to_infer_the_address(small, before, after):
    assert scrubbed(small, before) == after


def test_the_address_stays_where_the_project_keeps_it(small_pack):
    redactor = Redactor(Library.compile([small_pack]), Policy(client_ip="keep"))
    document = {"user": {"ip_address": "1.2.3.4"}, "sdk": {"settings": {"infer_ip": "auto"}}}
    assert scrubbed(redactor, document) == document


@pytest.mark.parametrize(("path", "value"), [("event_id", "a" * 32), ("timestamp", "2026-11-24T04:00:00Z")])
def test_structural_fields_are_spared_only_in_their_shape(redactor, path, value):
    assert redactor.json_document(orjson.dumps({path: value}))[1] == ()
    assert redactor.json_document(orjson.dumps({path: f"{value} jane@example.com"}))[1] != ()


def test_a_time_is_spared_where_it_stands_as_a_number_too():
    digits = Pattern("own.digits", "[digits]", "They say too much.", match=r"\d{10}")
    redactor = Redactor(Library([digits]))
    before = {"timestamp": 1795492800.25, "received": "1795492800", "extra": {"timestamp": 1795492800.25}}
    after = orjson.loads(redactor.json_document(orjson.dumps(before))[0])
    del after["_meta"]
    assert after == before | {"extra": {"timestamp": "[digits].25"}}


def test_what_is_remembered_is_not_as_long_as_a_client_likes(small):
    """Compressed, a key of a megabyte is a kilobyte on the wire; 20,000 of them were remembered."""
    long = "y" * 300_000

    def scrub(number: int) -> None:
        scrubbed(small, {f"{number}{long}": [{"a": 1}], "extra": {f"{number}{long}": "b"}})

    tracemalloc.start()
    for number in range(60):
        scrub(number)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 15_000_000
