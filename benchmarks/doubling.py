"""What twice as many patterns cost: the library beside itself with as many made-up tokens of vendors."""

import random
import statistics
import string
import time
from collections.abc import Sequence

from benchmarks.report import table
from scrubrelay.config.packs import embedded
from scrubrelay.core.redaction.detectors.library import Library, select
from scrubrelay.core.redaction.detectors.pattern import Pack, Pattern
from scrubrelay.core.redaction.redactor import Redactor


def _made_up(count: int) -> Pack:
    """Return patterns of tokens with a prefix, as most of those are that a library grows by."""
    draw = random.Random(count)
    prefixes: set[str] = set()
    while len(prefixes) < count:
        prefixes.add(
            "".join(draw.choices(string.ascii_lowercase, k=draw.randrange(3, 7))) + draw.choice("_-")
        )
    patterns = tuple(
        Pattern(
            f"madeup.token{number}",
            "[token]",
            "Nobody has it.",
            keywords=(prefix,),
            match=rf"(?<! [\w-] ) {prefix} [A-Za-z0-9]{{{draw.choice((20, 24, 32, 40))}}} (?! [\w-] )",
            validator="not_masked",
            measured=True,
        )
        for number, prefix in enumerate(sorted(prefixes))
    )
    return Pack("madeup", "Made-up tokens", ("secrets",), default=True, patterns=patterns)


def _microseconds(scrubber: Redactor, documents: Sequence[bytes]) -> float:
    started = time.process_time()
    for document in documents:
        scrubber.json_document(document)
    return (time.process_time() - started) * 1e6 / len(documents)


def double(documents: Sequence[bytes], passes: int) -> None:
    """Print how much throughput falls when the library doubles, cold and warm.

    Args:
        documents: What is scrubbed.
        passes: How often each library does, in turn.
    """
    packs = select(embedded(), ["default"])
    once = Library.compile(packs)
    twice = Library.compile((*packs, _made_up(len(once.rules))))
    figures: dict[tuple[str, bool], list[float]] = {}
    for number in range(passes):
        for doubled in (False, True) if number % 2 else (True, False):
            scrubber = Redactor(twice if doubled else once)
            figures.setdefault(("cold", doubled), []).append(_microseconds(scrubber, documents))
            warm = min(_microseconds(scrubber, documents) for _ in range(3))
            figures.setdefault(("warm", doubled), []).append(warm)
    rows = []
    for memory in ("cold", "warm"):
        one, two = figures[memory, False], figures[memory, True]
        falls = [1 - a / b for a, b in zip(one, two, strict=True)]
        rows.append((memory, statistics.median(one), statistics.median(two), 100 * statistics.median(falls)))
    head = (f"one document, µs of {len(documents)}", "once", "twice", "throughput falls by %")
    table(f"The library, and {len(twice.rules)} patterns in place of {len(once.rules)}", head, rows)
