"""Who is let in, and what is answered to whoever is not."""

import asyncio
import gzip
from itertools import product

import pytest

from scrubrelay.service.admin.table import ROUTES
from tests.helpers.http import send
from tests.service.admin.conftest import READER, TOKENS, WRITER
from tests.service.conftest import KEY

ENVELOPE = b'{}\n{"type":"session"}\n{}'
TOKEN = "a-token-of-the-tests"


async def test_the_status_has_ledger_outbox_and_configuration(relay, admin):
    await relay.envelope(ENVELOPE)
    figures = (await admin.get("/api/status")).json
    configuration = figures["configuration"]
    assert configuration.pop("loaded_at") > 1e9
    assert configuration == {"generation": 1, "problems": [], "reloads": {"taken": 0, "refused": 0}}
    assert figures["store"]["kept"] == 1
    assert {
        "project_id": 1,
        "category": "session",
        "target": "",
        "fate": "received",
        "quantity": 1,
    } in figures["ledger"]


async def test_metrics_count_what_the_ledger_counts(relay, admin):
    await relay.envelope(ENVELOPE)
    text = (await admin.get("/metrics")).body.decode()
    line = 'scrubrelay_items_total{category="session",fate="received",project="1",target=""} 1.0'
    assert line in text.splitlines()
    assert "scrubrelay_outbox_kept 1.0" in text.splitlines()


@pytest.mark.parametrize("environ", [{"SCRUBRELAY_ADMIN_TOKEN": TOKEN}, {}], ids=["set", "own"])
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer \u00fc"]
)
async def test_who_has_no_token_is_refused(admin, header):
    answer = await admin.get("/api/status", Authorization=header)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "bearer")


@pytest.mark.parametrize("environ", [{"SCRUBRELAY_ADMIN_TOKEN": TOKEN}])
async def test_the_one_token_of_old_is_let_in(admin):
    assert (await admin.get("/api/status", Authorization=f"Bearer {TOKEN}")).status == 200


@pytest.mark.parametrize("config", [TOKENS])
@pytest.mark.parametrize("token", [READER, WRITER])
async def test_each_of_several_tokens_is_let_in(admin, token):
    assert (await admin.get("/api/status", Authorization=f"Bearer {token}")).status == 200


@pytest.mark.parametrize("config", [TOKENS])
@pytest.mark.parametrize("route", [one for one in ROUTES if one.scope == "write"], ids=lambda one: one.path)
async def test_a_token_for_reading_changes_nothing(admin, route):
    answer = await admin.ask(route.method, route.path, Authorization=f"Bearer {READER}")
    assert (answer.status, answer.json["detail"]) == (403, 'the token "dashboard" may only read')


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: f"{one.method} {one.path}")
async def test_no_route_answers_without_a_token(admin, route):
    assert (await admin.ask(route.method, route.path, Authorization="")).status == 401


@pytest.mark.parametrize(
    ("name", "status"), [("localhost", 200), ("127.0.0.1", 200), ("rebound.example", 403)]
)
async def test_without_a_configured_token_a_foreign_name_is_refused(admin, name, status):
    head = f"GET http://{name}/api/status HTTP/1.1\nAuthorization: Bearer {admin.token}"
    assert (await send(admin.port, head)).status == status


@pytest.mark.parametrize(
    "host", ["localhost:99999", "localhost:abc", "::1", "xn--a", "\xff\xfe", "[zz]:1", ""]
)
async def test_a_name_that_is_none_is_foreign_and_no_defect(admin, caplog, host):
    """Whoever asks has shown no token yet, so that it must not fill the log."""
    reader, writer = await asyncio.open_connection("127.0.0.1", admin.port)
    writer.write(f"GET /api/status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1"))
    assert (await reader.read()).startswith(b"HTTP/1.1 403 ")
    writer.close()
    assert caplog.records == []


async def test_no_web_page_may_read_it(admin):
    assert "access-control-allow-origin" not in (await admin.get("/api/status")).headers


async def test_other_paths_and_methods_are_refused(relay, admin):
    assert (await admin.get(f"/api/1/envelope/?sentry_key={KEY}")).status == 404
    assert (await admin.ask("POST", "/api/status")).status == 405


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *product(
            ("GET", "POST", "DELETE", "PATCH", "X"),
            ("/", "//", "/api", "/api/status/../../etc/passwd", "/%2e%2e/", "/api/%00", "/api/\udcff", "*"),
        )
    ],
)
async def test_strange_paths_are_refused_and_nothing_else(admin, method, path):
    line = f"{method} {path} HTTP/1.1".encode(errors="surrogateescape").decode("latin-1")
    answer = await send(admin.port, f"{line}\nAuthorization: Bearer {admin.token}\nHost: localhost")
    assert answer.status in {400, 403, 404, 405}


