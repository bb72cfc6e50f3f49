"""Guessing a token gets slower; whoever has one elsewhere does not notice."""

import pytest

from scrubrelay.core.errors import RateLimited
from scrubrelay.service.admin.tokens import Brake, leave_token, left_token
from scrubrelay.testing import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def waits(brake: Brake, remote: str) -> int:
    """How long an address has to wait, in whole seconds; 0 for not at all."""
    try:
        brake.check(remote)
    except RateLimited as error:
        return error.retry_after
    return 0


def test_each_wrong_token_makes_the_wait_longer(clock):
    brake = Brake(clock)
    told = []
    for _ in range(12):
        brake.note("192.0.2.1")
        told.append(waits(brake, "192.0.2.1"))
    assert told == [1, 1, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]


async def test_the_wait_ends(clock):
    brake = Brake(clock)
    brake.note("192.0.2.1")
    await clock.advance(0.26)
    assert waits(brake, "192.0.2.1") == 0


def test_another_address_does_not_wait(clock):
    brake = Brake(clock)
    brake.note("192.0.2.1")
    assert waits(brake, "192.0.2.2") == 0


def test_a_guesser_has_one_ipv6_network_not_its_addresses(clock):
    brake = Brake(clock)
    brake.note("2001:db8::1")
    assert waits(brake, "2001:db8::ffff") == 1
    assert waits(brake, "2001:db8:0:1::1") == 0


def test_a_flood_of_addresses_takes_no_more_memory(clock):
    brake = Brake(clock)
    for number in range(3000):
        brake.note(f"10.0.{number // 256}.{number % 256}")
    assert len(brake._seen) == 1024


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
