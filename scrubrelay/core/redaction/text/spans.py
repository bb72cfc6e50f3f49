"""Findings inside one string: settled where they overlap, then cut."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scrubrelay.core.redaction.detectors.pattern import Pattern


class Finding(NamedTuple):
    """A pattern found from `start` to `end` (code points).

    Args:
        by: The action, and the number, of the rule for its place within the text; None if there is none.
    """

    start: int
    end: int
    pattern: Pattern
    by: tuple[str | None, int] | None = None


class Cut(NamedTuple):
    """What a pattern's finding became: the result from `start` to `end`.

    Args:
        action: What was done.
        rule: The number of the `[[redaction.rule]]` that said so, 0 if none did.
    """

    start: int
    end: int
    pattern: Pattern
    action: str = "replace"
    rule: int = 0


class Put(NamedTuple):
    """What stands in the place of a finding, by which action, and by which rule of the configuration."""

    text: str
    action: str
    rule: int


@dataclass(frozen=True, slots=True)
class Result:
    """A string in which something was found.

    Args:
        text: What stands there now.
        cuts: What was cut, in order, with its place in `text`.
    """

    text: str
    cuts: tuple[Cut, ...]


def settle(findings: Iterable[Finding]) -> list[Finding]:
    """Unite what overlaps, so that every character found is cut; the longest of them gives its name.

    Equal lengths: what was known by its shape rather than by its key, then the earliest, then by id, then
    what a rule is about, so that the result never depends on the order of finding.
    """
    settled: list[Finding] = []
    best: list[Finding] = []
    for one in sorted(findings, key=_rank):
        if settled and one.start < settled[-1].end:
            best[-1] = min(best[-1], one, key=_rank_by_length)
            settled[-1] = best[-1]._replace(start=settled[-1].start, end=max(settled[-1].end, one.end))
        else:
            settled.append(one)
            best.append(one)
    return settled


def _rank(one: Finding) -> tuple[int, int, str]:
    return (one.start, -one.end, one.pattern.id)


def _rank_by_length(one: Finding) -> tuple[int, bool, int, str, bool, int]:
    by = (one.by is None, one.by[1] if one.by else 0)
    return (one.start - one.end, one.pattern.is_key, one.start, one.pattern.id, *by)


def covering(findings: Iterable[Finding], cuts: Sequence[Cut]) -> list[Finding]:
    """Widen findings that touch earlier cuts to hold them whole: no half label is left standing."""
    wide = []
    for one in findings:
        touched = [cut for cut in cuts if cut.start < one.end and one.start < cut.end]
        start = min([one.start, *(cut.start for cut in touched)])
        end = max([one.end, *(cut.end for cut in touched)])
        wide.append(one._replace(start=start, end=end))
    return settle(wide)


def replace(
    text: str, findings: Sequence[Finding], cuts: Sequence[Cut], put: Callable[[Finding, str], Put]
) -> tuple[str, list[Cut]]:
    """Replace settled findings, and say where all cuts, the earlier ones too, are in the result."""
    parts: list[str] = []
    made: list[Cut] = []
    ends, shifts = [0], [0]
    done = length = 0
    for one in findings:
        replacement, action, rule = put(one, text[one.start : one.end])
        parts += (text[done : one.start], replacement)
        length += one.start - done
        made.append(Cut(length, length + len(replacement), one.pattern, action, rule))
        length += len(replacement)
        done = one.end
        ends.append(one.end)
        shifts.append(length - one.end)
    parts.append(text[done:])
    starts = [one.start for one in findings]
    for cut in cuts:
        before = bisect_right(starts, cut.start) - 1
        if before < 0 or findings[before].end <= cut.start:
            shift = shifts[bisect_right(ends, cut.start) - 1]
            made.append(cut._replace(start=cut.start + shift, end=cut.end + shift))
    return "".join(parts), sorted(made, key=lambda cut: cut[:2])
