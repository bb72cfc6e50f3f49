"""From the outbox to a server, with everything that can come between."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scrubrelay.core.delivery import Target
from scrubrelay.core.errors import Reason
from scrubrelay.core.ledger import RELAY
from scrubrelay.core.pipeline import Clean
from scrubrelay.service.delivery.outbox import Outbox, OutboxOptions
from scrubrelay.service.stores.base import Entry, State, StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore
from scrubrelay.testing import KEY, Answer, ManualClock, MiniSentry, make_event

LIMITED = {"X-Sentry-Rate-Limits": "60:error:organization"}


@dataclass
class Bench:
    """An outbox, its clock, and the servers it may reach under the names `a` and `b`."""

    path: Path
    clock: ManualClock = field(default_factory=ManualClock)
    servers: dict[str, MiniSentry] = field(default_factory=dict)
    outboxes: list[Outbox] = field(default_factory=list)
    sent: int = 0

    def target(self, name: str, project_id: int, key: str) -> Target | None:
        server = self.servers.get(name)
        url = server and f"{server.url}/api/{project_id}/envelope/"
        return Target(name, url, key, project_id) if url else None

    async def start(self, store: dict[str, Any] | None = None, **options: Any) -> Outbox:
        outbox = Outbox(
            SqliteStore(self.path, StoreOptions(**(store or {}))),
            self.target,
            self.clock,
            OutboxOptions(**options),
        )
        await outbox.start()
        self.outboxes.append(outbox)
        return outbox

    async def send(self, outbox: Outbox, *targets: str, category: str = "error", **changes: Any) -> str:
        """Keep an event for some targets; return its id."""
        self.sent += 1
        event_id = f"{self.sent:032x}"
        fields = {"kept": ((category, 1),), "clean": Clean(make_event(event_id)), "project_id": 1, "key": KEY}
        entry = {"event_id": event_id, "received_at": self.clock.now(), "targets": targets or ("a",)}
        await outbox.keep(Entry(**{**fields, **entry, **changes}))
        return event_id

    async def until(self, done: Any, step: float = 1.0) -> None:
        """Let time go by until something is so."""
        async with asyncio.timeout(60):
            while not await done():
                await self.clock.advance(step)
                await asyncio.sleep(0.005)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Balance the books of every outbox at the end."""
    async with MiniSentry() as a, MiniSentry() as b:
        bench = Bench(tmp_path / "store.db", servers={"a": a, "b": b})
        yield bench
        for outbox in bench.outboxes:
            await outbox.stop(0.5)
    store = SqliteStore(bench.path)
    await store.open()
    balance = await store.balance()
    await store.close()
    assert balance == []


async def sums(outbox: Outbox, target: str = "a") -> dict[str, int]:
    """Return a target's books in category error."""
    await outbox.store.flush()
    books = await outbox.store.books()
    return {str(account.fate): count for account, count in books if account[1:3] == ("error", target)}


def booked(outbox: Outbox, fate: str, count: int, target: str = "a") -> Any:
    async def done() -> bool:
        return (await sums(outbox, target)).get(fate) == count

    return done


def limited(bench: Bench, outbox: Outbox) -> Any:
    async def done() -> bool:
        limits = outbox._forwarder.limits([bench.target("a", 1, KEY)])
        return limits.limited("error", bench.clock.now()) > 0

    return done


async def test_an_envelope_arrives_and_leaves_the_store(bench: Bench) -> None:
    outbox = await bench.start()
    event_id = await bench.send(outbox)
    (received,) = await bench.servers["a"].received(1)
    assert (received.event_id, received.project_id, received.key) == (event_id, 1, KEY)
    assert received.request_headers["content-encoding"] == "gzip"
    assert received.request_headers["user-agent"].startswith("scrubrelay/")
    await bench.until(booked(outbox, "forwarded", 1))
    assert (await outbox.store.status()).used_bytes == 0


