"""Findings inside one string: settled where they overlap, then cut."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scrubrelay.core.redaction.pattern import Pattern


class Finding(NamedTuple):
    """A pattern found from `start` to `end` (code points)."""

    start: int
    end: int
    pattern: Pattern


class Cut(NamedTuple):
    """A finding and what now stands in its place, at `at` in the result."""

    finding: Finding
    at: int
    replacement: str


def settle(findings: Iterable[Finding]) -> list[Finding]:
    """Unite what overlaps, so that every character found is cut; the longest of them gives its name.

    Equal lengths: the earliest, then the pattern's id, so that the result never depends on the order of finding.
    """
    settled: list[Finding] = []
    best: list[Finding] = []
    for one in sorted(findings, key=_rank):
        if settled and one.start < settled[-1].end:
            best[-1] = min(best[-1], one, key=_rank_by_length)
            settled[-1] = Finding(settled[-1].start, max(settled[-1].end, one.end), best[-1].pattern)
        else:
            settled.append(one)
            best.append(one)
    return settled


def _rank(one: Finding) -> tuple[int, int, str]:
    return (one.start, -one.end, one.pattern.id)


def _rank_by_length(one: Finding) -> tuple[int, int, str]:
    return (one.start - one.end, one.start, one.pattern.id)


def replace(text: str, findings: Sequence[Finding], replacements: Sequence[str]) -> tuple[str, list[Cut]]:
    """Put each replacement where its finding was; findings are settled and in order."""
    parts: list[str] = []
    cuts: list[Cut] = []
    done = length = 0
    for finding, replacement in zip(findings, replacements, strict=True):
        kept = text[done : finding.start]
        cuts.append(Cut(finding, length + len(kept), replacement))
        parts += (kept, replacement)
        length += len(kept) + len(replacement)
        done = finding.end
    parts.append(text[done:])
    return "".join(parts), cuts
