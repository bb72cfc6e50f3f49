"""`scrubrelay status`."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scrubrelay.cli.client import TokenOption, UrlOption, client
from scrubrelay.cli.console import (
    ConfigOption,
    JsonOption,
    complain,
    moment,
    print_table,
    rounded,
    say,
    say_json,
    span,
)
from scrubrelay.core.ledger import Fate
from scrubrelay.service.clock import SystemClock

EXAMPLE: Final = "Example: scrubrelay status --json"
_WORKERS: Final = ("worker", "pid", "up", "requests/s", "generation")
_NO_REASON: Final = frozenset(Fate)
_TARGETS: Final = ("upstream", "state", "ready", "delayed", "in flight")


def command(
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Say how the running relay does: its workers, what it takes, what waits, and where it goes.

    Exit code 0 if it answers, 1 if it does not.
    """
    relay = client(config, url, token_file)
    figures = relay.get("/api/status")
    if as_json:
        say_json(figures)
        return 0
    now = SystemClock().now()
    say(*_summary(figures, relay.url, now), "")
    print_table(_WORKERS, [_worker(one, now) for one in figures["workers"]])
    for number in figures["silent"]:
        complain(f"worker {number} does not answer: it is starting, or hangs; see the log")
    if figures["targets"]:
        say("")
        print_table(_TARGETS, [_target(one) for one in figures["targets"]])
    return 0


def _summary(figures: Mapping[str, Any], url: str, now: float) -> Iterator[str]:
    workers, store, configuration = figures["workers"], figures["store"], figures["configuration"]
    up = span(now - min((one["started_at"] for one in workers), default=now))
    yield f"scrubrelay {figures['version']} at {url}, up {up}"
    yield f"capture  {capture_line(figures['capture'], now)}"
    room = f"{rounded(store['used_bytes'])} of {rounded(store['max_bytes'])}"
    oldest = f", the oldest for {span(now - store['oldest'])}" if store["oldest"] else ""
    writable = "" if store["writable"] else "; CANNOT WRITE"
    waiting = f"{store['waiting']} waiting{oldest}, {store['dead']} dead, {store['kept']} kept"
    yield f"store    {waiting}; {room}{writable}"
    yield f"config   generation {configuration['generation']}, loaded {moment(configuration['loaded_at'])}"
    for problem in configuration["problems"]:
        yield f"         refused since: {problem}"
    received, dropped = (
        sum(line["quantity"] for line in figures["ledger"] if line["target"] == "" and wanted(line["fate"]))
        for wanted in (lambda fate: fate == "received", lambda fate: fate not in _NO_REASON)
    )
    yield f"items    {received} received, {dropped} of them dropped; `scrubrelay projects` says where"


def capture_line(capture: Mapping[str, Any], now: float) -> str:
    """Return what is switched off, in words."""
    if capture["state"] == "on":
        return "on"
    lines = (
        f"{'everything' if one['project_id'] is None else 'project ' + str(one['project_id'])} is OFF since"
        f" {moment(one['since'])} by {one['who']}, "
        + ("until it is switched on" if one["until"] is None else f"on again in {span(one['until'] - now)}")
        for one in capture["off"]
    )
    return "; ".join(lines)


def _worker(one: Mapping[str, Any], now: float) -> dict[str, Any]:
    values = (one["worker"], one["pid"], span(now - one["started_at"]), f"{one['requests_per_second']:.1f}")
    return dict(zip(_WORKERS, (*values, one["generation"]), strict=True))


def _target(one: Mapping[str, Any]) -> dict[str, Any]:
    values = (one["target"], "DOWN" if one["down"] else "up", one["ready"], one["delayed"], one["in_flight"])
    return dict(zip(_TARGETS, values, strict=True))
