"""`POST /api/audit`: what would become of it, without anything becoming of it."""

import gzip

import orjson
import pytest

from scrubrelay.service.process.reload import Configuration, Source
from scrubrelay.service.stores.audit import Where
from tests.helpers.entries import NOW
from tests.service.admin.conftest import READER, TOKENS
from tests.service.conftest import KEY

MAIL = "jane" + "@example.com"
EVENT = {"message": f"mail from {MAIL}", "password": "hunter2", "card": "4242 4242 4242 4242"}
PACK = """
[[pattern]]
id = "shop.customer"
label = "[customer]"
match = 'CUS-[0-9]{6}'
[[pattern.example]]
text = "a CUS-204417"
becomes = "a [customer]"
"""
BAD_EXAMPLE = PACK.replace("a [customer]", "a secret-of-the-file")
SLOW = """
[[pattern]]
id = "slow.one"
label = "[slow]"
match = '(?:a|aa|aaa)+(?:b|c)'
"""


@pytest.fixture
def projects(config, tmp_path):
    """The ingest listener has the same configuration."""
    (tmp_path / "ingest.toml").write_text(config)
    return Configuration(Source(tmp_path / "ingest.toml", {})).projects


async def tried(admin, body, path="/api/audit", **headers) -> dict:
    answer = await admin.ask("POST", path, body, **headers)
    assert answer.status == 200, answer.body
    return answer.json


async def test_an_event_is_told_find_by_find(admin):
    told = await tried(admin, EVENT)
    mail = next(one for one in told["findings"] if one["path"] == "message")
    assert (mail["pattern"], mail["pack"], mail["action"]) == ("contact.email", "contact", "replace")
    assert told["clean"]["message"][slice(*mail["span"])] == "[email]"
    card = next(one for one in told["findings"] if one["path"] == "card")
    assert (card["checksum"], card["item"], card["type"], card["count"]) == ("card", 0, "event", 1)
    assert told["clean"]["password"] == "[password]"
    (decision,) = told["decisions"]
    assert (decision["decision"], decision["reason"]) == ("kept", None)
    assert len(told["issue_key"]["hashes"][0]) == 32
    steps = ("decode", "compile", "inspect", "caps", "scrub", "issue_key", "findings")
    assert tuple(told["timings"]) == steps


async def test_spans_count_characters_not_bytes(admin):
    told = await tried(admin, {"message": f"\u00fc\U0001f600 {MAIL}"})
    assert told["findings"][0]["span"] == [3, 10]


async def test_a_wide_document_is_the_same_for_an_event_and_its_envelope(admin):
    header = {"event_id": "e" * 32}
    lines = [header, {"type": "event"}, EVENT, {"type": "replay_video", "length": 3}]
    body = b"\n".join(map(orjson.dumps, lines)) + b"\nabc"
    told = await tried(admin, body)
    assert told["format"] == "envelope"
    assert [one["decision"] for one in told["decisions"]] == ["kept", "dropped"]
    assert told["decisions"][1]["reason"] == "not_understood"
    (item,) = told["clean"]["items"]
    assert item["json"]["password"] == "[password]"
    assert told["clean"]["headers"]["event_id"] == "e" * 32


async def test_lines_are_documents(admin):
    told = await tried(admin, b'{"message": "hello"}\n\n' + orjson.dumps(EVENT) + b"\n")
    assert told["format"] == "lines"
    assert [one["item"] for one in told["decisions"]] == [0, 1]
    assert told["clean"][0] == {"message": "hello"}
    assert {one["item"] for one in told["findings"]} == {1}


async def test_patterns_that_are_not_deployed_are_tried(admin):
    body = {"document": {"message": f"CUS-123456 of {MAIL}"}, "packs": [PACK]}
    told = await tried(admin, body)
    assert told["clean"]["message"] == "[customer] of [email]"
    assert [one["pack"] for one in told["findings"]] == ["packs[0]", "contact"]
    assert (await tried(admin, body))["clean"] == told["clean"]
    plain = await tried(admin, body["document"])
    assert plain["clean"]["message"] == "CUS-123456 of [email]"