async def test_what_waits_for_a_project_that_is_switched_off_waits_on(bench: Bench) -> None:
    outbox = await bench.start()
    await outbox.switches.turn_off(1, 60.0, "test")
    await bench.send(outbox)
    other = await bench.send(outbox, project_id=2)
    (received,) = await bench.servers["a"].received(1)
    assert received.event_id == other
    await bench.clock.advance(50)
    assert (await sums(outbox))["waiting"] == 1
    await bench.until(booked(outbox, "waiting", None))
    assert len(await bench.servers["a"].received(2)) == 2


async def test_one_at_a_time_means_the_order_of_arrival(bench: Bench) -> None:
    outbox = await bench.start(connections=1)
    ids = [await bench.send(outbox) for _ in range(20)]
    await bench.servers["a"].received(20)
    assert bench.servers["a"].event_ids() == ids


async def test_requests_to_one_target_are_bounded(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.servers["a"].always(Answer(gate=gate))
    outbox = await bench.start(connections=3)
    for _ in range(9):
        await bench.send(outbox)
    await bench.servers["a"].asked(3)
    gate.set()
    await bench.servers["a"].received(9)
    assert bench.servers["a"].most_at_once == 3


@pytest.mark.parametrize("answer", [Answer(502), Answer(503), Answer(504), Answer(drop=True)])
async def test_a_server_that_is_down_gets_everything_once_it_is_up(bench: Bench, answer: Answer) -> None:
    server = bench.servers["a"]
    server.always(answer)
    outbox = await bench.start()
    ids = [await bench.send(outbox) for _ in range(10)]
    await server.asked(3)
    server.always(Answer())
    await bench.until(booked(outbox, "forwarded", 10))
    assert sorted(server.event_ids()) == sorted(ids)


async def test_a_server_that_nobody_runs_gets_everything_once_it_runs(bench: Bench) -> None:
    server = bench.servers["a"]
    await server.down()
    outbox = await bench.start()
    ids = {await bench.send(outbox) for _ in range(5)}
    await bench.clock.advance(30)
    await server.up()
    await bench.until(booked(outbox, "forwarded", 5))
    assert set(server.event_ids()) == ids


async def test_a_server_that_is_down_is_probed_by_one_request_at_a_time(bench: Bench) -> None:
    server = bench.servers["a"]
    server.always(Answer(503))
    outbox = await bench.start(connections=4)
    for _ in range(40):
        await bench.send(outbox)
    await server.asked(3)
    before = server.requests
    server.most_at_once = 0
    for _ in range(30):
        await bench.clock.advance(1)
        await asyncio.sleep(0.005)
    assert server.most_at_once <= 1
    assert server.requests - before <= 12


async def test_a_target_that_is_down_does_not_slow_another(bench: Bench) -> None:
    await bench.servers["a"].down()
    outbox = await bench.start()
    ids = [await bench.send(outbox, "a", "b") for _ in range(30)]
    await bench.servers["b"].received(30)
    assert sorted(bench.servers["b"].event_ids()) == ids
    await bench.until(booked(outbox, "forwarded", 30, "b"))
    assert (await sums(outbox))["waiting"] == 30


async def test_what_cannot_be_delivered_in_time_expires_and_is_reported(bench: Bench) -> None:
    server = bench.servers["a"]
    server.always(Answer(503))
    outbox = await bench.start(max_age=600)
    for _ in range(5):
        await bench.send(outbox)
    await bench.until(booked(outbox, Reason.EXPIRED, 5), step=30)
    server.always(Answer())
    async with asyncio.timeout(60):
        while not server.accepted:
            await bench.clock.advance(10)
            await asyncio.sleep(0.005)
    assert {one.types for one in server.accepted} == {("client_report",)}


async def test_a_refusal_is_a_dead_letter_and_nothing_else_stops(bench: Bench) -> None:
    server = bench.servers["a"]
    server.script(Answer(400))
    outbox = await bench.start(connections=1)
    refused, fine = [await bench.send(outbox) for _ in range(2)]
    await bench.until(booked(outbox, "forwarded", 1))
    assert server.event_ids() == [fine]
    (dead,) = await outbox.store.listed(State.DEAD)
    assert (dead.event_id, dead.status) == (refused, 400)


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 413, 500])
async def test_every_other_answer_is_a_refusal_and_redirects_are_not_followed(
    bench: Bench, status: int
) -> None:
    elsewhere = f"{bench.servers['b'].url}/api/1/envelope/"
    bench.servers["a"].script(Answer(status, {"Location": elsewhere}))
    outbox = await bench.start()
    await bench.send(outbox)
    await bench.until(booked(outbox, Reason.REFUSED, 1))
    assert (len(bench.servers["a"].refused), bench.servers["b"].requests) == (1, 0)


