"""What an operator sees of caps, and resets."""

import asyncio

import orjson
import pytest

from scrubrelay.core.pipeline import Clean
from scrubrelay.core.policy.caps import Capped, Claim
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.stores.base import Entry, StoreOptions
from scrubrelay.service.stores.registry import make_store

BODY = Clean(b'{}\n{"type":"event","length":2}\n{}')
FIRST, SECOND = bytes.fromhex("ab" * 16), bytes.fromhex("cd" * 16)


async def fill(url: str) -> None:
    """Two issues with a cap of 2: of one went on one event, of the other two and three did not."""
    store = make_store(url, StoreOptions())
    await store.open()
    now = SystemClock().now()
    for key, number in ((FIRST, 1), (SECOND, 2)):
        claim = Claim((key,), 2, 3600.0)
        for at in range(number):
            await store.append(
                Entry(1, "k" * 32, f"{at:032}", now, BODY, ("t",), (("error", 1),), claim=claim)
            )
    with pytest.raises(Capped):
        await store.append(Entry(1, "k" * 32, "e" * 32, now, BODY, ("t",), (("error", 1),), claim=claim))
    store.count(Entry(1, "k" * 32, None, now, None, ("t",), claim=claim, capped=3))
    await store.flush()
    await store.close()


@pytest.fixture
def caps(tmp_path, monkeypatch, cli):
    url = f"sqlite:///{tmp_path}/relay.db"
    monkeypatch.setenv("SCRUBRELAY_STORE__URL", url)
    asyncio.run(fill(url))
    return lambda *words: cli("caps", *words)


def test_the_list_for_programs(caps):
    code, out, err = caps("list", "--json")
    assert (code, err) == (0, "")
    over, under = orjson.loads(out)
    assert over["issue"] == "cdcdcdcdcdcd"
    names = ("project", "count", "limit", "suppressed", "untold", "last event")
    assert [over[name] for name in names] == [1, 2, 2, 3, 3, f"{1:032}"]
    assert (under["issue"], under["count"], under["suppressed"]) == ("abababababab", 1, 0)


def test_the_list_for_people(caps):
    code, out, _ = caps("list", "--limit", "1")
    assert code == 0
    assert "cdcdcdcdcdcd" in out
    assert "abababababab" not in out
    assert "2 issues counted, 1 over their cap" in out


def test_one_is_counted_anew(caps):
    assert caps("reset", "cdcdcdcd")[:2] == (0, "1 counted anew\n")
    assert [one["issue"] for one in orjson.loads(caps("list", "--json")[1])] == ["abababababab"]


def test_all_are_counted_anew(caps):
    assert caps("reset", "--all")[:2] == (0, "2 counted anew\n")
    assert orjson.loads(caps("list", "--json")[1]) == []


def test_an_issue_that_is_not_there_is_told(caps):
    code, _, err = caps("reset", "0123456789ab")
    assert (code, err) == (1, "scrubrelay: no issue 0123456789ab is counted\n")


@pytest.mark.parametrize("words", [[], ["abcd1234", "--all"], ["%"], ["xyz9"]])
def test_what_is_no_issue_is_a_wrong_command_line(caps, words):
    assert caps("reset", *words)[0] == 2