HOSTILE = [
    b"hushhush",
    b"\xff\x00hushhush",
    b"[" * 60_000,
    b'{"ids": "hushhush", "capture": {"hush": "hushhush"}, "issue": ["hushhush"], "all": "hushhush"}',
    b'"hushhush"',
    b"1e999",
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize(
    "route", [one for one in ROUTES if one.body and one.scope == "write"], ids=lambda one: one.path
)
async def test_a_hostile_body_is_refused_and_not_repeated(admin, route, body):
    answer = await admin.ask(route.method, route.path, body)
    assert answer.status == 400
    assert b"hushhush" not in answer.body


@pytest.mark.parametrize(
    "query", ["limit=hushhush", "project=hushhush", "limit=1&limit=hushhush", "%00=%ff&=hushhush&&"]
)
@pytest.mark.parametrize(
    "route", [one for one in ROUTES if one.query], ids=lambda one: f"{one.method} {one.path}"
)
async def test_a_hostile_query_is_refused_and_not_repeated(admin, route, query):
    answer = await admin.ask(route.method, f"{route.path}?{query}")
    assert answer.status in {400, 404}
    assert b"hushhush" not in answer.body


async def test_a_body_that_never_ends_is_cut_off(admin):
    head = f"POST http://localhost/api/capture HTTP/1.1\nAuthorization: Bearer {admin.token}"
    head += "\nTransfer-Encoding: chunked"
    answer = await send(admin.port, head, [b"x" * 1000] * 200, chunked=True)
    assert answer.status == 413


async def test_what_is_not_there_is_told_with_what_is(admin):
    answer = await admin.get("/api/event")
    assert (answer.status, answer.json["causes"]) == (404, ["GET /api/openapi.json has every path"])
    answer = await admin.ask("DELETE", "/api/capture")
    assert (answer.status, answer.json["causes"]) == (405, ["expected GET, HEAD, POST"])


@pytest.mark.parametrize(
    ("head", "causes"),
    [
        ("GET /api/status?q=hushhush" + "x" * 70_000 + " HTTP/1.1", True),
        ("GET /api/status HTTP/1.1\nCookie: hushhush" + "x" * 40_000, True),
        ("HUSHHUSH", False),
        ("GET /api/status HTTP/1.1\nhushhush", False),
    ],
)
async def test_what_is_no_request_is_told_as_json_and_not_repeated(admin, head, causes):
    answer = await send(admin.port, head)
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (400, "application/json")
    assert answer.json["detail"] == "not a request that can be read as HTTP"
    assert ("causes" in answer.json) is causes
    assert b"hush" not in answer.body.lower()


async def test_an_order_may_be_compressed_and_come_in_pieces(admin):
    body = gzip.compress(b'{"capture": "off", "project": 1}')
    answer = await admin.ask("POST", "/api/capture", body, **{"Content-Encoding": "gzip"})
    assert answer.json["state"] == "partly"
    answer = await admin.ask("POST", "/api/capture", b"{}", **{"Content-Encoding": "compress"})
    assert (answer.status, "gzip" in answer.json["causes"][0]) == (415, True)
    answer = await admin.ask("POST", "/api/capture", b" " * 70_000)
    assert (answer.status, answer.json["causes"]) == (413, ["more than 65536 bytes came"])


async def test_a_reload_takes_no_order(admin):
    assert (await admin.ask("POST", "/api/reload", {"dry": True})).status == 400
    assert (await admin.ask("POST", "/api/reload", {})).status == 200


@pytest.mark.parametrize(
    ("query", "cause"),
    [
        ("limit=1&limit=2", "limit: expected a whole number, once"),
        ("limit=0", "limit: expected 1 or more"),
        ("limit=x", "limit: expected a whole number"),
        ("hushhush=1&hush=2&c=3", "a name that is not known; there are state, after, limit"),
        ("lmit=1", 'a name that is not known, did you mean "limit"?; there are state, after, limit'),
        ("state=hushhush", 'state: expected "waiting", "dead" or "kept"'),
    ],
)
async def test_a_wrong_query_is_told_once_and_not_repeated(admin, query, cause):
    answer = await admin.get(f"/api/outbox?{query}")
    assert (answer.status, answer.json["causes"]) == (400, [cause])


async def test_a_reason_that_there_is_not_is_no_filter(admin):
    answer = await admin.get("/api/tail?reason=hushhush")
    assert (answer.status, answer.json["causes"][0][:16]) == (400, "reason: expected")


@pytest.mark.parametrize("config", [TOKENS])
async def test_a_change_that_a_token_for_reading_tried_is_in_the_log(admin):
    order = {"capture": "off", "project": 7}
    answer = await admin.ask("POST", "/api/capture", order, Authorization=f"Bearer {READER}")
    assert answer.status == 403
    (line,) = await admin.services.outbox.store.audit.deeds()
    assert (line.who, line.action, line.detail) == (
        "dashboard",
        "refused",
        {"method": "POST", "path": "/api/capture"},
    )
