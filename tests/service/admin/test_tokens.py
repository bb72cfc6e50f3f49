"""Guessing a token is slow; whoever has one does not notice, not even at the guesser's address."""

import asyncio

import pytest

from scrubrelay.core.errors import RateLimited
from scrubrelay.service.admin.tokens import Brake, leave_token, left_token
from scrubrelay.testing import ManualClock
from tests.service.admin.conftest import READER, TOKENS, WRITER

ELSEWHERE = "192.0.2.1"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def is_looked_at(brake: Brake, remote: str) -> bool:
    """Whether a token from an address is compared with the right ones."""
    try:
        brake.check(remote)
    except RateLimited:
        return False
    return True


async def wait(brake: Brake, clock: ManualClock, remote: str) -> float:
    """How long a wrong token waits for its answer."""
    begun = clock.monotonic()
    answer = asyncio.ensure_future(brake.hold(remote))
    while not answer.done():
        await clock.advance(0.25)
    await answer
    return clock.monotonic() - begun


async def hold(brake: Brake, remote: str, times: int) -> list[asyncio.Future[None]]:
    """Bring wrong tokens at once, and return what waits for their answers."""
    held = [asyncio.ensure_future(brake.hold(remote)) for _ in range(times)]
    await asyncio.sleep(0)
    return held


async def test_each_wrong_token_waits_longer_for_its_answer(clock):
    brake = Brake(clock)
    assert [await wait(brake, clock, ELSEWHERE) for _ in range(8)] == [0.25, 0.5, 1, 2, 4, 8, 8, 8]


async def test_many_at_once_are_no_faster(clock):
    brake = Brake(clock)
    held = await hold(brake, ELSEWHERE, 20)
    refused = [one for one in held if one.done()]
    assert len(refused) == 12
    assert all(isinstance(one.exception(), RateLimited) for one in refused)
    assert not is_looked_at(brake, ELSEWHERE)
    await clock.advance(8)
    assert is_looked_at(brake, ELSEWHERE)
    await asyncio.gather(*held, return_exceptions=True)


@pytest.mark.parametrize("remote", ["127.0.0.1", "::1", "192.0.2.9"])
async def test_who_has_brought_a_right_one_is_always_looked_at(clock, remote):
    brake = Brake(clock)
    brake.welcome("192.0.2.9")
    held = await hold(brake, remote, 20)
    assert is_looked_at(brake, remote)
    await clock.advance(8)
    await asyncio.gather(*held, return_exceptions=True)


async def test_another_address_does_not_wait(clock):
    brake = Brake(clock)
    held = await hold(brake, ELSEWHERE, 20)
    assert is_looked_at(brake, "192.0.2.2")
    assert await wait(brake, clock, "192.0.2.2") == 0.25
    await clock.advance(8)
    await asyncio.gather(*held, return_exceptions=True)


async def test_a_guesser_has_one_ipv6_network_not_its_addresses(clock):
    brake = Brake(clock)
    held = await hold(brake, "2001:db8::1", 8)
    assert not is_looked_at(brake, "2001:db8::ffff")
    assert is_looked_at(brake, "2001:db8:0:1::1")
    await clock.advance(8)
    await asyncio.gather(*held)


async def test_a_flood_of_addresses_takes_no_more_memory(clock):
    brake = Brake(clock)
    held = []
    for number in range(3000):
        remote = f"10.0.{number // 256}.{number % 256}"
        brake.welcome(remote)
        held += await hold(brake, remote, 1)
    assert (len(brake._seen), len(brake._welcome), brake._held.total()) == (1024, 1024, 128)
    await clock.advance(8)
    await asyncio.gather(*held, return_exceptions=True)
    assert not brake._held


@pytest.mark.parametrize("config", [TOKENS])
async def test_a_right_token_is_let_in_at_once_while_somebody_guesses(admin):
    guesses = [
        asyncio.ensure_future(admin.get("/api/status", Authorization=f"Bearer guess-{number}"))
        for number in range(12)
    ]
    # The ninth and later ones are answered at once: then all were read.
    await asyncio.wait(guesses, return_when=asyncio.FIRST_COMPLETED)
    async with asyncio.timeout(60):
        assert (await admin.get("/api/capture")).status == 200
    answered = [one for one in guesses if one.done()]
    assert len(answered) < 12
    assert {one.result().status for one in answered} <= {401, 429}
    for one in guesses:
        one.cancel()


@pytest.mark.parametrize("config", [TOKENS])
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (f"Bearer {READER}", 200),
        (f"bearer  {WRITER} ", 200),
        (READER, 401),
        ("Bearer ", 401),
        ("Bearer", 401),
        (f"Basic {READER}", 401),
        (f"Bearer {READER}x", 401),
        (f"Bearer {READER} {WRITER}", 401),
    ],
)
async def test_what_the_header_may_be(admin, sent, status):
    answer = await admin.get("/api/capture", Authorization=sent)
    assert answer.status == status
    assert READER not in answer.body.decode()


@pytest.mark.parametrize("config", [TOKENS])
async def test_wrong_tokens_are_told_in_the_log_without_their_text(admin, caplog):
    await admin.get("/api/capture", Authorization="Bearer some-guess")
    (line,) = [one for one in caplog.messages if one.startswith("wrong_token")]
    assert line == "wrong_token remote=127.0.0.1 times=1"
    assert "some-guess" not in caplog.text


def test_the_own_token_is_left_for_this_user_only(tmp_path):
    leave_token(tmp_path, "first")
    leave_token(tmp_path, "second")
    assert left_token(tmp_path) == "second"
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def test_where_tokens_are_configured_none_is_left(tmp_path):
    leave_token(tmp_path, "first")
    leave_token(tmp_path, None)
    assert left_token(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
