"""What each step of a request costs, in the process and without a network."""

import asyncio
import gzip
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import orjson

from benchmarks.ours import project
from benchmarks.payloads import EVENTS, KEY, PROJECT, envelope
from benchmarks.report import table
from scrubrelay.core.pipeline import Clean
from scrubrelay.core.policy.grouping.fingerprint import issue_keys
from scrubrelay.core.project import Project
from scrubrelay.core.wire.encoding import deflate, inflate
from scrubrelay.core.wire.envelope import decode, encode
from scrubrelay.service.stores.base import Entry, StoreOptions
from scrubrelay.service.stores.registry import make_store

_GROUP = 32
_SEEN = 8  # events that take turns: few enough for the memory of strings to hold them all
_NOW = 1_795_492_800.0


def _median(step: Callable[[int], object], rounds: int) -> float:
    """Return the microseconds of a step, which is told the number of its round."""
    took = []
    for number in range(rounds):
        started = time.perf_counter()
        step(number)
        took.append((time.perf_counter() - started) * 1e6)
    return statistics.median(took)


def _steps(event: str, own: Project, rounds: int) -> dict[str, float]:
    """Return the microseconds of each pure step; every round has an event of its own."""
    seeds = range(1000, 1000 + rounds)
    raw = [envelope(EVENTS[event](seed)) for seed in seeds]
    packed = [gzip.compress(body, 6) for body in raw]
    decoded = [decode(body) for body in raw]
    for one in decoded[
        : rounds // 2
    ]:  # warms the memory of strings; the other half of the events is new to it
        own.redactor.item(one.items[0])
    new = decoded[rounds // 2 :]
    parsed = [_apart(orjson.loads(one.items[0].payload)) for one in decoded]
    fresh = parsed[rounds // 2 :]
    return {
        "inflate (gzip)": _median(lambda n: inflate(packed[n], "gzip", 10**8), rounds),
        "decode": _median(lambda n: decode(raw[n]), rounds),
        "scrub, new event": _median(lambda n: own.redactor.item(new[n].items[0]), len(new)),
        "scrub, seen event": _median(lambda n: own.redactor.item(decoded[n % _SEEN].items[0]), rounds),
        "issue key, new event": _median(lambda n: issue_keys(fresh[n], own.redactor.remains), len(fresh)),
        "issue key, seen event": _median(
            lambda n: issue_keys(fresh[n % _SEEN], own.redactor.remains), rounds
        ),
        "encode": _median(lambda n: encode(decoded[n]), rounds),
        "gzip": _median(lambda n: deflate(raw[n], "gzip"), rounds),
    }


def _apart(event: dict[str, Any]) -> dict[str, Any]:
    """Give each frame a function and a line of its own; here they are calls of one, which count once."""
    for failure in event["exception"]["values"]:
        for at, frame in enumerate(failure["stacktrace"]["frames"]):
            frame.update(function=f"step_{at}", context_line=f"    return step_{at + 1}(order, depth={at})")
    return event


async def _append(body: bytes, durability: Literal["fsync", "os"], group: int, rounds: int) -> float:
    """Return the microseconds that an envelope costs when so many are appended at once."""
    entry = Entry(PROJECT, KEY, "a" * 32, _NOW, Clean(body), ("sink",), (("error", 1),))
    took = []
    with tempfile.TemporaryDirectory(prefix="scrubrelay-bench-") as folder:
        store = make_store(f"sqlite:///{folder}/bench.db", StoreOptions(durability))
        await store.open()
        for _ in range(rounds):
            started = time.perf_counter()
            await asyncio.gather(*(store.append(entry) for _ in range(group)))
            took.append((time.perf_counter() - started) * 1e6 / group)
        await store.close()
    return statistics.median(took)


def _appends(body: bytes, rounds: int) -> dict[str, float]:
    measured = {}
    for durability in ("fsync", "os"):
        for group in (1, _GROUP):
            took = asyncio.run(_append(body, durability, group, rounds))
            measured[f"append, {group} at once, {durability}"] = took
    return measured


def print_steps(events: Sequence[str], rounds: int) -> None:
    """Print the steps as rows and the events as columns."""
    own = project()
    columns = []
    for event in events:
        body = envelope(EVENTS[event](0))
        columns.append(_steps(event, own, rounds) | _appends(body, max(10, rounds // 4)))
    rows = [(step, *(column[step] for column in columns)) for step in columns[0]]
    table("Each step, µs an envelope (median)", ("step", *events), rows)
