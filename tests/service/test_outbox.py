"""Whatever happens in whatever order, every envelope that was acknowledged is accounted for."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scrubrelay.config.load import load
from scrubrelay.core.delivery import Target
from scrubrelay.core.errors import RateLimited, Reason, ScrubrelayError, StoreUnavailable
from scrubrelay.core.ledger import RELAY
from scrubrelay.core.pipeline import Clean
from scrubrelay.core.policy.caps import Capped, Claim, Untold
from scrubrelay.core.project import Projects
from scrubrelay.service.delivery.outbox import Outbox, OutboxOptions
from scrubrelay.service.delivery.upstream import Answer
from scrubrelay.service.stores.base import Entry, State, StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore
from scrubrelay.testing import KEY, ManualClock, make_event, parse_envelope

LIMIT = {"X-Sentry-Rate-Limits": "20:error:key"}
FAULTS = [
    *[Answer(200)] * 6,
    Answer(None, why="ConnectionError"),
    Answer(503),
    Answer(400),
    Answer(429, LIMIT),
    Answer(200, LIMIT),
]


CLAIMS = [Claim((name * 16,), limit, window) for name, limit, window in ((b"i", 2, 30.0), (b"j", 5, 1e6))]


class Network:
    """What answers as it likes and remembers what it took."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.taken: dict[str, set[str]] = {"a": set(), "b": set()}
        self.down: set[str] = set()

    async def post(self, target: Target, body: bytes) -> Answer:
        """Answer."""
        await asyncio.sleep(0)
        answer = Answer(None) if target.name in self.down else self.random.choice(FAULTS)
        event_id = parse_envelope(body)[0].get("event_id")
        if answer.status == 200 and event_id:
            self.taken[target.name].add(event_id)
        return answer

    async def close(self) -> None:
        """Nothing is held."""


def target(name: str, project_id: int, key: str) -> Target:
    return Target(name, f"http://{name}/api/{project_id}/envelope/", key, project_id, encoding="identity")


