"""What an event costs that a filter or the sampling drops, against one that goes on."""

import itertools
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from statistics import median
from typing import Any, Final

import orjson

from benchmarks.ours import project
from benchmarks.payloads import EVENTS
from benchmarks.report import table
from scrubrelay.config.filters import FilterSettings, filters_of
from scrubrelay.config.sampling import SamplingSettings, sampling_of
from scrubrelay.core.inspection import Circumstances, inspect
from scrubrelay.core.pipeline import finish
from scrubrelay.core.policy.client import Client
from scrubrelay.core.policy.policies import Policies
from scrubrelay.core.wire.envelope import Envelope, Item, decode, encode

_WARM: Final = 5
_NOW: Final = 1_795_492_800.0
_OLD: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/90.0.0.0 Safari/537.36"
)
_BOT: Final = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
_ALL: Final[Mapping[str, Any]] = {
    "ignore_errors": ["*.NoSuchError", {"type": "HTTPException", "status": "< 500"}],
    "error_messages": ["no such*", "/no such \\w+/"],
    "releases": ["*-none"],
    "environments": ["none"],
    "client_addresses": ["192.0.2.0/24"],
    "groups": ["localhost", "browser-extensions", "legacy-browsers", "web-crawlers", "csp-noise"],
}
# Name -> filters, sampling, what is special about the event; the item's type is a transaction's if it is one.
_KINDS: Final[Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]]] = {
    "goes on, no filters": ({}, {}, {}),
    "goes on, past all filters": (_ALL, {}, {}),
    "client_addresses": ({"client_addresses": [ip_network("198.51.100.0/24")]}, {}, {}),
    "environments": ({"environments": ["loc*"]}, {}, {"environment": "local"}),
    "ignore_errors, a type": ({"ignore_errors": ["*"]}, {}, {}),
    "error_messages, a wildcard": ({"error_messages": ["*: *"]}, {}, {}),
    "error_messages, an expression": ({"error_messages": ["/./"]}, {}, {}),
    "localhost": ({"groups": ["localhost"]}, {}, {"request": {"url": "http://localhost:8000/"}}),
    "legacy-browsers": (
        {"groups": ["legacy-browsers"]},
        {},
        {"platform": "javascript", "request": {"headers": {"User-Agent": _OLD}}},
    ),
    "web-crawlers": ({"groups": ["web-crawlers"]}, {}, {"request": {"headers": {"User-Agent": _BOT}}}),
    "health-checks": ({"groups": ["health-checks"]}, {}, {"type": "transaction", "transaction": "/healthz"}),
    "sampled": ({}, {"rates": {"*": 0.0}}, {"type": "transaction"}),
}


def print_policies(events: Sequence[str], rounds: int) -> None:
    """Print the microseconds of an event in the process, from its bytes to the decision, by what ends it."""
    columns = [_column(event, rounds) for event in events]
    rows = [
        (kind, *(figure for column in columns for figure in (column[kind], _ratio(column, kind))))
        for kind in _KINDS
    ]
    head = ("what ends it", *(cell for event in events for cell in (event, "of one that goes on")))
    table("An event that is dropped, µs (median)", head, rows)


def _ratio(column: Mapping[str, float], kind: str) -> str:
    return f"{100 * column[kind] / column['goes on, no filters']:.1f} %"


def _column(event: str, rounds: int) -> dict[str, float]:
    """Return the figure of each kind; they take turns, so that a busy moment of the machine hits all."""
    own = project()
    circumstances = Circumstances(_NOW, client=Client("198.51.100.7"), secret=b"s" * 32)
    chosen = {
        kind: replace(
            own,
            policies=Policies(
                filters_of(FilterSettings(**filters)), sampling_of(SamplingSettings(**sampling))
            ),
        )
        for kind, (filters, sampling, _) in _KINDS.items()
    }
    took: dict[str, list[float]] = {kind: [] for kind in _KINDS}
    seeds = itertools.count()
    for turn in range(rounds + _WARM):
        for kind in random.Random(turn).sample(list(_KINDS), len(_KINDS)):
            # Each event is new to the memory of strings, or whoever came second would seem to be faster.
            body = _body({**orjson.loads(EVENTS[event](next(seeds))), **_KINDS[kind][2]})
            started = time.perf_counter()
            finish(inspect(decode(body), chosen[kind], circumstances))
            took[kind].append((time.perf_counter() - started) * 1e6)
    return {kind: median(figures[_WARM:]) for kind, figures in took.items()}


def _body(document: Mapping[str, Any]) -> bytes:
    item = Item({"type": document.get("type", "event")}, orjson.dumps(document))
    return encode(Envelope({"event_id": document["event_id"]}, (item,)))
