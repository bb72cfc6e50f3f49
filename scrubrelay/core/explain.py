"""Why an item would go on or not: what its policies say, all of them, and not only the first that hits."""

from dataclasses import dataclass

from scrubrelay.core.errors import Reason
from scrubrelay.core.fates import Dropped
from scrubrelay.core.inspection import Circumstances, Inspection, events_of, inspect
from scrubrelay.core.policy.caps import Counted
from scrubrelay.core.policy.event import Event
from scrubrelay.core.project import Project
from scrubrelay.core.wire.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Tried:
    """A filter that looked at an item.

    Args:
        name: What it is called in the configuration.
        reason: Why an item is dropped that it hits.
        hit: Whether it hit.
    """

    name: str
    reason: Reason
    hit: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """What sampling says of an item; of a container, what it says of its first entry that goes on.

    Args:
        share: How much of what is like it goes on.
        name: What says so; empty if nothing does.
        kept: Whether it, or any of its entries, goes on.
        by: What the draw was made by: the head's number, the trace's id, or itself.
    """

    share: float
    name: str
    kept: bool
    by: str


@dataclass(frozen=True, slots=True)
class Explained:
    """What the policies say of one item.

    Args:
        type: Its item type.
        filters: Those that look at it, in their order; the first that hit is what it is dropped for.
        sampling: None if nothing is said about such items.
        dropped: How it ends before anything is scrubbed; None if it goes on.
        first: Whether it may go on all the same, as one of the first of its name in this hour.
        counted: What the cap says of an error; None if there is none.
    """

    type: str
    filters: tuple[Tried, ...]
    sampling: Drawn | None
    dropped: Dropped | None
    first: bool = False
    counted: Counted | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the policies say of an envelope.

    Args:
        items: One for each item, in their order.
        inspection: What the pipeline makes of it.
        late: Expressions that ran out of time.
    """

    items: tuple[Explained, ...]
    inspection: Inspection
    late: tuple[str, ...]


def explain(envelope: Envelope, project: Project, circumstances: Circumstances) -> Explanation:
    """Return what the policies say of an envelope. Nothing of its text is in it.

    Raises:
        BadRequest: As `inspect`.
    """
    inspection = inspect(envelope, project, circumstances)
    events = events_of(envelope, circumstances.client)
    items = tuple(_explained(event, inspection, circumstances) for event in events)
    late = tuple(dict.fromkeys((*inspection.late, *(one for event in events for one in event.late))))
    return Explanation(items, inspection, late)


def _explained(event: Event, inspection: Inspection, circumstances: Circumstances) -> Explained:
    policies = inspection.project.policies
    filters = tuple(Tried(one.name, one.reason, hit) for one, hit in policies.filters.tried(event))
    cut = policies.sampling.cut(event, circumstances.daily)
    drawn = None
    if cut is not None:
        drawn = Drawn(cut.share.share, cut.share.name, cut.kept is not None, cut.unit.drawn_by)
    first = policies.sampling.first(event, circumstances.daily) is not None
    pairs = zip(inspection.envelope.items, inspection.fates, strict=True)
    dropped = next((fate for item, fate in pairs if item is event.item), None)
    if dropped is not None and dropped.reason is Reason.SAMPLED and drawn is not None and drawn.kept:
        dropped = None  # a part of a container: the rest of it goes on
    counted = _counted(event, inspection, circumstances.secret)
    return Explained(event.type, filters, drawn, dropped, first, counted)


def _counted(event: Event, inspection: Inspection, secret: bytes) -> Counted | None:
    project = inspection.project
    cap = project.policies.cap
    is_error = event.type == "event" and event.document is not None and event.fields.get("type") != "feedback"
    return cap.explain(event, project.id, secret, project.redactor.remains) if cap and is_error else None
