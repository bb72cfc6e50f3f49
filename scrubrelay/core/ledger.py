"""Where every item went: received = forwarded + dropped + waiting, in every account.

An envelope passes two stages. The first is the relay itself (`RELAY`): of what it received it drops some and
passes the rest on, once, however many targets there are. The second is each target: of what came to it, it
has forwarded some, dropped some, and the rest waits. Each stage has books of its own that must balance.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from scrubrelay.core.errors import Reason

RELAY = ""
"""The `target` of what happens before the fan-out to targets."""


class Fate(StrEnum):
    """What else than a `Reason` for dropping an item's quantity can be booked under."""

    RECEIVED = "received"
    """It came in: the left side of the equation."""
    PASSED = "passed"
    """The relay handed it to each of its targets; only in the relay's own books."""
    FORWARDED = "forwarded"
    """The target answered that it has it."""
    WAITING = "waiting"
    """It is in the outbox."""


class Account(NamedTuple):
    """One line of the books.

    Args:
        project_id: As the apps know it.
        category: Sentry's data category.
        target: A target's name, or `RELAY`.
        fate: A `Fate` or a `Reason`.
    """

    project_id: int
    category: str
    target: str
    fate: str


class Imbalance(NamedTuple):
    """Books that do not balance, which is a bug in the relay."""

    project_id: int
    category: str
    target: str
    received: int
    accounted: int


Quantities = Iterable[tuple[str, int]]
Booking = tuple[Account, int]


def arrived(
    project_id: int,
    kept: Quantities,
    dropped: Iterable[tuple[str, Reason, int]],
    targets: Mapping[str, Fate | Reason],
) -> Iterator[Booking]:
    """Book an envelope that came in.

    Args:
        project_id: As the apps know it.
        kept: What goes on, by data category.
        dropped: What does not, with its reason.
        targets: What becomes of it at each target: it waits, or is dropped at once. With none it stays here.
    """
    for category, reason, quantity in dropped:
        yield Account(project_id, category, RELAY, Fate.RECEIVED), quantity
        yield Account(project_id, category, RELAY, reason), quantity
    for category, quantity in kept:
        yield Account(project_id, category, RELAY, Fate.RECEIVED), quantity
        yield Account(project_id, category, RELAY, Fate.PASSED if targets else Fate.WAITING), quantity
        for target, fate in targets.items():
            yield Account(project_id, category, target, Fate.RECEIVED), quantity
            yield Account(project_id, category, target, fate), quantity


def moved(
    project_id: int, target: str, kept: Quantities, before: Fate | Reason, after: Fate | Reason
) -> Iterator[Booking]:
    """Book that what stood under one fate stands under another now."""
    for category, quantity in kept:
        yield Account(project_id, category, target, before), -quantity
        yield Account(project_id, category, target, after), quantity


def imbalances(books: Iterable[Booking]) -> list[Imbalance]:
    """Return every (project, category, target) whose sums differ; none if nothing has vanished."""
    received: dict[tuple[int, str, str], int] = {}
    accounted: dict[tuple[int, str, str], int] = {}
    for account, quantity in books:
        side = received if account.fate == Fate.RECEIVED else accounted
        where = account[:3]
        side[where] = side.get(where, 0) + quantity
    return [
        Imbalance(*where, received.get(where, 0), accounted.get(where, 0))
        for where in sorted(received.keys() | accounted.keys())
        if received.get(where, 0) != accounted.get(where, 0)
    ]
