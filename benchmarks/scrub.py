"""Our scrubbing against that of Sentry's own engine, side by side on the same JSON texts.

    python -m benchmarks.scrub [--smoke]

Sentry's engine is measured where `.cache/sentry-relay` is an environment that holds it:

    python3 -m venv .cache/sentry-relay && .cache/sentry-relay/bin/pip install sentry-relay
"""

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from benchmarks.doubling import double
from benchmarks.ours import redactor
from benchmarks.payloads import EVENTS
from benchmarks.recorded import afresh, recorded
from benchmarks.report import table
from scrubrelay.core.redaction.redactor import Redactor

_ROOT = Path(__file__).parents[1]
_THEIRS = _ROOT / ".cache" / "sentry-relay" / "bin" / "python"


def texts(*, smoke: bool) -> Mapping[str, Sequence[bytes]]:
    """Return what is scrubbed."""
    few = 8 if smoke else 64
    made = {
        name: [EVENTS[name](seed) for seed in range(few if name != "1 MB" else 2)]
        for name in ("57 KB", "1 MB")
    }
    real = recorded()
    size = sum(map(len, real)) // max(1, len(real)) // 1000
    first = (
        {f"{len(real)} recorded, {size} KB": real}
        if real
        else {"6 KB": [EVENTS["6 KB"](n) for n in range(few)]}
    )
    return {"empty": [b"{}"], **first, **made}


def _pass(scrubber: Redactor, documents: Sequence[bytes]) -> float:
    started = time.perf_counter()
    for document in documents:
        scrubber.json_document(document)
    return (time.perf_counter() - started) * 1e6 / len(documents)


def _ours(documents: Sequence[bytes], passes: int) -> tuple[float, float, float]:
    """Return microseconds a document: never seen, seen with other ids and at another time, seen as it is."""
    draw = random.Random(passes)
    cold, again, warm = [], [], []
    used = redactor()
    _pass(used, documents)  # expressions are compiled when they are first used
    for _ in range(max(1, passes // 4)):
        scrubber = used.renewed()
        cold.append(_pass(scrubber, documents))
        for _ in range(4):
            anew = [afresh(document, draw) for document in documents]
            again.append(_pass(scrubber, anew))
            warm.append(_pass(scrubber, documents))
    return statistics.median(cold), statistics.median(again), statistics.median(warm)


def _theirs(documents: Sequence[bytes], passes: int) -> float | None:
    if not _THEIRS.exists():
        return None
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(orjson.dumps([document.decode() for document in documents]))
        file.flush()
        command = [str(_THEIRS), str(_ROOT / "benchmarks" / "relay_pii.py"), file.name, str(passes)]
        return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def compare(*, smoke: bool) -> None:
    """Print microseconds a document, ours and theirs in turn, and how they relate.

    Cold: a new redactor's first pass over them. Afresh: its strings in events with other ids and times, as
    an app sends them. Warm: the very same documents again.
    """
    rows = []
    for name, documents in texts(smoke=smoke).items():
        ours, theirs = _ours(documents, 4 if smoke else 20), _theirs(documents, 3 if smoke else 20)
        ratios = [theirs / one for one in ours] if theirs else ["-"] * len(ours)
        rows.append((name, *ours, theirs or "-", *ratios))
    head = (
        "one document, µs (median)",
        *("cold", "afresh", "warm", "sentry-relay", "theirs/cold", "theirs/afresh", "theirs/warm"),
    )
    table("Scrubbing, bytes in and bytes out", head, rows)


_WEIGH = """
import sys, time
started = time.perf_counter()
from benchmarks.ours import redactor
imported = time.perf_counter()
redactor(sys.argv[1].split(","))
loaded = time.perf_counter()
pages = int(open("/proc/self/statm").read().split()[1]) if sys.platform == "linux" else 0
print(imported - started, loaded - imported, time.process_time(), pages * 4096 / 1e6)
"""


def weigh() -> None:
    """Print what it costs to have the library in memory."""
    rows = []
    for packs in ("default", "all"):
        command = [sys.executable, "-c", _WEIGH, packs]
        done = subprocess.run(command, capture_output=True, check=True, text=True, cwd=_ROOT)
        rows.append((packs, *map(float, done.stdout.split())))
    table("Loading the library", ("packs", "import s", "compile s", "processor s", "RSS MB"), rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scrub")
    parser.add_argument("--smoke", action="store_true", help="a few passes, to see that it works")
    smoke = parser.parse_args().smoke
    compare(smoke=smoke)
    double(recorded() or [EVENTS["6 KB"](seed) for seed in range(32)], 2 if smoke else 12)
    weigh()
