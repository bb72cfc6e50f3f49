from collections.abc import AsyncIterator

import pytest

from scrubrelay.core.delivery import Target
from scrubrelay.service.delivery.upstream import Upstream
from scrubrelay.testing import KEY, Answer, MiniSentry, make_event


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    made = Upstream(timeout=5.0, connections=2)
    yield made
    await made.close()


@pytest.fixture
async def sentry() -> AsyncIterator[MiniSentry]:
    async with MiniSentry() as server:
        yield server


def target(sentry: MiniSentry) -> Target:
    return Target("a", f"{sentry.url}/api/1/envelope/", KEY, 1, encoding="identity")


async def test_a_request_is_as_an_sdk_would_make_it(upstream: Upstream, sentry: MiniSentry) -> None:
    assert (await upstream.post(target(sentry), make_event("1" * 32))).status == 200
    (received,) = sentry.accepted
    assert (received.key, received.event_id) == (KEY, "1" * 32)
    assert "sentry_client=scrubrelay/" in received.request_headers["x-sentry-auth"]
    assert "cookie" not in received.request_headers


@pytest.mark.parametrize("status", [200, 302, 429, 500])
async def test_every_status_is_an_answer_with_its_headers(
    upstream: Upstream, sentry: MiniSentry, status: int
) -> None:
    sentry.script(Answer(status, {"Retry-After": "7", "Location": f"{sentry.url}/elsewhere"}))
    answer = await upstream.post(target(sentry), make_event())
    assert (answer.status, answer.headers["Retry-After"], sentry.requests) == (status, "7", 1)


async def test_a_connection_that_is_dropped_is_no_answer(upstream: Upstream, sentry: MiniSentry) -> None:
    sentry.script(Answer(drop=True))
    answer = await upstream.post(target(sentry), make_event())
    assert (answer.status, answer.why) == (None, "ServerDisconnectedError")


async def test_a_server_that_takes_too_long_is_no_answer(sentry: MiniSentry) -> None:
    sentry.script(Answer(delay=1.0))
    upstream = Upstream(timeout=0.1)
    assert (await upstream.post(target(sentry), make_event())).status is None
    await upstream.close()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/api/1/envelope/", "http://no.such.host.invalid/api/1/envelope/"]
)
async def test_nobody_there_is_no_answer(upstream: Upstream, url: str) -> None:
    answer = await upstream.post(Target("a", url, KEY, 1), b"{}\n")
    assert answer.status is None
    assert answer.why


async def test_connections_are_used_again(upstream: Upstream, sentry: MiniSentry) -> None:
    for _ in range(5):
        await upstream.post(target(sentry), make_event())
    assert sentry.connections == 1


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://sentry.example.com/", "http://proxy.example.com:3128"),
        ("https://inside.example.org/", None),
        ("http://sentry.example.com/", None),
        ("https://localhost/", None),
    ],
)
def test_a_proxy_of_the_environment_is_used_as_other_programs_do(
    monkeypatch, url: str, proxy: str | None
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    monkeypatch.delenv("http_proxy", raising=False)
    monkeypatch.setenv("no_proxy", "inside.example.org")
    assert Upstream()._proxy(url) == proxy
