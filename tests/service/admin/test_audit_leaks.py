"""Planted secrets are in no answer of the audit, in no log and in no file, whatever way they came."""

import sys
from importlib import import_module
from pathlib import Path

import orjson
import pytest

from scrubrelay.core.project import PassThrough, Projects
from scrubrelay.core.wire.encoding import inflate
from scrubrelay.service.process.reload import Configuration, Source
from tests.helpers.plants import KEYED, TEXTS, kinds_below, kinds_in
from tests.recordings.test_leaks import Recording
from tests.service.conftest import SMALL

ID = "0123456789abcdef" * 2
PAGES = (
    "/api/audit/findings?limit=1000",
    "/api/audit/findings?format=csv&limit=1000&by=hour,project,type,pattern,path",
    "/api/audit/coverage",
    f"/api/audit/events/{ID}",
    "/api/audit/log",
)
DOCUMENT = {
    "event_id": ID,
    "texts": dict(TEXTS),
    **KEYED,
    "extra": dict.fromkeys(TEXTS.values(), "as a key"),
}
PACK = '[[pattern]]\nid = "a.b"\nlabel = "[b]"\nmatch = "seen"\n'
# What a text, its place or its key gives away; names and street addresses have no pattern.
KINDS = frozenset(
    ("email", "ipv4", "ipv6", "card", "amex", "iban", "ssn", "phone", "jwt", "pem", "ghp", "aws_id", "google")
)


@pytest.fixture
def projects(tmp_path: Path) -> Projects:
    """The ingest listener looks with all that is on by default."""
    (tmp_path / "defaults.toml").write_text("")
    configuration = Configuration(Source(tmp_path / "defaults.toml", {}))
    return Projects(passing=PassThrough(configuration.projects.passing.redactor), limits=SMALL)


async def test_what_came_in_is_in_no_page(relay, admin, tmp_path, caplog):
    body = orjson.dumps({"event_id": ID}) + b'\n{"type":"event"}\n' + orjson.dumps(DOCUMENT)
    assert (await relay.envelope(body)).status == 200
    answers = [await admin.get(path) for path in PAGES]
    assert [answer.status for answer in answers] == [200] * len(PAGES)
    assert len(answers[0].json["findings"]) > 20
    assert kinds_in(b"".join(answer.body for answer in answers)) == set()
    assert kinds_below(tmp_path) == {}
    assert kinds_in(caplog.text.encode()) == set()


BODIES = {
    "document": orjson.dumps(DOCUMENT),
    "envelope": b'{}\n{"type":"event"}\n' + orjson.dumps(DOCUMENT),
    "attachment": b'{}\n{"type":"attachment","filename":"a.txt"}\n' + "\n".join(TEXTS.values()).encode(),
    "lines": b'{"a": 1}\n' + orjson.dumps(DOCUMENT),
    "with packs": orjson.dumps({"document": DOCUMENT, "packs": [PACK]}),
    "cut off": orjson.dumps(DOCUMENT)[:-1],
    "envelope cut off": b'{}\n{"type":"event","length":99999}\n' + orjson.dumps(DOCUMENT),
    "texts in a header": orjson.dumps({"x": DOCUMENT}) + b'\n{"type":"event"}\n{}',
    "texts as packs": orjson.dumps({"document": {}, "packs": [*TEXTS.values()]}),
    "a text as a type": orjson.dumps({}) + b"\n" + orjson.dumps({"type": TEXTS["email"]}) + b"\n{}",
}


@pytest.mark.parametrize("name", BODIES)
async def test_what_is_tried_is_in_no_answer(admin, tmp_path, caplog, name):
    answer = await admin.ask("POST", "/api/audit", BODIES[name])
    assert answer.status in {200, 400}
    assert kinds_in(answer.body) == set()
    assert kinds_below(tmp_path) == {}
    assert kinds_in(caplog.text.encode()) == set()


@pytest.mark.timeout(300)
async def test_recorded_traffic_is_in_no_answer(recordings, admin):
    """What real SDKs have sent, with fake secrets planted in it."""
    sys.path.insert(0, str(recordings))
    check = import_module("check")
    manifest = orjson.loads((recordings / "corpus" / "manifest.json").read_bytes())
    check._man = {one["name"]: one for one in manifest["captures"]}
    found, read = set(), 0
    for path in sorted((recordings / "corpus").glob("*.bin")):
        about = orjson.loads(path.with_suffix(".json").read_bytes())
        headers = {name.lower(): text for name, text in about["headers"]}
        if "/envelope/" not in about["target"] or len(path.read_bytes()) > 200_000:
            continue
        body = inflate(path.read_bytes(), headers.get("content-encoding"), 10_000_000)
        answer = await admin.ask("POST", "/api/audit", body)
        read += answer.status == 200
        leaks = check.leaks(path.stem, {"target": "", "headers": []}, answer.body)
        found |= {f"{one['kind']} in {path.stem} at {one['pos']}" for one in leaks if one["kind"] in KINDS}
    assert found == set()
    assert read > 150


@pytest.mark.timeout(300)
async def test_what_is_kept_of_recorded_traffic_names_nobody(recordings, relay, admin):
    """Of what is planted nothing is told, not even names, which have no pattern: keys may be names."""
    paths = sorted((recordings / "corpus").glob("*.bin"))
    recorded = [
        Recording(one.stem, orjson.loads(one.with_suffix(".json").read_bytes()), one.read_bytes())
        for one in paths
    ]
    for recording in recorded:
        await recording.fire(relay)
    answers = [(await admin.get(path)).body for path in PAGES]
    page = b"".join(answers).decode()
    planted = {
        one["literal"]
        for capture in orjson.loads((recordings / "corpus" / "manifest.json").read_bytes())["captures"]
        for one in capture["planted"]
        if len(one["literal"]) > 4
    }
    assert sorted(one for one in planted if one in page) == []
    assert len(orjson.loads(answers[0])["findings"]) > 100