async def test_a_parsed_pack_and_an_envelope_as_text_are_tried(admin):
    pattern = {"id": "shop.customer", "label": "[customer]", "match": "CUS-[0-9]{6}"}
    envelope = '{}\n{"type":"event"}\n{"message":"CUS-123456"}'
    told = await tried(admin, {"envelope": envelope, "packs": [{"pattern": [pattern]}]})
    assert told["clean"]["items"][0]["json"]["message"] == "[customer]"


@pytest.mark.parametrize(
    ("pack", "cause"),
    [
        ("[[pattern", "packs[0]: not TOML"),
        (PACK.replace("[0-9]{6}", "[0-9"), "packs[0]: pattern shop.customer: match: line 1, column"),
        (PACK.replace("shop.customer", "contact.email"), "also used by contact.toml"),
        (PACK + 'list = "/etc/passwd"\n', "packs[0]"),
        ("", "packs[0]: the pack: pattern: expected at least one"),
        ({"pattern": [{"id": None}]}, "packs[0]: expected the tables of a pattern file"),
        (BAD_EXAMPLE, "pattern shop.customer: example 1: does not become what it says"),
    ],
)
async def test_a_wrong_pack_is_told_with_its_place(admin, pack, cause):
    answer = await admin.ask("POST", "/api/audit", {"document": {}, "packs": [pack]})
    assert answer.status == 400
    assert cause in "\n".join(answer.json["causes"])
    assert b"secret-of-the-file" not in answer.body


async def test_a_list_of_names_is_not_read_from_a_file(admin, tmp_path):
    (tmp_path / "names").write_text("Jane")
    pack = f'[[pattern]]\nid = "a.list"\nlabel = "[name]"\nlist = "{tmp_path / "names"}"\n'
    answer = await admin.ask("POST", "/api/audit", {"document": {"a": "Jane"}, "packs": [pack]})
    assert answer.status == 400
    assert "a file cannot be read from here" in answer.json["causes"][0]


async def test_a_pattern_that_takes_for_ever_ends(admin, monkeypatch):
    monkeypatch.setattr("scrubrelay.service.audit.trials._PATIENCE", 0.3)
    document = {f"k{number}": "ab " + "a" * 60 + f"{number} b" for number in range(200)}
    answer = await admin.ask("POST", "/api/audit", {"document": document, "packs": [SLOW]})
    assert answer.status == 422
    assert "too long" in answer.json["detail"]
    assert answer.json["causes"][0].startswith("slow.one ran out of its budget on ")


@pytest.mark.parametrize("name", ["pack", "Packs", "packs "])
async def test_packs_with_a_typo_are_not_tried_in_silence(admin, name):
    answer = await admin.ask("POST", "/api/audit", {"document": {"a": "CUS-123456"}, name: [PACK]})
    assert (answer.status, answer.json["detail"][:16]) == (400, 'expected "packs"')
    assert (await tried(admin, {"document": MAIL}))["clean"]["document"] == "[email]"
    assert (await tried(admin, {"document": MAIL, "note": MAIL}))["clean"]["note"] == "[email]"


async def test_nothing_becomes_of_it(relay, admin):
    await tried(admin, EVENT)
    await relay.outbox.trail.flush()
    assert await relay.listed() == []
    assert await relay.ledger() == {}
    assert await relay.outbox.store.audit.fates(Where()) == []


async def test_figures_and_caps_are_the_same_afterwards(relay, admin):
    """Metrics, counts of issues, ledger and findings; but the log has a line for each."""
    await relay.envelope(b'{"event_id":"%b"}\n{"type":"event"}\n{"message":"the same"}' % (b"a" * 32))

    async def seen() -> list[bytes]:
        await relay.outbox.store.flush()
        paths = ("/metrics", "/api/caps", "/api/projects", "/api/outbox")
        return [(await admin.get(path)).body for path in paths]

    before = await seen()
    body = b"\n".join([orjson.dumps({"message": "the same", "password": "hunter2"})] * 60)
    assert (await admin.ask("POST", "/api/audit", body)).status == 200
    assert (await admin.ask("POST", "/api/audit/verify", body)).status == 200
    await relay.outbox.trail.flush()
    assert await seen() == before
    deeds = await admin.services.outbox.store.audit.deeds()
    assert [one.action for one in deeds] == ["audit.verify", "audit.try"]


