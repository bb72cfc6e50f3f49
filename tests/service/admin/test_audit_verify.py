"""`POST /api/audit/verify`: a proof that nothing is left, or where something is."""

import gzip

import orjson
import pytest

from scrubrelay.service.process.reload import Configuration, Source
from tests.helpers.http import send
from tests.helpers.plants import KEYED, TEXTS, kinds_below, kinds_in
from tests.service.admin.conftest import READER, TOKENS

MAIL = "jane" + "@example.com"
CLEAN = {"event_id": "a" * 32, "message": "mail from [email]", "password": "[password]", "n": "****4242"}
DIRTY = {"eventID": "b" * 32, "entries": [{"data": {"value": f"to {MAIL} and {MAIL}"}}]}
PACK = '[[pattern]]\nid = "shop.customer"\nlabel = "[customer]"\nmatch = "CUS-[0-9]{6}"\n'


@pytest.fixture
def projects(tmp_path):
    """The ingest listener looks with all that is on by default."""
    (tmp_path / "defaults.toml").write_text("")
    return Configuration(Source(tmp_path / "defaults.toml", {})).projects


def lines(*events: object) -> bytes:
    return b"\n".join(map(orjson.dumps, events))


async def verified(admin, body: bytes, **headers) -> dict:
    answer = await admin.ask("POST", "/api/audit/verify", body, **headers)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.mark.parametrize("body", [lines(CLEAN, CLEAN), orjson.dumps([CLEAN, CLEAN])])
async def test_labels_and_masks_are_no_findings(admin, body):
    told = await verified(admin, body)
    assert (told["clean"], told["events"], told["findings"]) == (True, 2, [])


async def test_each_place_is_told_where_something_is(admin):
    told = await verified(admin, lines(CLEAN, DIRTY))
    assert (told["clean"], told["events"], told["events_with_findings"]) == (False, 2, 1)
    assert told["findings"] == [
        {
            "event": 1,
            "event_id": "b" * 32,
            "path": "entries.0.data.value",
            "pattern": "contact.email",
            "pack": "contact",
            "count": 2,
        }
    ]


async def test_what_the_relay_lets_out_is_clean(relay, admin):
    body = b'{}\n{"type":"event"}\n' + orjson.dumps({"texts": dict(TEXTS), **KEYED, "user": {"email": MAIL}})
    assert (await relay.envelope(body)).status == 200
    (kept,) = await relay.kept()
    assert (await verified(admin, kept.split(b"\n")[2]))["clean"] is True


async def test_patterns_that_are_not_deployed_are_looked_for_too(admin):
    event = {"message": "CUS-123456"}
    assert (await verified(admin, lines(event)))["clean"] is True
    told = await verified(admin, lines({"packs": [PACK]}, event))
    assert [(one["event"], one["pack"]) for one in told["findings"]] == [(0, "packs[0]")]
    assert told["events"] == 1


async def test_a_large_export_is_read_piece_by_piece(admin):
    """25 MB, compressed and in chunks: more than a body elsewhere may have."""
    event = orjson.dumps({"event_id": "a" * 32, "message": "mail " * 1000, "extra": {"x": [1, 2]}})
    count = 25_000_000 // len(event)
    body = gzip.compress(b"[" + b",".join([event] * count) + b"]", 1)
    head = f"POST http://localhost/api/audit/verify HTTP/1.1\nAuthorization: Bearer {admin.token}\n"
    head += "Transfer-Encoding: chunked\nContent-Encoding: gzip"
    pieces = [body[at : at + 10_000] for at in range(0, len(body), 10_000)]
    answer = await send(admin.port, head, pieces, chunked=True)
    assert (answer.json["events"], answer.json["clean"]) == (count, True)


async def test_what_cannot_be_read_proves_nothing(admin):
    told = await verified(admin, b'{"a": 1}\nhello ' + MAIL.encode() + b"\n")
    assert (told["clean"], told["events"]) == (False, 2)
    (one,) = told["unread"]
    assert (one["event"], one["event_id"], one["reason"]) == (1, None, "undecodable")
    assert one["detail"].startswith("line 1, column 1: ")


async def test_events_over_several_lines_are_told_what_to_do(admin):
    told = await verified(admin, orjson.dumps({"message": MAIL}, option=orjson.OPT_INDENT_2))
    assert told["clean"] is False
    assert "`jq -c .`" in told["unread"][0]["detail"]


async def test_a_part_of_an_export_proves_nothing(admin):
    """Of gzip, what stands behind the end is ignored; nobody would have searched that."""
    body = gzip.compress(lines({"message": "hello"})) + lines({"message": MAIL})
    answer = await admin.ask("POST", "/api/audit/verify", body, **{"Content-Encoding": "gzip"})
    assert (answer.status, answer.json["causes"]) == (400, ["something stands behind its end"])
    whole = gzip.compress(lines({"message": "hello"}) + b"\n") + gzip.compress(lines({"message": MAIL}))
    told = await verified(admin, whole, **{"Content-Encoding": "gzip"})
    assert (told["events"], told["clean"]) == (2, False)


HOSTILE = {
    "nothing": (b"", 400),
    "spaces": (b" \n\n ", 400),
    "an array cut off": (b'[{"a": "' + MAIL.encode(), 400),
    "two arrays": (b"[1][2]", 400),
    "no array": (b"[}", 400),
    "wrong packs": (b'{"packs": 5}\n{}', 400),
    "a wrong pack": (b'{"packs": ["[[pattern"]}\n{}', 400),
    "numbers": (b"[1, null, true]", 200),
    "lone surrogates": (b'{"\\ud800": "\\ud800 ' + MAIL.encode() + b'"}', 200),
    "NUL": (b'{"a\\u0000": "' + MAIL.encode() + b'"}', 200),
    "deep": (b"[" * 5000 + b"]" * 5000, 200),
    "a huge event": (b'{"a": "' + b"x" * (21 * 2**20), 413),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_input_is_refused_or_read_and_never_repeated(admin, name):
    body, status = HOSTILE[name]
    answer = await admin.ask("POST", "/api/audit/verify", body)
    assert answer.status == status, answer.body
    assert MAIL.encode() not in answer.body


async def test_a_bomb_is_refused(admin):
    body = gzip.compress(b"[" + b" " * 50_000_000)
    answer = await admin.ask("POST", "/api/audit/verify", body, **{"Content-Encoding": "gzip"})
    assert answer.status == 413


async def test_no_planted_secret_is_in_an_answer(admin, tmp_path, caplog):
    document = {"texts": dict(TEXTS), **KEYED, "extra": dict.fromkeys(TEXTS.values(), "as a key")}
    told = await verified(admin, lines(document, document))
    assert len(told["findings"]) > 40
    assert kinds_in(orjson.dumps(told)) == set()
    assert kinds_below(tmp_path) == {}
    assert kinds_in(caplog.text.encode()) == set()


@pytest.mark.parametrize("config", [TOKENS])
async def test_a_token_for_reading_will_do_and_none_will_not(admin):
    path = "/api/audit/verify"
    assert (await admin.ask("POST", path, b"{}", Authorization="")).status == 401
    assert (await admin.ask("POST", path, b"{}", Authorization=f"Bearer {READER}")).status == 200
    (line,) = await admin.services.outbox.store.audit.deeds()
    assert (line.who, line.action) == ("dashboard", "audit.verify")
