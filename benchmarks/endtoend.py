"""The whole way: a load generator, the relay and a sink in processes of their own, the relay on one core."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from benchmarks.report import table
from tests.helpers.relay import Relay, free_port, running

NEVER_REACHED = "1000000000"
"""A cap for benchmarks, whose events are all of one issue: they are counted, and go on."""

_DRAIN_TIMEOUT = 300.0
_CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]


@contextmanager
def pinned(cores: list[int]) -> Iterator[None]:
    """What is started in this block runs on these cores, where there are two and a way to say so."""
    if len(_CORES) < 2:
        yield
        return
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, _CORES)


@dataclass(frozen=True)
class Setup:
    """What varies between two rows of the table."""

    event: str
    workers: int = 1
    durability: str = "fsync"
    connections: int = 16
    cap: str = NEVER_REACHED
    audit: str = ""


def _counted(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        counted: dict[str, Any] = orjson.loads(answer.read())
    return counted


@contextmanager
def sinking() -> Iterator[int]:
    """Run a sink on the last core; yield its port."""
    port = free_port()
    with pinned(_CORES[-1:]):
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.sink", str(port)])
    try:
        for _ in range(200):
            with suppress(OSError):
                _counted(port)
                break
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


def load(port: int, event: str, envelopes: int, connections: int) -> dict[str, Any]:
    """Run a load generator on the last core; return what it measured."""
    command = [sys.executable, "-m", "benchmarks.load", str(port), event, str(envelopes), str(connections)]
    with pinned(_CORES[-1:]):
        done = subprocess.run(command, capture_output=True, check=True)
    measured: dict[str, Any] = orjson.loads(done.stdout)
    return measured


@contextmanager
def relaying(setup: Setup, sink: int) -> Iterator[Relay]:
    """Run a relay in front of a sink: one worker on the first core, more on all."""
    config = (
        f'[server]\nworkers = {setup.workers}\n[store]\ndurability = "{setup.durability}"\n'
        f'[upstream]\nurl = "http://127.0.0.1:{sink}"\n{setup.audit}'
    )
    with tempfile.TemporaryDirectory(prefix="scrubrelay-bench-") as directory:
        cores = _CORES[:1] if setup.workers == 1 else _CORES
        relay = Relay(Path(directory), config, {"SENTRY_MAX_EVENTS_PER_ISSUE": setup.cap})
        with pinned(cores), running(relay):
            yield relay


def drained(sink: int, envelopes: int) -> float:
    """Wait until a sink has that many; return when the last one came."""
    deadline = time.monotonic() + _DRAIN_TIMEOUT
    while time.monotonic() < deadline:
        counted = _counted(sink)
        if counted["received"] >= envelopes:
            return float(counted["last"])
        time.sleep(0.02)
    raise TimeoutError(
        f"{_counted(sink)['received']} of {envelopes} envelopes arrived in {_DRAIN_TIMEOUT:.0f} s"
    )


def throughput(setup: Setup, envelopes: int) -> dict[str, float]:
    """Return envelopes a second, delivered and accepted, the latencies, and the relay's memory."""
    with sinking() as sink, relaying(setup, sink) as relay:
        warm = min(envelopes // 10, 200)
        load(relay.port, setup.event, warm, setup.connections)
        drained(sink, warm)
        seen = load(relay.port, setup.event, envelopes, setup.connections)
        if set(seen["statuses"]) != {"200"}:
            raise RuntimeError(f"not all were accepted: {seen['statuses']}")
        ended = drained(sink, warm + envelopes)
        return {
            "delivered/s": envelopes / (ended - seen["started"]),
            "accepted/s": envelopes / seen["seconds"],
            "p50 ms": seen["p50_ms"],
            "p99 ms": seen["p99_ms"],
            "RSS MB": relay.resident_bytes() / 1e6,
        }


def latency(event: str, envelopes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what one connection sees of the sink itself, and through the relay."""
    with sinking() as sink, relaying(Setup(event), sink) as relay:
        load(relay.port, event, envelopes // 5, 1)
        return load(sink, event, envelopes, 1), load(relay.port, event, envelopes, 1)


def print_throughput(runs: Mapping[Setup, int]) -> None:
    """Print a row for each setup and number of envelopes."""
    rows, head = [], []
    for setup, envelopes in runs.items():
        measured = throughput(setup, envelopes)
        name = f"{setup.event}, {setup.workers} worker{'s'[: setup.workers - 1]}, {setup.durability}"
        rows.append((name, *measured.values()))
        head = ["16 connections", *measured]
    table("End to end (1 worker: the relay on one core)", head, rows)


def print_latency(events: Mapping[str, int]) -> None:
    """Print what the relay adds to one request at a time."""
    rows = []
    for event, envelopes in events.items():
        direct, relayed = latency(event, envelopes)
        added = [relayed[key] - direct[key] for key in ("p50_ms", "p99_ms")]
        rows.append((event, direct["p50_ms"], direct["p99_ms"], relayed["p50_ms"], relayed["p99_ms"], *added))
    head = ("one connection", "direct p50", "direct p99", "relay p50", "relay p99", "added p50", "added p99")
    table("Latency in ms until the SDK has its answer", head, rows)


def print_memory(envelopes: int) -> None:
    """Print the relay's memory after many envelopes."""
    measured = throughput(Setup("1 KB"), envelopes)
    row = (f"{envelopes:,} envelopes of 1 KB", measured["RSS MB"], measured["delivered/s"])
    table("Memory", ("after", "RSS MB", "delivered/s"), [row])
