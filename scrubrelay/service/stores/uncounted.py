"""Entries that are to be booked some time soon: alike ones added up, so that a flood of them is few."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from scrubrelay.core.evidence import Evidence
from scrubrelay.service.stores.base import Entry

_HOUR: Final = 3600
_MOST: Final = 20_000
"""Sums, some 40 MB: while the store cannot write, clients could think of ever new kinds of entries."""


@dataclass(slots=True)
class _Sum:
    entry: Entry
    quantities: list[int]
    capped: int
    evidence: tuple[Evidence, ...]


class Uncounted:
    """Sums of entries of which nothing is kept."""

    def __init__(self) -> None:
        self._sums: dict[tuple[Any, ...], _Sum] = {}

    def __bool__(self) -> bool:
        return bool(self._sums)

    def add(self, entries: Iterable[Entry]) -> None:
        """Add entries, or sums of them."""
        for entry in entries:
            if len(self._sums) < _MOST or _key(entry) in self._sums:
                self._add(entry)
            else:
                for part in _parts(entry):
                    self._add(part)

    def _add(self, entry: Entry) -> None:
        found = self._sums.get(key := _key(entry))
        if found is None:
            self._sums[key] = _Sum(entry, [one[-1] for one in entry.dropped], entry.capped, entry.evidence)
            return
        found.capped += entry.capped
        pairs = zip(found.evidence, entry.evidence, strict=True)
        found.evidence = tuple(one.and_another(other) for one, other in pairs)
        for at, (_, _, quantity) in enumerate(entry.dropped):
            found.quantities[at] += quantity

    def take(self) -> list[Entry]:
        """Return the sums, and begin anew."""
        sums, self._sums = self._sums, {}
        return [_total(one) for one in sums.values()]


def _key(entry: Entry) -> tuple[Any, ...]:
    kinds = tuple((category, reason) for category, reason, _ in entry.dropped)
    issue = entry.claim and entry.claim.keys
    hour = entry.received_at // _HOUR
    whose = entry.project_id, entry.key, entry.targets, entry.limited
    return *whose, hour, kinds, issue, tuple(one.kind for one in entry.evidence)


def _parts(entry: Entry) -> Iterator[Entry]:
    """Yield what must be booked whatever happens, in pieces of which there are few kinds.

    What is kept for the audit is given up, and so is the count of an issue: books and reports are not.
    """
    bare = replace(entry, event_id=None, evidence=(), claim=None, capped=0)
    return (replace(bare, dropped=(one,)) for one in entry.dropped)


def _total(one: _Sum) -> Entry:
    pairs = zip(one.entry.dropped, one.quantities, strict=True)
    dropped = tuple((category, reason, quantity) for (category, reason, _), quantity in pairs)
    return replace(one.entry, dropped=dropped, capped=one.capped, evidence=one.evidence)
