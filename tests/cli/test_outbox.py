import asyncio

import orjson
import pytest

from scrubrelay.core.errors import Reason
from scrubrelay.core.pipeline import Clean
from scrubrelay.service.stores.base import Entry, Settlement, StoreOptions
from scrubrelay.service.stores.registry import make_store

TARGET = "https://0123456789abcdef0123456789abcdef@s.example/5"
BODY = Clean(b'{}\n{"type":"event","length":2}\n{}')


async def fill(url: str) -> list[str]:
    """Keep three envelopes: one waits, two were refused with 400; returns their numbers."""
    store = make_store(url, StoreOptions())
    await store.open()
    entry = Entry(1, "k" * 32, "e" * 32, 1e9, BODY, (TARGET,), (("error", 1),))
    kept = [await store.append(entry) for _ in range(3)]
    await store.settle(Settlement(parcels[0].id, Reason.REFUSED, 1e9, 400) for parcels in kept[1:])
    await store.flush()
    await store.close()
    return [str(parcels[0].id) for parcels in kept]


@pytest.fixture
def numbers(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path}/relay.db"
    monkeypatch.setenv("SCRUBRELAY_STORE__URL", url)
    return asyncio.run(fill(url))


@pytest.fixture
def outbox(cli, numbers):
    return lambda *words: cli("outbox", *words)


def states(outbox) -> list[str]:
    return [row["state"] for row in orjson.loads(outbox("list", "--json")[1])]


def test_the_list_for_programs(outbox):
    code, out, err = outbox("list", "--state", "dead", "--json")
    assert (code, err) == (0, "")
    first, _ = orjson.loads(out)
    assert (first["state"], first["status"], first["target"], first["holds"]) == (
        "dead",
        400,
        TARGET,
        {"error": 1},
    )


def test_the_list_for_people(outbox):
    _, out, _ = outbox("list")
    assert TARGET in out
    assert "1 waiting, 2 dead, 0 kept" in out


def test_an_envelope_is_shown(outbox, numbers):
    assert outbox("show", numbers[0]) == (0, BODY.decode(), "")


def test_an_envelope_that_is_not_there(outbox):
    assert outbox("show", "17") == (1, "", "scrubrelay: no envelope 17 in the outbox\n")


def test_dead_letters_are_put_back(outbox):
    assert outbox("retry", "--all") == (0, "2 put back\n", "")
    assert states(outbox) == ["waiting"] * 3


def test_one_dead_letter_is_put_back(outbox, numbers):
    assert outbox("retry", numbers[1]) == (0, "1 put back\n", "")
    assert sorted(states(outbox)) == ["dead", "waiting", "waiting"]


def test_what_does_not_wait_to_be_put_back_is_told(outbox, numbers):
    code, out, err = outbox("retry", *numbers[:2], "99")
    assert (code, out) == (1, "1 put back\n")
    assert "2 of 3 numbers are not there" in err


def test_dead_letters_are_removed(outbox, numbers):
    assert outbox("purge", *numbers[1:]) == (0, "2 removed\n", "")
    assert states(outbox) == ["waiting"]


def test_what_waits_is_removed_only_when_asked_for(outbox):
    assert outbox("purge", "--all", "--state", "waiting") == (0, "1 removed\n", "")
    assert states(outbox) == ["dead", "dead"]


@pytest.mark.parametrize("words", [("retry",), ("purge",), ("retry", "1", "--all")])
def test_numbers_or_all(outbox, words):
    assert outbox(*words)[0] == 2


def test_no_store_is_made_by_looking(cli, tmp_path):
    code, _, err = cli("outbox", "list")
    assert code == 1
    assert "there is no store" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["retry", "purge"])
def test_who_did_it_is_written_down(outbox, numbers, tmp_path, verb):
    async def deeds():
        store = make_store(f"sqlite:///{tmp_path}/relay.db", StoreOptions(slot=None))
        await store.open()
        found = await store.audit.deeds()
        await store.close()
        return found

    assert outbox(verb, numbers[1], "--json")[:2] == (0, '{\n  "done": 1\n}\n')
    (deed,) = asyncio.run(deeds())
    assert (deed.action, deed.who[:4], deed.detail["done"]) == (f"outbox.{verb}", "cli:", 1)
