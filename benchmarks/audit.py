"""What the audit costs: two relays, with and without it, that have the same load in turns.

    python -m benchmarks.audit [--rounds N]

Other work on the machine slows both alike; the CPU time of the relay's process is what can be compared.
"""

import argparse
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.endtoend import Setup, drained, load, relaying, sinking
from benchmarks.report import table
from tests.helpers.relay import Relay

_EVENTS = {"1 KB": 1500, "57 KB": 400}
_OFF = "[audit]\nfindings = false\nevents = false\n"


def _cpu(pid: int) -> float:
    """Return the CPU seconds of a process, its threads included, to the nanosecond (Linux, sched-stats)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


@dataclass(frozen=True)
class _Side:
    """One of the two that are compared, and what it has had."""

    relay: Relay
    sink: int
    event: str

    def slice(self, envelopes: int, sent: int) -> float:
        """Send some more; return the CPU milliseconds for each, from request to delivery."""
        before = _cpu(self.relay.process.pid)
        load(self.relay.port, self.event, envelopes, Setup(self.event).connections)
        drained(self.sink, sent + envelopes)
        return (_cpu(self.relay.process.pid) - before) * 1000 / envelopes


def compared(event: str, envelopes: int, rounds: int) -> tuple[float, float, float]:
    """Return CPU milliseconds an envelope without and with the audit, and how much more that is."""
    with ExitStack() as stack:
        sides = []
        for audit in (_OFF, ""):
            sink = stack.enter_context(sinking())
            sides.append(_Side(stack.enter_context(relaying(Setup(event, audit=audit), sink)), sink, event))
        pairs = [[side.slice(envelopes, at * envelopes) for side in sides] for at in range(rounds + 1)][1:]
    without, with_it = (median(one[at] for one in pairs) for at in (0, 1))
    return without, with_it, (sum(one[1] for one in pairs) / sum(one[0] for one in pairs) - 1) * 100


def print_audit(rounds: int) -> None:
    """Print a row for each size of event."""
    rows = [(event, *compared(event, envelopes, rounds)) for event, envelopes in _EVENTS.items()]
    head = ("CPU ms an envelope", "without", "with the audit", "more, %")
    table(f"The audit's cost, {rounds} rounds", head, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit")
    parser.add_argument("--rounds", type=int, default=10)
    print_audit(parser.parse_args().rounds)
