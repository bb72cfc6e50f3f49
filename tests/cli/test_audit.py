"""The audit from the command line, against a running relay."""

import gzip
from collections.abc import Iterator

import orjson
import pytest

from tests.cli.test_control import to
from tests.helpers.relay import KEY, Relay, running

__all__ = ["to"]
ID = "9ec79c33ec9942ab8353589fcb2e04dc"
MAIL = "jane" + "@example.com"
ENVELOPE = b'{"event_id":"%b"}\n{"type":"event"}\n%b' % (
    ID.encode(),
    orjson.dumps({"message": f"mail from {MAIL}", "extra": {"jane_doe": MAIL}}),
)
PACK = '[[pattern]]\nid = "shop.customer"\nlabel = "[customer]"\nmatch = "CUS-[0-9]{6}"\n'


@pytest.fixture(scope="module")
def relay(tmp_path_factory) -> Iterator[Relay]:
    """A relay with two workers that has taken some events."""
    config = "[server]\nworkers = 2\n"
    with running(Relay(tmp_path_factory.mktemp("audit"), config)) as relay:
        for _ in range(6):
            relay.post(f"/api/1/envelope/?sentry_key={KEY}", ENVELOPE)
        yield relay


def test_findings_are_a_table_or_json(relay, to):
    code, out, err = to(relay, "audit", "findings", "--by", "pattern,path")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["pattern", "path", "count"],
        ["contact.email", "extra.*", "6"],
        ["contact.email", "message", "6"],
        ["2", "lines"],
    ]
    code, out, _ = to(relay, "audit", "findings", "--by", "path", "--limit", "1", "--json")
    assert orjson.loads(out) == [{"path": "extra.*", "count": 6}]


def test_an_event_is_told_whichever_worker_took_it(relay, to):
    """Each worker writes down what it knows every other second; the one that is asked does so at once."""
    found = 0
    for _ in range(200):
        code, out, _ = to(relay, "audit", "event", ID)
        found = out.count("received ")
        if found == 6:
            break
    assert (code, found) == (0, 6)
    assert "contact.email  message" in out
    assert MAIL not in out


def test_an_event_that_nobody_knows(relay, to):
    code, out, err = to(relay, "audit", "event", "0" * 32)
    assert (code, out) == (1, "")
    assert "nothing is known of this event" in err


def test_coverage_and_the_log(relay, to):
    code, out, err = to(relay, "audit", "coverage", "--since", "1h")
    assert (code, err) == (0, "")
    assert "patterns found nothing" in out
    code, out, _ = to(relay, "audit", "log", "--json")
    assert code == 0
    assert [line["action"] for line in orjson.loads(out)][:2] == ["audit.log", "audit.coverage"]


def test_patterns_are_tried_before_they_are_deployed(relay, to, tmp_path):
    (tmp_path / "event.json").write_bytes(orjson.dumps({"message": "CUS-123456"}))
    (tmp_path / "shop.toml").write_text(PACK)
    code, out, _ = to(relay, "audit", "try", str(tmp_path / "event.json"))
    assert (code, out) == (0, "item 0 (event): kept\n")
    code, out, _ = to(
        relay, "audit", "try", str(tmp_path / "event.json"), "--packs", str(tmp_path / "shop.toml")
    )
    assert (code, out.splitlines()[0].split("\t")[1:3]) == (0, ["message", "shop.customer"])


def test_an_export_is_proven_clean_or_not(relay, to, tmp_path):
    clean, dirty = tmp_path / "clean.jsonl", tmp_path / "dirty.json"
    clean.write_bytes(orjson.dumps({"message": "[email]"}) + b"\n")
    dirty.write_bytes(orjson.dumps([{"event_id": ID, "message": MAIL}]))
    assert to(relay, "audit", "verify", str(clean))[:2] == (0, "1 events, 0 places, 0 not read\n")
    code, out, _ = to(relay, "audit", "verify", str(dirty))
    assert (code, out.splitlines()[0]) == (3, f"{ID}\tmessage\tcontact.email\t1")
    (tmp_path / "shop.toml").write_text(PACK)
    code, _, err = to(relay, "audit", "verify", str(dirty), "--packs", str(tmp_path / "shop.toml"))
    assert (code, "expected JSON lines" in err) == (2, True)


def test_an_event_that_is_too_large_is_told_though_more_of_it_is_sent(relay, to, tmp_path):
    huge = tmp_path / "huge.jsonl"
    huge.write_bytes(b'{"a": "' + b"x" * (60 * 2**20))
    code, _, err = to(relay, "audit", "verify", str(huge))
    assert code == 1
    assert "larger than" in err


def test_a_compressed_export_is_inflated(relay, to, tmp_path):
    whole = gzip.compress(b'{"message": "mail from %b"}\n{"a": oops}\n' % MAIL.encode())
    (tmp_path / "e.jsonl.gz").write_bytes(whole)
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[:-12])
    code, out, _ = to(relay, "audit", "verify", str(tmp_path / "e.jsonl.gz"))
    assert (code, out.splitlines()) == (
        3,
        [
            "event 1\tmessage\tcontact.email\t1",
            "event 2\tnot read: undecodable: line 1, column 7: unexpected character, expected a JSON value",
            "2 events, 1 places, 1 not read",
        ],
    )
    code, out, err = to(relay, "audit", "verify", str(tmp_path / "cut.jsonl.gz"))
    assert (code, out) == (1, "")
    assert "cut.jsonl.gz: not whole" in err


def test_keys_of_an_event_do_not_steer_the_terminal(relay, to, tmp_path):
    (tmp_path / "event.json").write_bytes(orjson.dumps({"a\x1b[2Jb": MAIL}))
    for command in ("verify", "try"):
        _, out, _ = to(relay, "audit", command, str(tmp_path / "event.json"))
        assert "a\\x1b[2Jb\tcontact.email" in out
