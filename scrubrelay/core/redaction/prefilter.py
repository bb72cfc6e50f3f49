"""Which rules could match a string at all: one pass of a multi-pattern engine, or every rule where there is none."""

from collections.abc import Sequence
from typing import Protocol


class Prefilter(Protocol):
    """Points at rules; never misses one that would match."""

    def candidates(self, text: str) -> Sequence[int]:
        """Return the rules (their indices, in order) that have to be tried on this text."""
        ...


class EveryRule:
    """The prefilter of a machine without the engine."""

    def __init__(self, count: int) -> None:
        self._all = range(count)

    def candidates(self, text: str) -> Sequence[int]:
        """Return all rules."""
        del text
        return self._all
