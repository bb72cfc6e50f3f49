"""Entries for a store, where it does not matter what is in them."""

from scrubrelay.core.pipeline import Clean
from scrubrelay.service.stores.base import Entry

NOW = 1_800_000_000.0
"""When they were received."""


def entry(size: int = 100, event_id: str = "e" * 32) -> Entry:
    """Return an entry with one error for the target `a`."""
    return Entry(1, "k" * 32, event_id, NOW, Clean(b"x" * size), ("a",), (("error", 1),))
