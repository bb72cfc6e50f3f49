"""What SDKs send, in each of the forms they send it, and what they are answered."""

import asyncio
import base64
import gzip
import zlib

import brotli
import orjson
import pytest
from backports import zstd

from scrubrelay.core.errors import Reason
from scrubrelay.core.project import PassThrough, Projects, Upstream
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import Own, parse_pack
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.envelope import decode
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.stores.base import StoreOptions
from scrubrelay.testing import Answer as SentryAnswer
from scrubrelay.testing import MiniSentry
from tests.helpers.http import send
from tests.service.conftest import KEY, REDACTOR, SMALL

EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc"
EVENT = orjson.dumps({"event_id": EVENT_ID, "message": "a hushhush b"})
OTHER = "b" * 32


def envelope(*, kind: str = "event", payload: bytes = EVENT, **header: object) -> bytes:
    header = {"event_id": EVENT_ID, **header}
    item = {"type": kind, "length": len(payload)}
    return b"\n".join((orjson.dumps(header), orjson.dumps(item), payload)) + b"\n"


def message(clean: bytes) -> str:
    return orjson.loads(decode(clean).items[0].payload)["message"]


async def test_an_envelope_is_answered_with_its_id_and_kept_scrubbed(relay):
    answer = await relay.envelope(envelope())
    assert (answer.status, answer.json) == (200, {"id": EVENT_ID})
    assert [message(clean) for clean in await relay.kept()] == ["a [word] b"]