async def test_a_running_relay_sends_what_an_operator_puts_back(bench: Bench) -> None:
    bench.servers["a"].script(Answer(403))
    outbox = await bench.start()
    event_id = await bench.send(outbox)
    await bench.until(booked(outbox, Reason.REFUSED, 1))
    operator = SqliteStore(bench.path, StoreOptions(slot=None))
    await operator.open()
    await operator.retry(None, bench.clock.now())
    await operator.close()
    await bench.until(booked(outbox, "forwarded", 1))
    assert event_id in bench.servers["a"].event_ids()


async def test_refusals_are_logged_once_a_minute_without_payload(bench: Bench, caplog) -> None:
    bench.servers["a"].always(Answer(403))
    outbox = await bench.start()
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            await bench.send(outbox)
        await bench.until(booked(outbox, Reason.REFUSED, 5))
        await bench.clock.advance(10)
    lines = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert len(lines) == 1
    assert "403" in lines[0]
    assert "it broke" not in caplog.text


@pytest.mark.parametrize("status", [200, 429])
async def test_a_rate_limit_holds_that_category_of_that_target_only(bench: Bench, status: int) -> None:
    server = bench.servers["a"]
    server.script(Answer(status, LIMITED))
    outbox = await bench.start(connections=1)
    await bench.send(outbox)
    await bench.until(limited(bench, outbox), step=0)
    await bench.send(outbox, "a", "b")
    session = await bench.send(outbox, category="session")
    both = await bench.send(outbox, kept=(("error", 1), ("attachment", 5)))
    await server.received(3 if status == 200 else 2)
    assert server.event_ids()[-2:] == [session, both]
    await bench.servers["b"].received(1)
    await bench.clock.advance(61)
    await server.received(4)


async def test_rate_limits_are_handed_on_only_where_all_targets_have_them(bench: Bench) -> None:
    a, b = bench.servers["a"], bench.servers["b"]
    a.always(Answer(headers={"X-Sentry-Rate-Limits": "60:error;session:key"}))
    b.always(Answer(headers={"X-Sentry-Rate-Limits": "30:error:key, 10:transaction:key"}))
    outbox = await bench.start()
    await bench.send(outbox, "a", "b")
    await bench.until(booked(outbox, "forwarded", 1, "b"), step=0)
    await bench.until(booked(outbox, "forwarded", 1), step=0)
    targets = [bench.target(name, 1, KEY) for name in ("a", "b")]
    limits = outbox._forwarder.limits(targets)
    left = {
        category: limits.limited(category, bench.clock.now())
        for category in ("error", "session", "transaction")
    }
    assert left == {"error": 30, "session": 0, "transaction": 0}


async def test_rate_limits_outlive_the_process(bench: Bench) -> None:
    bench.servers["a"].script(Answer(429, LIMITED))
    outbox = await bench.start()
    await bench.send(outbox)
    await bench.until(limited(bench, outbox), step=0)
    await outbox.stop(1)
    again = await bench.start()
    await asyncio.sleep(0.05)
    assert bench.servers["a"].requests == 1
    await bench.until(booked(again, "forwarded", 1))


async def test_a_days_limit_of_one_target_does_not_fill_the_store(bench: Bench) -> None:
    day = {"X-Sentry-Rate-Limits": "86400:transaction;span:organization"}
    bench.servers["b"].always(Answer(headers=day))
    outbox = await bench.start()
    await bench.send(outbox, "b")
    await bench.until(booked(outbox, "forwarded", 1, "b"), step=0)
    await bench.send(outbox, "a", "b", kept=(("transaction", 1), ("span", 3)))
    await bench.servers["a"].received(1)
    await outbox.store.flush()
    books = {
        (one.category, one.fate): count for one, count in await outbox.store.books() if one.target == "b"
    }
    assert books["transaction", Reason.RATE_LIMITED] == 1
    assert (await outbox.store.status()).waiting == 0


