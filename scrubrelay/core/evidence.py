"""What is kept of an envelope for the audit: decisions, and finds without a word of text."""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from scrubrelay.core.errors import Reason
from scrubrelay.core.fates import Decision, Kept
from scrubrelay.core.pipeline import Outcome
from scrubrelay.core.redaction.detectors.generalised import ANY
from scrubrelay.core.redaction.redactor import Redaction
from scrubrelay.core.wire.items import ITEMS

KEPT: Final = "kept"
"""The fate of an item that goes on; else it is the reason why it does not."""
ENVELOPE: Final = "envelope"
"""The type of what was found in the header of an envelope."""
OTHER: Final = "(other)"
"""Stands for all paths beyond those that are told apart."""
UNKNOWN: Final = "unknown"
"""The type of an item whose type may be a user's text."""
_MOST_FINDS: Final = 200
"""Places told apart in one item; an item has a dozen, one that was made to have many has no end."""

Finds = tuple[tuple[str, str, int], ...]
"""Pattern, path as it may be stored, and how often."""


class Evidence(NamedTuple):
    """What became of one item, or of several alike.

    Args:
        type: Its type.
        fate: `KEPT`, or a `Reason`.
        detail: What stood in the way; no payload text.
        finds: What was found in each.
        items: How many they are.
    """

    type: str
    fate: str
    detail: str = ""
    finds: Finds = ()
    items: int = 1

    @property
    def kind(self) -> tuple[object, ...]:
        """What it says but for the numbers."""
        return self.type, self.fate, self.detail, tuple((pattern, path) for pattern, path, _ in self.finds)

    def and_another(self, other: "Evidence") -> "Evidence":
        """Return the sum with another one of its kind."""
        pairs = zip(self.finds, other.finds, strict=True)
        finds = tuple((pattern, path, count + more) for (pattern, path, count), (_, _, more) in pairs)
        return self._replace(finds=finds, items=self.items + other.items)


def evidence_of(outcome: Outcome, general: Callable[[str], str]) -> tuple[Evidence, ...]:
    """Return what became of each item, and what was found in the envelope's own header.

    Args:
        outcome: What became of the envelope.
        general: Turns a path into what may be stored.
    """
    found = tuple(_of(one, general) for one in outcome.decisions)
    if not outcome.redactions:
        return found
    return (*found, Evidence(ENVELOPE, KEPT, finds=_finds(outcome.redactions, general), items=0))


def lost(found: Iterable[Evidence], reason: Reason) -> tuple[Evidence, ...]:
    """Return the evidence of an envelope of which nothing is kept after all."""
    return tuple(one._replace(fate=reason) if one.fate == KEPT else one for one in found)


def _of(decision: Decision, general: Callable[[str], str]) -> Evidence:
    name = decision.type if decision.type in ITEMS or general(decision.type) != ANY else UNKNOWN
    if isinstance(decision, Kept):
        return Evidence(name, KEPT, finds=_finds(decision.redactions, general))
    return Evidence(name, decision.reason, decision.detail)


def _finds(redactions: Iterable[Redaction], general: Callable[[str], str]) -> Finds:
    counts: dict[tuple[str, str], int] = {}
    for one in redactions:
        where = one.pattern, general(one.path)
        if where not in counts and len(counts) >= _MOST_FINDS:
            where = one.pattern, OTHER
        counts[where] = counts.get(where, 0) + one.count
    return tuple((*where, count) for where, count in counts.items())
