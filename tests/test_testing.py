"""What users' tests rely on."""

import asyncio

import aiohttp
import pytest

from scrubrelay.core.wire.encoding import deflate
from scrubrelay.testing import (
    KEY,
    Answer,
    ManualClock,
    MiniSentry,
    make_event,
    make_transaction,
    parse_envelope,
)

AUTH = {
    "X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={KEY}",
    "Content-Type": "application/x-sentry-envelope",
}


async def post(sentry: MiniSentry, body: bytes, path: str = "/api/1/envelope/", **headers: str) -> int:
    async with aiohttp.ClientSession() as session:
        sent = {**AUTH, **{name.replace("_", "-"): text for name, text in headers.items()}}
        async with session.post(f"{sentry.url}{path}", data=body, headers=sent) as answer:
            return answer.status


async def test_sleepers_wake_in_the_order_of_their_moments() -> None:
    clock, woken = ManualClock(now=100.0), []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.now()))

    async with asyncio.TaskGroup() as group:
        for seconds in (3, 1, 2):
            group.create_task(sleep(seconds))
        await clock.advance(2.5)
        assert woken == [(1, 101.0), (2, 102.0)]
        await clock.advance(1)
    assert (clock.now(), clock.monotonic()) == (103.5, 3.5)


async def test_a_sleeper_that_sleeps_again_is_woken_again() -> None:
    clock, ticks = ManualClock(), []

    async def tick() -> None:
        while len(ticks) < 5:
            await clock.sleep(1)
            ticks.append(clock.monotonic())

    async with asyncio.TaskGroup() as group:
        group.create_task(tick())
        await clock.advance(10)
    assert ticks == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "identity"])
async def test_a_server_remembers_what_it_accepts(encoding) -> None:
    async with MiniSentry() as sentry:
        await post(sentry, deflate(make_event("1" * 32), encoding), Content_Encoding=encoding)
        (received,) = sentry.accepted
    assert (received.types, received.project_id, received.key) == (("event",), 1, KEY)
    assert sentry.event_ids(1) == ["1" * 32]
    assert sentry.event_ids(2) == []


async def test_answers_come_as_scripted_then_as_always() -> None:
    async with MiniSentry() as sentry:
        sentry.script(Answer(503), Answer(429))
        sentry.always(Answer(202))
        assert [await post(sentry, make_event()) for _ in range(4)] == [503, 429, 202, 202]
        sentry.flap(Answer(500), Answer(200))
        assert [await post(sentry, make_event()) for _ in range(4)] == [500, 200, 500, 200]
    assert (len(sentry.accepted), len(sentry.refused), sentry.requests) == (4, 4, 8)


async def test_it_comes_back_on_the_same_port() -> None:
    async with MiniSentry() as sentry:
        port = sentry.port
        await sentry.down()
        with pytest.raises(aiohttp.ClientConnectorError):
            await post(sentry, make_event())
        await sentry.up()
        assert (await post(sentry, make_event()), sentry.port) == (200, port)


@pytest.mark.parametrize(
    ("body", "path", "headers", "problem"),
    [
        (b"{}\n", "/api/1/store/", {}, "envelope endpoint"),
        (b"{}\n", "/api/1/envelope/", {"X_Sentry_Auth": "none"}, "names a key"),
        (b"{}\n", "/api/1/envelope/", {"Content_Type": "text/plain"}, "Content-Type is text/plain"),
        (b"{}\n", "/api/1/envelope/", {"X_Forwarded_For": "192.0.2.1"}, "the client's address"),
        (b"[]\n", "/api/1/envelope/", {}, "no object"),
        (b'{}\n{"type":"event","length":9}\n{}', "/api/1/envelope/", {}, "length is wrong"),
        (b'{}\n{"length":2}\n{}', "/api/1/envelope/", {}, "no type"),
        (b'{"dsn":"http://x@h/1"}\n', "/api/1/envelope/", {}, "not that of the request"),
        (b"{}\n", "/api/1/envelope/", {"Content_Encoding": "br"}, "Content-Encoding br"),
        (b"{}\n", "/api/1/envelope/", {"Content_Encoding": "gzip"}, "decompressing"),
    ],
)
async def test_bad_manners_fail_the_test(
    body: bytes, path: str, headers: dict[str, str], problem: str
) -> None:
    sentry = MiniSentry()
    await sentry.up()
    await post(sentry, body, path, **headers)
    await sentry.down()
    with pytest.raises(AssertionError, match=problem):
        sentry.check()


async def test_waiting_for_what_never_comes_ends() -> None:
    async with MiniSentry() as sentry:
        with pytest.raises(TimeoutError):
            await sentry.received(1, within=0.01)


def test_made_envelopes_can_be_taken_apart() -> None:
    headers, ((item, payload),) = parse_envelope(make_event("1" * 32, tags={"a": "b"}))
    assert (headers, item["type"]) == ({"event_id": "1" * 32}, "event")
    assert b'"tags":{"a":"b"}' in payload
    _, ((item, payload),) = parse_envelope(make_transaction(spans=3))
    assert payload.count(b'"op":"db"') == 3