async def test_what_does_not_fit_into_memory_is_read_back_in_order(bench: Bench) -> None:
    server = bench.servers["a"]
    gate = asyncio.Event()
    server.always(Answer(gate=gate))
    outbox = await bench.start(max_memory_bytes=2000, connections=1)
    ids = [await bench.send(outbox) for _ in range(100)]
    assert outbox._forwarder.status()[0]["memory_bytes"] <= 2000
    gate.set()
    await server.received(100)
    assert server.event_ids() == ids


async def test_what_was_not_sent_is_sent_after_the_next_start(bench: Bench) -> None:
    await bench.servers["a"].down()
    outbox = await bench.start()
    ids = [await bench.send(outbox) for _ in range(10)]
    await outbox.stop(0.5)
    await bench.servers["a"].up()
    again = await bench.start()
    await bench.servers["a"].received(10)
    assert sorted(bench.servers["a"].event_ids()) == ids
    await bench.until(booked(again, "forwarded", 10))


async def test_stopping_waits_for_what_is_in_flight(bench: Bench) -> None:
    gate = asyncio.Event()
    bench.servers["a"].always(Answer(gate=gate))
    outbox = await bench.start()
    await bench.send(outbox)
    await bench.servers["a"].asked(1)
    asyncio.get_running_loop().call_later(0.05, gate.set)
    await outbox.stop(5)
    again = await bench.start()
    assert (await sums(again))["forwarded"] == 1


async def test_time_in_the_outbox_is_no_clock_drift(bench: Bench) -> None:
    await bench.servers["a"].down()
    outbox = await bench.start()
    body = make_event().replace(b'{"event_id"', b'{"sent_at":"2027-01-15T08:00:00Z","event_id"', 1)
    await bench.send(outbox, clean=Clean(body))
    await bench.clock.advance(7200)
    await bench.servers["a"].up()
    await bench.until(booked(outbox, "forwarded", 1))
    (received,) = bench.servers["a"].accepted
    assert received.headers["sent_at"][:14] == "2027-01-15T10:"


async def test_drops_are_reported_to_each_target_at_most_once_a_minute(bench: Bench) -> None:
    outbox = await bench.start()
    for _ in range(50):
        drop = (("error", Reason.UNDECODABLE, 1),)
        await bench.send(outbox, "a", "b", clean=None, kept=(), dropped=drop)
    for _ in range(100):
        await bench.clock.advance(1)
        await asyncio.sleep(0.002)
    for server in (bench.servers["a"], bench.servers["b"]):
        reports = [one for one in server.accepted if one.types == ("client_report",)]
        assert 1 <= len(reports) <= 2


async def test_a_target_that_is_configured_no_more_gets_its_own_when_it_is_again(bench: Bench) -> None:
    gone = bench.servers.pop("b")
    outbox = await bench.start()
    event_id = await bench.send(outbox, "b")
    await bench.clock.advance(100)
    bench.servers["b"] = gone
    await bench.until(booked(outbox, "forwarded", 1, "b"), step=10)
    assert gone.event_ids() == [event_id]


async def test_a_large_envelope_arrives_whole(bench: Bench) -> None:
    outbox = await bench.start()
    body = make_event(extra={"text": "x" * 2_000_000})
    await bench.send(outbox, clean=Clean(body))
    (received,) = await bench.servers["a"].received(1)
    assert received.body == body


async def test_an_envelope_that_a_gateway_chokes_on_does_not_stop_the_others(bench: Bench) -> None:
    server = bench.servers["a"]
    server.flap(Answer(504), Answer(), Answer(), Answer(504))
    outbox = await bench.start(connections=2)
    ids = [await bench.send(outbox) for _ in range(30)]
    await bench.until(booked(outbox, "forwarded", 30))
    assert sorted(server.event_ids()) == ids


async def test_the_relays_own_books_tell_what_was_passed_on(bench: Bench) -> None:
    outbox = await bench.start()
    await bench.send(outbox, "a", "b")
    await outbox.store.flush()
    assert (await sums(outbox, RELAY)) == {"received": 1, "passed": 1}
