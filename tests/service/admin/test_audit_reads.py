"""What the audit tells of the traffic, and who is told."""

import csv
import io
from datetime import datetime, timedelta
from urllib.parse import quote

import orjson
import pytest

from scrubrelay.service.admin.audit_findings import _csv
from tests.service.admin.conftest import READER, TOKENS, WRITER

ID = "0123456789abcdef" * 2
PATHS = (
    "/api/audit/findings",
    "/api/audit/coverage",
    f"/api/audit/events/{ID}",
    "/api/audit/log",
)


def envelope(*items: tuple[str, object], event_id: str = ID) -> bytes:
    lines = [orjson.dumps({"event_id": event_id})]
    for kind, payload in items:
        data = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        lines += [orjson.dumps({"type": kind, "length": len(data)}), data]
    return b"\n".join(lines)


EVENT = envelope(
    ("event", {"message": "a hushhush b", "extra": {"jane_doe": {"token": "hushhush"}, "note": "hushhush"}}),
    ("replay_video", b"abc"),
)


async def page(admin, path: str) -> dict:
    answer = await admin.get(path)
    assert answer.status == 200, answer.body
    return answer.json


async def test_what_was_redacted_is_added_up(relay, admin):
    await relay.envelope(EVENT)
    await relay.envelope(EVENT)
    told = await page(admin, "/api/audit/findings")
    begun, ended = (datetime.fromisoformat(told.pop(one)) for one in ("since", "until"))
    assert ended - begun == timedelta(hours=25)
    assert told == {
        "findings": [
            {"hour": None, "project": None, "type": None, "pattern": "test.word", "path": one, "count": 2}
            for one in ("extra.*.token", "extra.note", "message")
        ],
        "next": None,
    }
    assert b"jane" not in orjson.dumps(told)


async def test_findings_are_paged_by_a_cursor(relay, admin):
    await relay.envelope(EVENT)
    first = await page(admin, "/api/audit/findings?limit=2&by=path&by=type")
    rest = await page(admin, f"/api/audit/findings?limit=2&by=path,type&cursor={first['next']}")
    assert [one["path"] for one in (*first["findings"], *rest["findings"])] == [
        "extra.*.token",
        "extra.note",
        "message",
    ]
    assert rest["next"] is None
    assert (await admin.get(f"/api/audit/findings?by=path&cursor={first['next']}")).status == 400


async def test_findings_come_as_csv(relay, admin):
    await relay.envelope(EVENT)
    for path, headers in (
        ("/api/audit/findings?format=csv&by=project,path&limit=2", {}),
        ("/api/audit/findings?by=project,path&limit=2", {"Accept": "text/csv"}),
    ):
        answer = await admin.get(path, **headers)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = [*csv.reader(answer.body.decode().splitlines())]
        assert rows == [["project", "path", "count"], ["1", "extra.*.token", "1"], ["1", "extra.note", "1"]]
        assert answer.headers["x-next-cursor"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("project=1", 3),
        ("project=2", 0),
        ("type=event", 3),
        ("type=transaction", 0),
        ("pattern=test", 3),
        ("path=extra", 2),
        ("since=1h", 3),
        ("since=3d&until=2h", 0),
        ("pattern=contact.email", 0),
        ("pattern=timed_out.contact", 0),
        ("pattern=rules.1", 0),
    ],
)
async def test_findings_are_filtered(relay, admin, query, count):
    await relay.envelope(EVENT)
    told = await page(admin, f"/api/audit/findings?by=path&{query}")
    assert sum(one["count"] for one in told["findings"]) == count


WRONG = (
    "/api/audit/findings?by=text",
    "/api/audit/findings?by=path,path",
    "/api/audit/findings?by=",
    "/api/audit/findings?limit=0",
    "/api/audit/findings?limit=1001",
    "/api/audit/findings?cursor=x",
    "/api/audit/findings?cursor=" + "bnVsbA==",
    "/api/audit/findings?since=yesterday",
    "/api/audit/findings?since=-1",
    "/api/audit/findings?since=1e400",
    "/api/audit/findings?since=nan",
    "/api/audit/findings?since=1h&since=2h",
    "/api/audit/findings?since=1h&until=2h",
    "/api/audit/findings?until=2020-01-01",
    "/api/audit/findings?since=2100-01-01T00:00:00Z",
    "/api/audit/findings?pattern=contact.emial",
    "/api/audit/coverage?since=1d&until=2d",
    "/api/audit/findings?until=9999999999999",
    "/api/audit/findings?project=-5",
    "/api/audit/findings?unknown=1",
    "/api/audit/findings?format=xml",
    "/api/audit/findings?path=" + "x" * 201,
    "/api/audit/coverage?top=0",
    "/api/audit/events/5",
    "/api/audit/events/" + quote("\x00" * 32),
    "/api/audit/log?before=0",
    "/api/audit/log?limit=x",
)


