"""What a flood of one issue costs, and what counting costs an event that goes on."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Final, TypeVar

from benchmarks.endtoend import NEVER_REACHED, Setup, load, relaying, sinking
from benchmarks.ours import project
from benchmarks.payloads import EVENTS, KEY, PROJECT, envelope
from benchmarks.report import table
from scrubrelay.core.inspection import Circumstances, inspect
from scrubrelay.core.pipeline import Clean, finish
from scrubrelay.core.policy.caps import Claim
from scrubrelay.core.wire.envelope import decode
from scrubrelay.service.stores.base import Entry, StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore

_NOW: Final = 1_795_492_800.0
_GROUP: Final = 32
_T = TypeVar("_T")


def print_flood(event: str, envelopes: int) -> None:
    """Print events a second that one core answers: all of them over their cap, and all of them going on.

    On a machine that does other things besides, the time of the processor tells more than that of the clock.
    """
    rows = []
    for name, cap in (("over the cap", "50"), ("going on", NEVER_REACHED)):
        with sinking() as sink, relaying(Setup(event, cap=cap), sink) as relay:
            load(relay.port, event, envelopes // 10, 16)
            before = relay.cpu_seconds()
            seen = load(relay.port, event, envelopes, 16)
            spent = (relay.cpu_seconds() - before) / envelopes
        rows.append(
            (name, envelopes / seen["seconds"], seen["p50_ms"], seen["p99_ms"], spent * 1e3, 1 / spent)
        )
    names = ("one core", "answered/s", "p50 ms", "p99 ms", "CPU ms", "a second of CPU")
    table(f"A flood of one issue, {event} events", names, rows)


def print_steps_of_a_flood(events: Sequence[str], rounds: int) -> None:
    """Print what an event costs in the process: one over its cap, and one that goes on."""
    own, now = project(), Circumstances(_NOW, secret=b"s" * 32)
    columns = []
    for event in events:
        decoded = [decode(envelope(EVENTS[event](seed))) for seed in range(rounds)]
        inspected = [inspect(one, own, now) for one in decoded]
        columns.append(
            {
                "inspect: filters, issue key": _micros(lambda one: inspect(one, own, now), decoded),
                "finish, over its cap": _micros(lambda one: finish(one.capped()), inspected),
                "finish, new event": _micros(finish, inspected),
                "finish, seen event": _micros(finish, inspected[:8] * 4),
            }
        )
    rows = [(step, *(column[step] for column in columns)) for step in columns[0]]
    table("An event of a flood, µs (median)", ("step", *events), rows)


def _micros(step: Callable[[_T], object], things: Iterable[_T]) -> float:
    took = []
    for one in things:
        started = time.perf_counter()
        step(one)
        took.append((time.perf_counter() - started) * 1e6)
    return median(took)


def print_counting(rounds: int) -> None:
    """Print what an append costs without a count, with that of one issue, and with a new one each time."""
    body = Clean(envelope(EVENTS["1 KB"](0)))
    claims: dict[str, Callable[[int], Claim | None]] = {
        "no cap": lambda _: None,
        "one issue": lambda _: Claim((b"k" * 16,), 10**9, 3600.0),
        "each a new issue": lambda number: Claim(
            (number.to_bytes(16), (-number % 2**64).to_bytes(16)), 50, 3600.0
        ),
    }
    rows = []
    for name, claim in claims.items():
        rows.append((name, asyncio.run(_appends(body, claim, rounds))))
    table(f"An append, {_GROUP} at once, µs an envelope (median)", ("counted", "1 KB"), rows)


async def _appends(body: Clean, claim: Callable[[int], Claim | None], rounds: int) -> float:
    took = []
    with tempfile.TemporaryDirectory(prefix="scrubrelay-bench-") as folder:
        store = SqliteStore(Path(folder) / "bench.db", StoreOptions("os"))
        await store.open()
        for at in range(rounds):
            entries = [
                Entry(PROJECT, KEY, "a" * 32, _NOW, body, ("sink",), (("error", 1),), claim=claim(number))
                for number in range(1 + at * _GROUP, 1 + (at + 1) * _GROUP)
            ]
            started = time.perf_counter()
            await asyncio.gather(*map(store.append, entries))
            took.append((time.perf_counter() - started) * 1e6 / _GROUP)
        await store.close()
    return median(took)
