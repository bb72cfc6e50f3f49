"""What becomes of items: each goes on or ends, for one reason, and takes with it what depends on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import regex

from scrubrelay.core.errors import Reason
from scrubrelay.core.redaction.detectors.generalised import ANY, Generaliser
from scrubrelay.core.redaction.redactor import Redaction
from scrubrelay.core.wire.envelope import Item
from scrubrelay.core.wire.items import ITEMS, kind_of, quantities

_TYPE: Final = regex.compile(r"[a-z][a-z_]{0,31}")
_GENERAL: Final = Generaliser()


@dataclass(frozen=True, slots=True)
class Kept:
    """One item goes on.

    Args:
        type: Its item type.
        quantities: What Sentry counts it as: data category and number.
        redactions: What was cut out of it, and where.
    """

    type: str
    quantities: tuple[tuple[str, int], ...]
    redactions: tuple[Redaction, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """One item ends here.

    Args:
        type: Its item type.
        quantities: What Sentry counts it as: data category and number.
        reason: Why; the one reason for it.
        detail: What stood in the way; no payload text.
    """

    type: str
    quantities: tuple[tuple[str, int], ...]
    reason: Reason
    detail: str = ""


Decision = Kept | Dropped


def dropped(item: Item, reason: Reason, detail: str = "") -> Dropped:
    """Return the end of an item."""
    return Dropped(type_of(item), quantities(item), reason, detail)


def type_of(item: Item) -> str:
    """Return an item's type for logs and reports; one not made of words of fields may be a text of a user."""
    if item.type in ITEMS or (_TYPE.fullmatch(item.type) and _GENERAL(item.type) != ANY):
        return item.type
    return "unnamed"


def together(items: Iterable[Item], fates: Iterable[Dropped | None]) -> list[Dropped | None]:
    """Drop what goes with a dropped item, for its reason, until nothing changes.

    An attachment goes with its event, a profile with its transaction, and the two halves of a replay with
    each other; what came without any of its partners stands for itself.
    """
    items, now = list(items), list(fates)
    while True:
        gone = _gone(items, now)
        then = [fate or _inherited(item, gone) for item, fate in zip(items, now, strict=True)]
        if then == now:
            return now
        now = then


def _gone(items: Iterable[Item], fates: Iterable[Dropped | None]) -> dict[str, Dropped | None]:
    """Item type -> the end of the first of its items; None if one of them is still there."""
    gone: dict[str, Dropped | None] = {}
    for item, fate in zip(items, fates, strict=True):
        gone[item.type] = fate and gone.get(item.type, fate)
    return gone


def _inherited(item: Item, gone: Mapping[str, Dropped | None]) -> Dropped | None:
    partners = [gone[kind] for kind in kind_of(item).parent if kind in gone]
    if not partners or partners[0] is None or not all(partners):
        return None
    return dropped(item, partners[0].reason, f"goes with its {partners[0].type}")