@pytest.mark.parametrize("path", WRONG)
async def test_wrong_questions_are_refused_with_the_place(admin, path):
    answer = await admin.get(path)
    assert answer.status == 400
    assert answer.json["detail"]


async def test_a_typo_does_not_pass_for_a_proof(admin):
    answer = await admin.get("/api/audit/findings?pattern=contact.emial")
    assert (answer.status, 'did you mean "contact.email"?' in answer.json["detail"]) == (400, True)
    answer = await admin.get("/api/audit/findings?until=3d")
    assert answer.json["detail"] == "since: expected a moment before `until`"


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1"])
def test_no_cell_of_the_csv_is_a_formula(cell):
    (row,) = csv.reader(io.StringIO(_csv((), [(cell, "extra.note", 5)]).removeprefix("\r\n")))
    assert row == [f"'{cell}", "extra.note", "5"]


async def test_an_event_is_found_by_its_id(relay, admin):
    await relay.envelope(EVENT)
    told = await page(admin, f"/api/audit/events/{ID}")
    (story,) = told["envelopes"]
    assert (story["project"], story["deliveries"]) == (1, [])
    event, video = story["items"]
    assert (event["type"], event["decision"], event["reason"]) == ("event", "kept", None)
    assert {"pattern": "test.word", "path": "extra.*.token", "count": 1} in event["findings"]
    assert (video["decision"], video["reason"]) == ("dropped", "not_understood")
    dashed = f"{ID[:8]}-{ID[8:12]}-{ID[12:16]}-{ID[16:20]}-{ID[20:]}".upper()
    assert (await page(admin, f"/api/audit/events/{dashed}"))["event_id"] == ID


async def test_an_event_that_was_dropped_is_found_too(relay, admin):
    await relay.envelope(envelope(("replay_video", b"abc")))
    (story,) = (await page(admin, f"/api/audit/events/{ID}"))["envelopes"]
    assert [one["reason"] for one in story["items"]] == ["not_understood"]


async def test_an_event_that_is_not_known_is_not_found(admin):
    answer = await admin.get(f"/api/audit/events/{ID}")
    assert answer.status == 404
    assert answer.json["causes"] == ["kept for 7 days, and until there is no room for it"]


async def test_coverage_tells_what_was_never_found_and_what_was_not_read(relay, admin):
    await relay.envelope(EVENT)
    told = await page(admin, "/api/audit/coverage?since=1h")
    assert "test.word" not in told["never_found"]
    assert "contact.email" in told["never_found"]
    assert told["patterns"] == len(told["never_found"])
    assert told["hot_paths"][0] == {"path": "extra.*.token", "count": 1, "patterns": {"test.word": 1}}
    assert told["dropped_unread"] == [{"type": "replay_video", "reason": "not_understood", "items": 1}]
    assert told["items"] == {"event": 1, "replay_video": 1}


@pytest.mark.parametrize("config", [TOKENS])
async def test_who_has_read_is_read_in_the_log(admin):
    reader = {"Authorization": f"Bearer {READER}"}
    await admin.get("/api/audit/findings?path=extra&limit=5", **reader)
    await admin.get(f"/api/audit/events/{ID}", **reader)
    told = await page(admin, "/api/audit/log?limit=2")
    assert [(one["who"], one["action"], one["detail"]) for one in told["log"]] == [
        ("on-call", "audit.log", {"limit": "2"}),
        ("dashboard", "audit.event", {"event_id": ID}),
    ]
    (oldest,) = (await page(admin, f"/api/audit/log?before={told['next']}"))["log"]
    assert oldest["detail"] == {"path": "extra", "limit": "5"}


@pytest.mark.parametrize("config", [TOKENS])
@pytest.mark.parametrize("path", PATHS)
async def test_each_page_asks_for_a_token_that_reads(admin, path):
    assert (await admin.get(path, Authorization="")).status == 401
    assert (await admin.get(path, Authorization=f"Bearer {READER}")).status in {200, 404}
    assert (await admin.get(path, Authorization=f"Bearer {WRITER}")).status in {200, 404}
    assert (await admin.ask("DELETE", path)).status == 405


async def test_a_question_that_cannot_be_noted_is_not_answered(relay, admin):
    await relay.outbox.store.close()
    answers = [(await admin.get(path)).status for path in PATHS]
    assert answers == [503] * len(PATHS)
