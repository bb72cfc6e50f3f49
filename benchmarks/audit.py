"""What the audit costs: the same relay with and without it, in turns.

    python -m benchmarks.audit [--rounds N]

Other work on the machine slows both alike; the CPU time of the relay's process is what can be compared.
"""

import argparse
import os
from pathlib import Path
from statistics import median

from benchmarks.endtoend import Setup, drained, load, relaying, sinking
from benchmarks.report import table

_EVENTS = {"1 KB": 3000, "57 KB": 800}
_OFF = "[audit]\nfindings = false\nevents = false\n"
_TICKS = os.sysconf("SC_CLK_TCK")


def _cpu(pid: int) -> float:
    """Return the CPU seconds of a process, its threads included (proc(5), `stat`)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def cost(setup: Setup, envelopes: int) -> float:
    """Return CPU milliseconds an envelope, from request to delivery."""
    with sinking() as sink, relaying(setup, sink) as relay:
        warm = envelopes // 5
        load(relay.port, setup.event, warm, setup.connections)
        drained(sink, warm)
        before = _cpu(relay.process.pid)
        load(relay.port, setup.event, envelopes, setup.connections)
        drained(sink, warm + envelopes)
        return (_cpu(relay.process.pid) - before) * 1000 / envelopes


def print_audit(rounds: int) -> None:
    """Print a row for each size of event."""
    rows = []
    for event, envelopes in _EVENTS.items():
        on, off = Setup(event), Setup(event, audit=_OFF)
        pairs = [(cost(on, envelopes), cost(off, envelopes)) for _ in range(rounds)]
        with_it, without = (median(one[at] for one in pairs) for at in (0, 1))
        share = median(one / other - 1 for one, other in pairs) * 100
        rows.append((event, without, with_it, share))
    head = ("CPU ms an envelope", "without", "with the audit", "more, %")
    table(f"The audit's cost, median of {rounds} rounds", head, rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.audit")
    parser.add_argument("--rounds", type=int, default=5)
    print_audit(parser.parse_args().rounds)
