"""Sums of what was found and what became of items: by hour, project, type, pattern and path."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Final

from scrubrelay.core.evidence import Evidence, Finds

_HOUR: Final = 3600
_FINDING: Final = """INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity"""
_FATE: Final = """INSERT INTO item_fate VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity"""


class Sightings:
    """What is to be added to the audit's sums: of many envelopes at once, as each place in one is a row."""

    def __init__(self) -> None:
        # Events of one issue have the same finds: they are taken apart once for all of them.
        self._finds: Counter[tuple[int, str, str, Finds]] = Counter()
        self._fates: Counter[tuple[int, str, str, str]] = Counter()

    def add(self, project_id: int, evidence: Iterable[Evidence], at: float) -> None:
        """Add what became of an envelope's items."""
        hour, project = int(at // _HOUR), str(project_id)
        for name, fate, _, finds, items in evidence:
            if items:
                self._fates[hour, project, name, fate] += items
            if finds:
                self._finds[hour, project, name, finds] += 1

    def __bool__(self) -> bool:
        return bool(self._fates or self._finds)

    def __add__(self, other: "Sightings") -> "Sightings":
        both = Sightings()
        both._fates, both._finds = self._fates + other._fates, self._finds + other._finds
        return both

    def write(self, db: sqlite3.Connection) -> None:
        """Add them to the sums."""
        db.executemany(_FATE, [(*key, count) for key, count in self._fates.items()])
        db.executemany(_FINDING, [(*key, count) for key, count in self._findings().items()])

    def _findings(self) -> dict[tuple[int, str, str, str, str], int]:
        sums: dict[tuple[int, str, str, str, str], int] = {}
        for (hour, project, name, finds), times in self._finds.items():
            for pattern, path, count in finds:
                key = (hour, project, name, pattern, path)
                sums[key] = sums.get(key, 0) + count * times
        return sums