async def test_it_is_told_what_an_event_would_be_dropped_for(admin):
    await admin.services.outbox.switches.turn_off(None, None, "tests")
    told = await tried(admin, EVENT)
    assert [one["reason"] for one in told["decisions"]] == ["capture_off"]
    assert told["clean"] is None
    assert told["findings"] == []
    assert MAIL.encode() not in orjson.dumps(told)


HOSTILE = {
    "nothing": (b"", 400),
    "no JSON": (b"hello " + MAIL.encode(), 400),
    "half an object": (b'{"a": "' + MAIL.encode(), 400),
    "a lone surrogate": (b'{"a": "\\ud800 ' + MAIL.encode() + b'"}', 200),
    "a lone surrogate in a key": (b'{"\\ud800": "' + MAIL.encode() + b'"}', 200),
    "NaN": (b'{"a": NaN, "b": "' + MAIL.encode() + b'"}', 200),
    "NUL": (b'{"a\\u0000": "\\u0000' + MAIL.encode() + b'"}', 200),
    "a NUL byte": (b'{"a": "\x00"}', 400),
    "a number": (b"12345", 200),
    "a list": (orjson.dumps([MAIL]), 200),
    "very deep": (b"[" * 100_000, 400),
    "deep": (b"[" * 900 + b"]" * 900, 200),
    "latin-1": (b'{"a": "\xfc"}', 400),
    "an envelope cut off": (b'{}\n{"type":"event","length":100}\n{}', 400),
    "an envelope's internal item": (b'{}\n{"type":"integration"}\n{}', 400),
    "packs that are none": (b'{"document": {}, "packs": 5}', 400),
    "packs of numbers": (b'{"document": {}, "packs": [5]}', 400),
    "an envelope that is none": (b'{"envelope": 5, "packs": []}', 400),
    "too many packs": (orjson.dumps({"document": {}, "packs": [PACK] * 17}), 400),
    "a huge pack": (orjson.dumps({"document": {}, "packs": ["#" * 300_000]}), 400),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_input_is_refused_or_read_and_never_repeated(admin, name):
    body, status = HOSTILE[name]
    answer = await admin.ask("POST", "/api/audit", body)
    assert answer.status == status, answer.body
    assert MAIL.encode() not in answer.body
    assert isinstance(answer.json, dict)


async def test_a_huge_body_and_a_bomb_are_refused(admin):
    assert (await admin.ask("POST", "/api/audit", b"x" * (21 * 2**20))).status == 413
    bomb = gzip.compress(b"0" * 10_000_000)
    answer = await admin.ask("POST", "/api/audit", bomb, **{"Content-Encoding": "gzip"})
    assert answer.status == 413
    assert (await admin.ask("POST", "/api/audit", b"{}", **{"Content-Encoding": "x"})).status == 415


async def test_a_compressed_body_is_inflated(admin):
    body = gzip.compress(orjson.dumps(EVENT))
    told = await tried(admin, body, **{"Content-Encoding": "gzip"})
    assert told["clean"]["password"] == "[password]"


@pytest.mark.parametrize("query", ["project=0", "project=x", "projects=1", f"project={2**63}"])
async def test_a_wrong_query_is_refused(admin, query):
    assert (await admin.ask("POST", f"/api/audit?{query}", EVENT)).status == 400


@pytest.mark.parametrize("config", [TOKENS])
async def test_a_token_for_reading_will_do_and_none_will_not(admin):
    assert (await admin.ask("POST", "/api/audit", EVENT, Authorization="")).status == 401
    assert (await admin.ask("POST", "/api/audit", EVENT, Authorization=f"Bearer {READER}")).status == 200
    (line,) = await admin.services.outbox.store.audit.deeds()
    assert (line.who, line.action) == ("dashboard", "audit.try")


CONFIG = f"""{TOKENS}
[[project]]
id = 7
key = "{KEY}"
[[project]]
id = 8
key = "{"b" * 32}"
[project.redaction]
action = "mask"
"""


@pytest.mark.parametrize("config", [CONFIG])
async def test_a_project_has_rules_of_its_own(admin):
    body = {"message": MAIL}
    labelled = await tried(admin, body, "/api/audit?project=7")
    masked = await tried(admin, body, "/api/audit?project=8")
    assert (labelled["clean"]["message"], masked["clean"]["message"]) == ("[email]", "*" * len(MAIL))
    assert (await admin.ask("POST", "/api/audit", body)).json["causes"] == ["there are [7, 8]"]
    assert (await admin.ask("POST", "/api/audit?project=9", body)).status == 404


async def test_what_was_tried_is_not_remembered_by_the_traffic(admin):
    redactor = admin.services.configuration.projects.passing.redactor
    memory = redactor._documents._memory
    before = (memory._texts, memory._values, len(memory._nodes))
    await tried(admin, EVENT)
    assert (memory._texts, memory._values, len(memory._nodes)) == before


@pytest.mark.parametrize("config", [TOKENS + "[caps]\nmax_events_per_issue = 2\n"])
async def test_an_event_over_the_cap_of_its_issue_would_be_dropped(relay, admin):
    event = {"message": "the same"}
    for number in range(3):
        assert (await tried(admin, event))["decisions"][0]["reason"] == (None if number < 2 else "capped")
        header = orjson.dumps({"event_id": f"{number:032x}"})
        assert (await relay.envelope(header + b'\n{"type":"event"}\n' + orjson.dumps(event))).status == 200
    (decision,) = (await tried(admin, event))["decisions"]
    assert (decision["decision"], decision["reason"]) == ("dropped", "capped")
    assert (await tried(admin, {"message": "another"}))["decisions"][0]["decision"] == "kept"
    await relay.outbox.store.flush()
    assert (await relay.outbox.store.issues.figures(NOW)).suppressed == 1


POLICIES = """
[filters]
error_messages = ["*seen enough*"]
[[sampling.rule]]
rate = 0
what = "errors"
environment = ["test"]
"""


@pytest.mark.parametrize("config", [TOKENS + POLICIES])
@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"message": f"{MAIL} has seen enough"}, "error_message"),
        ({"message": MAIL, "environment": "test"}, "sampled"),
        ({"message": MAIL, "environment": "production"}, None),
    ],
)
async def test_filters_and_sampling_would_drop_what_they_drop(admin, event, reason):
    told = await tried(admin, event)
    assert [one["reason"] for one in told["decisions"]] == [reason]
    assert told["issue_key"]["hashes"]
    assert MAIL.encode() not in orjson.dumps(told)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"a": 1}\n\n{"b": oops}\n{}', "line 3, column 7: "),
        (b'{"a": 1,\n "b": oops}', "line 2, column 7: "),
        (b'{"a": 1}\n{"b": "\xff"}', "line 2, column 8: not UTF-8"),
        (b"[" * 100_000, "line 1: nested too deep"),
        (b'{}\n{"type":"event"}\n{}\n{"type":"event","length":999}\n{}', "invalid event envelope"),
    ],
)
async def test_what_is_no_json_is_told_with_its_place(admin, body, told):
    answer = await admin.ask("POST", "/api/audit", body)
    assert answer.status == 400
    assert answer.json["causes"][0].startswith(told)


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (b'{"type":"event","length":999}', "unexpected end of file"),
        (b'{"type":"event","length":-1}', "invalid item header"),
        (b'{"type":5}', "invalid item header"),
        (b"hello", "invalid item header"),
    ],
)
async def test_of_an_envelope_the_wrong_item_is_told(admin, second, why):
    body = b'{"event_id":"%b"}\n{"type":"event"}\n{}\n\n%b\n{}' % (b"a" * 32, second)
    answer = await admin.ask("POST", "/api/audit", body)
    assert (answer.status, answer.json["detail"]) == (400, "not an envelope")
    assert answer.json["causes"][-2:] == [why, "item 2, whose header is line 5"]


async def test_who_forgets_to_say_that_it_is_compressed_is_told(admin):
    answer = await admin.ask("POST", "/api/audit", gzip.compress(orjson.dumps(EVENT)))
    assert answer.json["causes"][1] == "compressed? then say so with Content-Encoding"
