"""Which of the workers a process is, and how it is told."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Post:
    """Which of the workers a process is.

    Args:
        path: The configuration file; None if there is none.
        slot: Its number, from 0.
        slots: How many workers there are.
    """

    path: Path | None
    slot: int = 0
    slots: int = 1

    def command(self) -> list[str]:
        """Return the command line of a process with this post, of the same installation."""
        words = [sys.executable, "-m", "scrubrelay.service.process.worker", str(self.slot), str(self.slots)]
        return [*words, str(self.path)] if self.path else words

    @classmethod
    def parse(cls, words: Sequence[str]) -> "Post":
        """Return what `command` wrote down."""
        slot, slots, *path = words
        return cls(Path(path[0]) if path else None, int(slot), int(slots))