CARRIERS = {
    "x-sentry-auth": ("", {"X_Sentry_Auth": f"Sentry sentry_version=7, sentry_key={KEY}, sentry_client=x/1"}),
    "authorization": ("", {"Authorization": f"Sentry sentry_key={KEY},sentry_version=7"}),
    "basic": ("", {"Authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()}),
    "query": (f"?sentry_version=7&sentry_key={KEY}&sentry_client=sentry.javascript.browser%2F11.12.0", {}),
    "old secret": (
        "",
        {"X_Sentry_Auth": f"Sentry sentry_version=4, sentry_key={KEY}, sentry_secret={OTHER}"},
    ),
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(("path", "body"), [("/api/1/envelope/", envelope()), ("/api/1/store/", EVENT)])
async def test_every_carrier_of_the_key_is_read(relay, path, body, carrier):
    query, headers = CARRIERS[carrier]
    assert (await relay.post(path + query, body, **headers)).json == {"id": EVENT_ID}


async def test_the_header_speaks_for_a_client_without_any_other_key(relay):
    answer = await relay.post("/api/1/envelope/", envelope(dsn=f"https://{KEY}@relay.example.com/1"))
    assert answer.json == {"id": EVENT_ID}


@pytest.mark.parametrize("path", ["/api/1/envelope/", "/tunnel"])
async def test_without_any_key_it_is_unauthorized(relay, path):
    answer = await relay.post(path, envelope())
    assert (answer.status, answer.json["detail"]) == (401, "missing authorization information")


@pytest.mark.parametrize(
    ("dsn", "cause"),
    [
        (f"https://{KEY}@relay.example.com/2", "project id header mismatch between envelope and request"),
        (f"https://{OTHER}@relay.example.com/1", "public key header mismatch between envelope and request"),
        ("https://hushhush", "invalid envelope header"),
        (7, "invalid envelope header"),
    ],
)
async def test_a_dsn_must_agree_with_the_request(relay, dsn, cause):
    answer = await relay.envelope(envelope(dsn=dsn))
    assert (answer.status, answer.json) == (400, {"detail": "invalid event envelope", "causes": [cause]})


@pytest.mark.parametrize("dsn", [f"http://{KEY}:@elsewhere.example/a/b/1", f"https://{KEY}:{OTHER}@x/1"])
async def test_host_path_and_secret_of_the_dsn_do_not_matter(relay, dsn):
    assert (await relay.envelope(envelope(dsn=dsn))).status == 200
    assert OTHER.encode() not in (await relay.kept())[0]


@pytest.mark.parametrize("path", ["/tunnel", "/tunnel/", "/tunnel?o=1&p=2", "/tunnel/any/5"])
async def test_a_tunnel_finds_the_project_in_the_envelope(relay, path):
    answer = await relay.post(path, envelope(dsn=f"https://{KEY}@o1.ingest.sentry.io/77"))
    assert answer.json == {"id": EVENT_ID}
    assert [one.project_id for one in await relay.listed()] == [77]


ENCODINGS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "raw deflate": lambda data: zlib.compress(data, wbits=-15),
    "br": brotli.compress,
    "zstd": zstd.compress,
    "identity": bytes,
    "": bytes,
    "UTF-8": bytes,
}


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_every_encoding_is_read(relay, encoding):
    body = ENCODINGS[encoding](envelope())
    answer = await relay.envelope(body, Content_Encoding=encoding.removeprefix("raw "))
    assert answer.json == {"id": EVENT_ID}


async def test_chunks_and_compression_go_together(relay):
    body = gzip.compress(envelope())
    head = (
        f"POST /api/1/envelope/?sentry_key={KEY} HTTP/1.1\nTransfer-Encoding: chunked\nContent-Encoding: gzip"
    )
    pieces = [body[at : at + 7] for at in range(0, len(body), 7)]
    assert (await send(relay.port, head, pieces, chunked=True)).json == {"id": EVENT_ID}


@pytest.mark.parametrize(
    "content_type", ["text/plain;charset=UTF-8", "application/json", "multipart/form-data", ""]
)
async def test_the_content_type_of_an_envelope_does_not_matter(relay, content_type):
    assert (await relay.envelope(envelope(), Content_Type=content_type)).status == 200


STORE_BODIES = {
    "json": EVENT,
    "base64": base64.b64encode(EVENT),
    "base64 of zlib": base64.b64encode(zlib.compress(EVENT)),
    "envelope": envelope(),
}


@pytest.mark.parametrize("form", STORE_BODIES)
async def test_every_form_of_a_store_body_is_read(relay, form):
    answer = await relay.post(f"/api/1/store/?sentry_key={KEY}", STORE_BODIES[form])
    assert answer.json == {"id": EVENT_ID}
    assert [message(clean) for clean in await relay.kept()] == ["a [word] b"]


@pytest.mark.parametrize(
    "data", [base64.b64encode(EVENT).decode(), base64.b64encode(zlib.compress(EVENT)).decode()]
)
async def test_the_pixel_brings_an_event(relay, data):
    answer = await send(relay.port, f"GET /api/1/store/?sentry_key={KEY}&sentry_data={data} HTTP/1.1")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
    assert [message(clean) for clean in await relay.kept()] == ["a [word] b"]


async def test_an_empty_envelope_is_fine_and_nothing_is_kept(relay):
    answer = await relay.envelope(b"{}\n")
    assert (answer.status, answer.json) == (200, {})
    assert await relay.listed() == []


async def test_what_is_not_understood_is_counted_not_passed(relay):
    answer = await relay.envelope(envelope(kind="brand_new", payload=b"hushhush"))
    assert answer.status == 200
    assert await relay.kept() == []
    assert (await relay.ledger())["default", Reason.NOT_UNDERSTOOD] == 1


async def test_a_big_event_is_scrubbed_too(relay):
    payload = orjson.dumps({"event_id": EVENT_ID, "message": "hushhush", "extra": {"x": ["y" * 99] * 2000}})
    assert (await relay.envelope(envelope(payload=payload))).status == 200
    assert [message(clean) for clean in await relay.kept()] == ["[word]"]


HOSTILE = {
    "empty": (b"", 400),
    "not json": (b"hushhush\n", 400),
    "header is a list": (b"[]\n", 400),
    "item header is missing its type": (b'{}\n{"length":1}\nx\n', 400),
    "length beyond the end": (b'{}\n{"type":"event","length":9999}\nhushhush', 400),
    "negative length": (b'{}\n{"type":"event","length":-1}\nhushhush', 400),
    "too many items": (b"{}\n" + b'{"type":"session","length":2}\n{}\n' * 501, 400),
    "event id": (b'{"event_id":"hushhush"}\n{"type":"event"}\n{}\n', 400),
    "deep header": (b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"\n", 400),
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_malformed_envelopes_are_refused_without_repeating_them(relay, what):
    body, status = HOSTILE[what]
    answer = await relay.envelope(body)
    assert (answer.status, answer.json["detail"]) == (status, "invalid event envelope")
    assert b"hushhush" not in answer.body


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"x" * (SMALL.max_body_bytes + 1), "", 413),
        (gzip.compress(b"\0" * 5_000_000, mtime=0), "gzip", 413),
        (brotli.compress(b"\0" * 5_000_000), "br", 413),
        (zstd.compress(b"\0" * 5_000_000), "zstd", 413),
        (b"not compressed", "gzip", 400),
        (gzip.compress(b"{}\n", mtime=0)[:-4], "gzip", 400),
        (b"{}", "rot13", 415),
        (b"{}", "gzip, br", 415),
    ],
)
async def test_bodies_are_read_within_limits(relay, body, encoding, status):
    assert (await relay.envelope(body, Content_Encoding=encoding)).status == status


async def test_a_declared_length_over_the_limit_is_refused_unread(relay):
    head = f"POST /api/1/envelope/?sentry_key={KEY} HTTP/1.1\nContent-Length: 999999999"
    assert (await send(relay.port, head)).status == 413


