"""Which path leads where, and what browsers hear."""

import orjson
import pytest

from tests.helpers.http import send
from tests.service.conftest import KEY

EVENT = orjson.dumps({"event_id": "9ec79c33ec9942ab8353589fcb2e04dc", "message": "x"})
ENVELOPE = b'{}\n{"type":"event"}\n' + EVENT
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-sentry-error, x-sentry-rate-limits, retry-after",
    "cross-origin-resource-policy": "cross-origin",
}


@pytest.mark.parametrize(
    "path",
    [
        "/api/1/envelope/",
        "/api/1/envelope",
        "/a/b/api/1/envelope/",
        "/api/api/1/envelope/",
        "//api//1///envelope//",
        "/api/%31/envelope/",
        "http://sentry.invalid/api/1/envelope/",
        "http://sentry.invalid:80/a/api/1/envelope/",
    ],
)
async def test_an_envelope_gets_in_under_any_prefix(relay, path):
    assert (await relay.post(f"{path}?sentry_key={KEY}", ENVELOPE)).status == 200


@pytest.mark.parametrize("path", ["/api/1/store/", "/api/1/store", "/a/b/api/1/store/", "//api//1//store//"])
async def test_an_event_gets_in_under_any_prefix(relay, path):
    assert (await relay.post(f"{path}?sentry_key={KEY}", EVENT)).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/",
        "/api/envelope/",
        "/api/1/unknown/",
        "/api/1/envelope/more",
        "/api/0/organizations/",
        "/api/1/security/",
        "/tunnels",
        "/robots.txt",
        "/..%2f..%2fetc/passwd",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_what_is_not_known_is_not_passed_on(relay, path, method):
    answer = await send(relay.port, f"{method} {path} HTTP/1.1")
    assert (answer.status, answer.json) == (404, {"detail": "not found"})


@pytest.mark.parametrize("project", ["x", "-1", "1.0", "%D9%A3", "9" * 19, "1e3", "%00"])
async def test_a_project_is_a_number(relay, project):
    answer = await relay.post(f"/api/{project}/envelope/?sentry_key={KEY}", ENVELOPE)
    assert (answer.status, answer.json) == (400, {"detail": "bad project path parameter"})


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/1/envelope/"), ("PUT", "/api/1/store/"), ("POST", "/healthz")]
)
async def test_other_methods_are_told_which_there_are(relay, method, path):
    answer = await send(relay.port, f"{method} {path} HTTP/1.1")
    assert (answer.status, "allow" in answer.headers) == (405, True)


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/api/relay/healthcheck/live/", "/api/relay/healthcheck/ready/"]
)
async def test_health_is_told(relay, path):
    answer = await send(relay.port, f"GET {path} HTTP/1.1")
    assert (answer.status, answer.json) == (200, {"is_healthy": True})


@pytest.mark.parametrize(("project_id", "state"), [(None, "off"), (7, "partly")])
async def test_readiness_says_what_is_switched_off(relay, project_id, state):
    await relay.outbox.switches.turn_off(project_id, None, "test")
    answer = await send(relay.port, "GET /readyz HTTP/1.1")
    assert (answer.status, answer.json) == (200, {"is_healthy": True, "capture": state})


@pytest.mark.parametrize("ready", [lambda: False])
async def test_a_store_that_cannot_write_is_alive_but_not_ready(relay):
    answers = [await send(relay.port, f"GET {path} HTTP/1.1") for path in ("/healthz", "/readyz")]
    assert [answer.status for answer in answers] == [200, 503]


@pytest.mark.parametrize("path", ["/api/1/envelope/", "/api/1/store/", "/api/store/", "/tunnel"])
async def test_a_preflight_needs_no_key(relay, path):
    answer = await send(relay.port, f"OPTIONS {path} HTTP/1.1\nOrigin: https://shop.example")
    assert answer.status == 200
    assert answer.headers["access-control-allow-methods"] == "post"
    assert CORS.items() <= answer.headers.items()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"/api/1/envelope/?sentry_key={KEY}", ENVELOPE, 200),
        (f"/api/1/envelope/?sentry_key={KEY}", b"x", 400),
        ("/api/1/envelope/", ENVELOPE, 401),
        ("/nowhere", b"", 404),
    ],
)
async def test_a_browser_can_read_every_answer(relay, path, body, status):
    answer = await relay.post(path, body, Origin="https://shop.example")
    assert answer.status == status
    assert CORS.items() <= answer.headers.items()
    assert "shop.example" not in str(answer.headers)


@pytest.mark.parametrize("sent", ["hushhush\r\n\r\n", "GET /\0 HTTP/1.1", "POST /api/1/envelope/ HTTP/9.9"])
async def test_what_is_not_http_is_refused(relay, sent, caplog):
    answer = await send(relay.port, sent)
    assert answer.status in {0, 400, 404}
    assert "hushhush" not in caplog.text


@pytest.mark.parametrize(
    "line", ["CONNECT sentry.invalid:80", "OPTIONS *", "TRACE /", "GET http://[::1", "POST //", "GET /%ff%fe"]
)
async def test_nothing_is_proxied(relay, line):
    assert (await send(relay.port, f"{line} HTTP/1.1")).status in {400, 404, 405}


async def test_a_broken_chunk_is_a_bad_request(relay):
    head = f"POST /api/1/envelope/?sentry_key={KEY} HTTP/1.1\nTransfer-Encoding: chunked"
    answer = await send(relay.port, head, [b"not a chunk size\r\nhushhush\r\n"])
    assert answer.status in {400, 0}
    assert await relay.listed() == []


@pytest.mark.parametrize(
    "line", ["Cookie: session=hushhush\0", "hushhush", "hush hush: x", "Content-Length: hushhush"], ids=repr
)
async def test_what_is_no_http_is_refused_and_not_repeated(relay, line):
    answer = await send(relay.port, f"POST /api/1/envelope/?sentry_key={KEY} HTTP/1.1\n{line}")
    assert answer.status == 400
    assert b"hush" not in answer.body
