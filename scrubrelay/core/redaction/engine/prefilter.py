"""Which rules could match a string at all: one pass of a multi-pattern engine, or simply every rule."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Final, Protocol

import regex

from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.engine.compiling import HAS_ENGINE, TRIGGERS, Ready, groups_of, loaded, made

# They fold to ASCII letters in `regex`, and the engine knows only ASCII: such a text is for every rule.
_FOLDING: Final = regex.compile("[\u0130\u0131\u017f\u212a]")
_THREADS: Final = 2
"""Each takes some dozen megabytes while it compiles."""


class Prefilter(Protocol):
    """Points at rules; never misses one that would match."""

    def candidates(self, text: str) -> Sequence[int]:
        """Return the indices of the rules to be tried on this text, in order, then the triggers."""
        ...

    def of_each(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return the candidates of each text: faster than asking one by one."""
        ...

    def compiled(self) -> Mapping[str, bytes]:
        """Return what was compiled now, by the names under which `prefilter` will ask for it."""
        ...


class EveryRule:
    """The prefilter of a machine without the engine."""

    def __init__(self, count: int) -> None:
        self._all = range(count + len(TRIGGERS))

    def candidates(self, text: str) -> Sequence[int]:
        """Return all rules."""
        del text
        return self._all

    def of_each(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return all rules for each."""
        return [self._all] * len(texts)

    def compiled(self) -> Mapping[str, bytes]:
        """Return nothing."""
        return {}


class Engine:
    """Hyperscan: many patterns in one pass, in linear time.

    Args:
        groups: The rules and the triggers, compiled.
        count: How many rules there are.
    """

    def __init__(self, groups: Sequence["Ready"], count: int) -> None:
        self._groups = tuple(groups)
        self._scans = tuple(
            (database.scan, _noting(group.indices)) for group in groups for database in group.databases
        )
        self._always = tuple(index for group in groups for index in group.always)
        self._all = range(count + len(TRIGGERS))
        # The engine's working memory serves one scan at a time.
        self._lock = Lock()

    def candidates(self, text: str) -> Sequence[int]:
        """Return the rules that the engine points at."""
        found: list[int] = [*self._always]
        framed = _framed(text)
        with self._lock:
            for scan, note in self._scans:
                scan(framed, note, 0, found)
        return self._sorted(text, found)

    def of_each(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return the rules that the engine points at, for each text."""
        framed = [*map(_framed, texts)]
        found: list[list[int]] = [[*self._always] for _ in texts]
        with self._lock:
            # A database is megabytes: it is read by all texts while the processor has it at hand.
            for scan, note in self._scans:
                for data, of_this in zip(framed, found, strict=True):
                    scan(data, note, 0, of_this)
        return [self._sorted(text, of_this) for text, of_this in zip(texts, found, strict=True)]

    def _sorted(self, text: str, found: list[int]) -> Sequence[int]:
        if not text.isascii() and _FOLDING.search(text):
            return self._all
        return sorted(set(found)) if len(found) > 1 else found

    def compiled(self) -> Mapping[str, bytes]:
        """Return the groups that were not found compiled."""
        return {group.name: group.dumped() for group in self._groups if group.new}


class Joined:
    """Two prefilters as one: the rules of the second are numbered behind those of the first.

    Args:
        first: One, and how many rules it has.
        second: The other, and how many rules it has.
        gone: Rules of the first that are not pointed at any more.
    """

    def __init__(
        self, first: tuple[Prefilter, int], second: tuple[Prefilter, int], gone: AbstractSet[int]
    ) -> None:
        self._first, self._count = first
        self._second, self._more = second
        self._gone = gone

    def candidates(self, text: str) -> Sequence[int]:
        """Return what either points at; the triggers are the same for both, numbered last."""
        return self._both(self._first.candidates(text), self._second.candidates(text))

    def of_each(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return what either points at, for each text."""
        return [*map(self._both, self._first.of_each(texts), self._second.of_each(texts))]

    def _both(self, first: Sequence[int], second: Sequence[int]) -> Sequence[int]:
        count, more = self._count, self._more
        found = {index if index < count else index + more for index in first if index not in self._gone}
        found.update(index + count for index in second)
        return sorted(found)

    def compiled(self) -> Mapping[str, bytes]:
        """Return nothing: what is joined is not kept."""
        return {}


def prefilter(
    patterns: Sequence[Pattern], *, engine: bool, saved: Callable[[str], bytes] = lambda _: b""
) -> Prefilter:
    """Return the best prefilter that this machine has.

    Args:
        patterns: The rules' patterns.
        engine: Whether to use the engine if it is there.
        saved: Returns what `compiled` had under a name; anything else is ignored.
    """
    if not engine or not HAS_ENGINE:
        return EveryRule(len(patterns))
    groups = groups_of(patterns)
    found = [loaded(saved(group.name), group) for group in groups]
    # The engine compiles without holding up Python, so that two processors take half the time.
    with ThreadPoolExecutor(_THREADS) as pool:
        ready = pool.map(lambda known, group: known or made(group), found, groups)
        return Engine([*ready], len(patterns))


def _framed(text: str) -> bytes:
    try:
        return b"\xff%b\xff" % text.encode()
    except UnicodeEncodeError:
        return b"\xff%b\xff" % text.encode("utf-8", "surrogatepass")


def _noting(indices: Sequence[int]) -> Callable[[int, int, int, int, list[int]], None]:
    """Return what the engine calls for a hit; it numbers rules within their group."""

    def note(number: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
        found.append(indices[number])

    return note