async def test_endless_chunks_are_cut_off(relay):
    head = f"POST /api/1/envelope/?sentry_key={KEY} HTTP/1.1\nTransfer-Encoding: chunked"
    answer = await send(relay.port, head, (b"x" * 50_000 for _ in range(20)), chunked=True)
    assert answer.status in {413, 0}  # 0: the connection was closed before all of it was sent
    assert await relay.listed() == []


async def test_a_client_that_asks_first_is_invited(relay):
    body = envelope()
    head = (
        f"POST /api/1/envelope/?sentry_key={KEY} HTTP/1.1\nExpect: 100-continue\nContent-Length: {len(body)}"
    )
    assert (await send(relay.port, head, [body])).json == {"id": EVENT_ID}


@pytest.mark.parametrize("store_options", [StoreOptions("os", max_bytes=1)])
async def test_a_full_store_says_when_to_come_again_and_is_counted(relay):
    answer = await relay.envelope(envelope())
    assert (answer.status, "retry-after" in answer.headers) == (429, True)
    assert (await relay.ledger())["error", Reason.STORE_FULL] == 1


async def test_many_at_once_are_all_kept(relay):
    answers = await asyncio.gather(*(relay.envelope(envelope(kind="session")) for _ in range(50)))
    assert {answer.status for answer in answers} == {200}
    assert len(await relay.listed()) == 50


class TestRateLimits:
    """What upstream wants no more of is refused here, and SDKs are told to hold it back."""

    @pytest.fixture
    async def projects(self):
        async with MiniSentry() as sentry:
            sentry.always(SentryAnswer(429, {"X-Sentry-Rate-Limits": "60:error:key:quota"}))
            yield Projects(passing=PassThrough(REDACTOR, Upstream(sentry.url)))

    @pytest.fixture
    async def limited(self, relay, projects):
        """A relay that upstream has told so."""
        await relay.envelope(envelope())
        async with asyncio.timeout(60):
            project, now = projects.find(KEY, 1), SystemClock().now()
            while not relay.outbox.limits(project).limited("error", now):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        return relay

    async def test_what_is_limited_whole_is_refused_and_counted(self, limited):
        answer = await limited.envelope(envelope())
        assert answer.status == 429
        assert 50 <= int(answer.headers["retry-after"]) <= 60
        assert "error:key:quota" in answer.headers["x-sentry-rate-limits"]
        assert (await limited.ledger())["error", Reason.RATE_LIMITED] == 1

    async def test_the_rest_is_taken_and_told_the_same(self, limited):
        answer = await limited.envelope(envelope(kind="session", payload=b"{}"))
        assert answer.status == 200
        assert "error:key:quota" in answer.headers["x-sentry-rate-limits"]


_SLOW = """
[[pattern]]
id = "slow.z"
label = "[z]"
match = '(?: z | zz )+ (?! z ) (?= b )'
"""
SLOW = Redactor(
    Library.compile([parse_pack(_SLOW, "slow.toml", Own(lambda name: (name, "")))]), Policy(budget=0.01)
)


@pytest.mark.parametrize("projects", [Projects(passing=PassThrough(SLOW))])
async def test_a_pattern_that_runs_out_of_time_is_logged_once_by_its_name(relay, caplog):
    """Never with a word of the text."""
    evil = orjson.dumps({"event_id": EVENT_ID, "message": "z" * 200})
    for _ in range(2):
        assert (await relay.envelope(envelope(payload=evil))).status == 200
    (told,) = [one.getMessage() for one in caplog.records if "pattern_timed_out" in one.getMessage()]
    assert "pattern=slow.z" in told
    assert "zzz" not in caplog.text
    assert [message(clean) for clean in await relay.kept()] == ["[hidden]"] * 2


@pytest.mark.parametrize("projects", [Projects(passing=PassThrough(SLOW))])
async def test_every_string_on_which_a_pattern_ran_out_of_time_is_counted(relay):
    """Of an event that comes again, too: what is remembered of it is hidden as it was."""
    evil = orjson.dumps({"event_id": EVENT_ID, "message": "z" * 200, "extra": {"a": "z" * 201}})
    for _ in range(2):
        await relay.envelope(envelope(payload=evil))
    assert relay.watch.meters.figures()["late"] == {"slow.z": 4}


async def test_at_level_debug_every_drop_and_request_has_its_line_without_payload(relay, caplog):
    caplog.set_level("DEBUG", "scrubrelay")
    body = b'{"event_id":"%b"}\n{"type":"event"}\nhushhush' % (b"b" * 32)
    for _ in range(2):
        await relay.envelope(body)
    lines = [record.getMessage() for record in caplog.records]
    dropped = [line for line in lines if line.startswith("dropped ")]
    assert [f"event_id={'b' * 32}" in line and "reason=undecodable" in line for line in dropped] == [
        True,
        True,
    ]
    assert [line.startswith("request endpoint=envelope status=200 ") for line in lines].count(True) == 2
    assert not [line for line in lines if "hushhush" in line or KEY in line]