class World:
    """An outbox in a storm."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self.random, self.network = path, random.Random(seed), Network(seed)
        self.clock = ManualClock()
        self.acknowledged: list[tuple[str, tuple[str, ...]]] = []
        self.capped = self.told = 0
        self.outbox: Outbox

    async def start(self) -> None:
        store = SqliteStore(self.path, StoreOptions(max_bytes=60_000, durability="os"))
        options = OutboxOptions(max_memory_bytes=8_000, max_age=120, connections=3)
        self.outbox = Outbox(store, target, self.clock, options, self.network)
        await self.outbox.start()

    async def step(self) -> None:
        doing = self.random.choice(
            [self.send] * 6 + [self.wait] * 3 + [self.fault, self.operate, self.restart]
        )
        await doing()

    async def send(self) -> None:
        event_id = f"{len(self.acknowledged):032x}"
        targets = self.random.choice([("a",), ("b",), ("a", "b")])
        dropped = self.random.choice([(), (("attachment", Reason.NOT_UNDERSTOOD, 9),)])
        clean = Clean(make_event(event_id, extra="x" * self.random.randrange(2000)))
        claim = self.random.choice([None, None, *CLAIMS])
        sent = (1, KEY, event_id, self.clock.now(), clean, targets, (("error", 1),), dropped)
        try:
            await self.offer(Entry(*sent, claim=claim))
        except (RateLimited, StoreUnavailable):
            return

    async def offer(self, entry: Entry) -> None:
        """Do with an envelope what intake does."""
        try:
            await self.outbox.keep(entry)
        except Untold as refusal:
            assert entry.claim is not None
            await self.offer(replace(entry, claim=replace(entry.claim, told=refusal.count.untold)))
        except Capped:
            drop = ("error", Reason.CAPPED, 1)
            await self.outbox.drop(
                replace(entry, clean=None, kept=(), dropped=(*entry.dropped, drop), capped=1)
            )
            self.capped += 1
        else:
            self.told += entry.claim.told if entry.claim else 0
            self.acknowledged.append((entry.event_id or "", entry.targets))

    async def wait(self) -> None:
        await self.clock.advance(self.random.choice([0.1, 1, 5, 40]))

    async def fault(self) -> None:
        name = self.random.choice("ab")
        self.network.down ^= {name}

    async def operate(self) -> None:
        store, now = self.outbox.store, self.clock.now()
        await self.random.choice(
            [
                lambda: store.retry(None, now),
                lambda: store.purge(State.DEAD, None, now),
                lambda: store.prune(now, 60),
            ]
        )()

    async def restart(self) -> None:
        await self.outbox.stop(1)
        await self.start()

    async def drain(self) -> None:
        self.network.down.clear()
        async with asyncio.timeout(60):
            while (await self.outbox.store.status()).waiting:
                await self.clock.advance(5)
                await self.outbox.store.flush()


@pytest.mark.parametrize("seed", range(6))
async def test_in_any_storm_received_is_forwarded_plus_dropped_plus_waiting(
    tmp_path: Path, seed: int
) -> None:
    world = World(tmp_path / "store.db", seed)
    await world.start()
    for _ in range(150):
        await world.step()
        await world.outbox.store.flush()
    assert await world.outbox.store.balance() == []
    await world.drain()
    assert await world.outbox.store.balance() == []
    books = {account[1:]: count for account, count in await world.outbox.store.books()}
    assert books.get(("error", RELAY, Reason.CAPPED), 0) == world.capped > 0
    untold = sum(one.untold for one in await world.outbox.store.issues.listed(0.0))
    assert world.told + untold == world.capped
    for name in "ab":
        sent_there = [event_id for event_id, targets in world.acknowledged if name in targets]
        assert books["error", name, "received"] == len(sent_there)
        assert books["error", name, "forwarded"] == len(world.network.taken[name] & set(sent_there))
        assert ("error", name, "waiting") not in books
    await world.outbox.stop(1)


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    """An outbox with room for one event, whose targets are down."""
    network = Network(0)
    network.down = {"a", "b"}
    store = SqliteStore(tmp_path / "store.db", StoreOptions(max_bytes=3000))
    made = Outbox(store, target, ManualClock(), OutboxOptions(max_memory_bytes=4000), network)
    await made.start()
    yield made
    await made.stop(1)


def entry(size: int = 2000, **changes: Any) -> Entry:
    fields = {
        "targets": ("a",),
        "kept": (("error", 1),),
        "clean": Clean(make_event(extra="x" * (size - 140))),
    }
    return Entry(**{"project_id": 1, "key": KEY, "event_id": None, "received_at": 1.8e9, **fields, **changes})


async def books(outbox: Outbox) -> dict[tuple[str, str, str], int]:
    await outbox.store.flush()
    return {account[1:]: count for account, count in await outbox.store.books()}


async def test_what_a_full_store_refuses_is_counted(outbox: Outbox) -> None:
    await outbox.keep(entry())
    with pytest.raises(RateLimited):
        await outbox.keep(entry())
    assert (await books(outbox))["error", RELAY, Reason.STORE_FULL] == 1


async def test_what_intake_refuses_keeps_its_reason(outbox: Outbox) -> None:
    outbox.lose(entry(clean=None, kept=(), dropped=(("session", Reason.RATE_LIMITED, 2),)))
    assert (await books(outbox))["session", RELAY, Reason.RATE_LIMITED] == 2


async def test_a_store_that_is_behind_refuses_instead_of_filling_the_memory(outbox: Outbox) -> None:
    results = await asyncio.gather(*(outbox.keep(entry()) for _ in range(20)), return_exceptions=True)
    behind = [result for result in results if isinstance(result, StoreUnavailable)]
    assert len(behind) == 19
    assert behind[0].retry_after == 1


async def test_an_envelope_whose_client_has_gone_is_kept_all_the_same(outbox: Outbox) -> None:
    task = asyncio.ensure_future(outbox.keep(entry()))
    await asyncio.sleep(0)
    task.cancel()
    await outbox.store.flush()
    (kept,) = await outbox.store.listed()
    async with asyncio.timeout(60):
        while outbox._forwarder._lanes["a"].cursor < kept.id:  # noqa: ASYNC110 -- there is no event for it
            await asyncio.sleep(0.001)


async def test_a_defect_of_the_forwarder_does_not_end_forwarding(tmp_path: Path) -> None:
    clock, network, defects = ManualClock(), Network(0), [RuntimeError("once")]

    def resolve(name: str, project_id: int, key: str) -> Target:
        if defects:
            raise defects.pop()
        return target(name, project_id, key)

    made = Outbox(SqliteStore(tmp_path / "store.db"), resolve, clock, post=network)
    await made.start()
    await made.keep(entry(event_id="1" * 32))
    async with asyncio.timeout(60):
        while (await made.store.status()).waiting:
            await clock.advance(1)
            await made.store.flush()
    assert defects == []
    await made.stop(1)


async def test_nothing_can_be_kept_after_the_end(outbox: Outbox) -> None:
    await outbox.stop(1)
    with pytest.raises(StoreUnavailable):
        await outbox.keep(entry())


async def test_its_state_can_be_read_as_plain_values(outbox: Outbox) -> None:
    await outbox.keep(entry())
    status = await outbox.status()
    assert status["store"]["writable"]
    assert status["store"]["waiting"] == 1
    assert [lane["target"] for lane in outbox.targets()] == ["a"]
    assert {"project_id", "category", "target", "fate", "quantity"} == set(status["ledger"][0])


async def test_an_outbox_is_made_from_settings(tmp_path: Path) -> None:
    settings = load(None, {"SCRUBRELAY_DATA_DIR": str(tmp_path / "data")})
    made = Outbox.of(settings, Projects, ManualClock(), StoreOptions(slot=0, slots=1))
    await made.start()
    await made.stop(1)
    assert (tmp_path / "data" / "scrubrelay.db").exists()


async def test_a_store_that_cannot_be_opened_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"something else" * 1000)
    made = Outbox(SqliteStore(tmp_path / "store.db"), target, ManualClock(), post=Network(0))
    with pytest.raises(ScrubrelayError):
        await made.start()
