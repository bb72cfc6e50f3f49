"""An app changes the host in its DSN, throws, and the event is in a real server with its secrets gone."""

import base64
import gzip
import uuid
import zlib
from collections.abc import Callable
from http.client import HTTPConnection

import orjson
import pytest

from tests.helpers.plants import KEYED, TEXTS, kinds_below, kinds_in
from tests.helpers.relay import KEY, Relay
from tests.sdk.bugsink import Bugsink
from tests.sdk.conftest import App

pytestmark = pytest.mark.sdk
both_sdks = pytest.mark.parametrize("app", ["python_app", "node_app"], indirect=True)


def assert_scrubbed(bugsink: Bugsink, relay: Relay, event_id: str) -> dict[str, object]:
    """The event is there, with nothing of the secrets in the server's or the relay's files."""
    event = bugsink.event(event_id)
    assert kinds_in(orjson.dumps(event)) == set()
    assert kinds_below(bugsink.directory, relay.directory) == {}
    return event


@pytest.fixture(scope="module", autouse=True)
def _stays_clean(pass_through: Relay, translating: Relay):
    """Nothing that a test sent is left in the relays' files after a clean end either."""
    yield
    for relay in (pass_through, translating):
        assert relay.stop() == 0
        assert kinds_below(relay.directory) == {}


@both_sdks
def test_an_error_arrives_scrubbed_through_a_pass_through_upstream(
    app: App, bugsink: Bugsink, pass_through: Relay
):
    project, key = bugsink.project()
    event = assert_scrubbed(bugsink, pass_through, app.run(pass_through.dsn(project, key)))
    assert {"exception", "breadcrumbs", "user", "request", "extra", "tags", "contexts"} <= set(event)


@both_sdks
def test_an_error_arrives_scrubbed_under_a_translated_dsn(app: App, bugsink: Bugsink, translating: Relay):
    event = assert_scrubbed(bugsink, translating, app.run(translating.dsn(4711)))
    assert event["release"] == "shop@1.4.2"


@both_sdks
def test_a_dsn_with_a_path_prefix_works(app: App, bugsink: Bugsink, translating: Relay):
    assert_scrubbed(bugsink, translating, app.run(translating.dsn(4711, prefix="/eu/sentry")))


def test_the_tunnel_option_works(node_app: App, bugsink: Bugsink, translating: Relay):
    dsn = f"https://{KEY}@errors.example.com/4711"
    assert_scrubbed(bugsink, translating, node_app.run(dsn, f"{translating.url}/tunnel"))


def _event() -> dict[str, object]:
    return {
        "event_id": uuid.uuid4().hex,
        "platform": "other",
        "message": " ".join(TEXTS.values()),
        "extra": {**KEYED},
    }


def _envelope(dsn: str) -> Callable[[dict[str, object]], bytes]:
    def encode(event: dict[str, object]) -> bytes:
        head = orjson.dumps({"event_id": event["event_id"], "dsn": dsn})
        return b"\n".join((head, b'{"type":"event"}', orjson.dumps(event)))

    return encode


_AUTH = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_client=raw/1, sentry_key={KEY}"}
_TEXT = {"Content-Type": "text/plain;charset=UTF-8", "Origin": "https://shop.example.com"}


@pytest.mark.parametrize(
    ("path", "headers", "encode"),
    [
        ("/api/4711/store/", _AUTH, orjson.dumps),
        (
            "/api/4711/store/",
            _AUTH | {"Content-Encoding": "gzip"},
            lambda event: gzip.compress(orjson.dumps(event)),
        ),
        ("/api/4711/store/", _AUTH, lambda event: base64.b64encode(zlib.compress(orjson.dumps(event)))),
        ("/api/store/", _AUTH, orjson.dumps),
        (f"/api/4711/envelope/?sentry_key={KEY}", _TEXT, _envelope(f"https://{KEY}@errors.example.com/4711")),
        ("/tunnel?o=1", _TEXT, _envelope(f"https://{KEY}@errors.example.com/4711")),
    ],
    ids=["store", "store-gzip", "store-base64-zlib", "store-old", "browser", "browser-tunnel"],
)
def test_what_other_clients_send_arrives_scrubbed(
    path, headers, encode, bugsink: Bugsink, translating: Relay
):
    event = _event()
    connection = HTTPConnection("127.0.0.1", translating.port, timeout=60)
    connection.request("POST", path, encode(event), headers)
    answer = connection.getresponse()
    assert (answer.status, orjson.loads(answer.read())) == (200, {"id": event["event_id"]})
    connection.close()
    assert_scrubbed(bugsink, translating, str(event["event_id"]))
