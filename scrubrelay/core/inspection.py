"""What is known of an envelope before it is scrubbed: what need not be, and what it has to ask for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Final

import orjson
import regex

from scrubrelay.core.errors import BadRequest, Reason, Unscrubbable
from scrubrelay.core.fates import Dropped, dropped, together, type_of
from scrubrelay.core.notes import Note
from scrubrelay.core.policy.caps import Claim
from scrubrelay.core.policy.client import NOBODY, Client
from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.sampling import Cut, sampled
from scrubrelay.core.project import Project
from scrubrelay.core.redaction.formats.json import loads, loads_exact
from scrubrelay.core.wire.envelope import Envelope, Item
from scrubrelay.core.wire.items import EVENTS, kind_of, quantities
from scrubrelay.core.wire.ratelimits import RateLimits
from scrubrelay.core.wire.trace import Trace

_IDENTIFIED: Final = frozenset(
    {"event", "transaction", "feedback", "user_report", "attachment", "replay_event", "replay_recording"}
)
_INTERNAL: Final = frozenset({"integration"})
_LATE: Final = {
    "attachment": "goes with its event, which came before",
    "user_report": "goes with its event, which came before",
    "profile": "goes with its transaction, which came before",
}
_ERROR: Final = (("error", 1),)
_EVENT_ID: Final = regex.compile(
    r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}"
)
_NO_LIMITS: Final = RateLimits()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides about an envelope besides the envelope and its project.

    Args:
        now: Seconds since the epoch.
        limits: What all upstreams of the project have asked to be spared.
        client: Who sent it.
        captured: Whether anything of the project is taken; not so when an operator has switched it off.
        secret: The key of the hashes that stand for its issue.
        daily: How many transactions the project has had within a day.
        gone: (project, event id) -> why an event did not go on, of which something may come later.
    """

    now: float = 0.0
    limits: RateLimits = _NO_LIMITS
    client: Client = NOBODY
    captured: bool = True
    secret: bytes = b""
    daily: int = 0
    gone: Mapping[tuple[int, str | None], Reason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inspection:
    """An envelope of which it is known what need not be scrubbed.

    Args:
        envelope: As it came, but a container that is sampled is two: what goes on, and what does not.
        project: Whose it is.
        event_id: 32 hex digits, of the header or the event; None if it has none.
        fates: One for each item; None for what goes on.
        late: Expressions of the configuration that ran out of time, and so were taken not to match.
        claim: What the one error that it can carry has to ask for; None if it need not ask.
        claimant: Which of the items that is.
        note: What that error tells.
        first: What holds instead if its transaction is one of the first of its name in this hour.
    """

    envelope: Envelope
    project: Project
    event_id: str | None
    fates: tuple[Dropped | None, ...]
    late: tuple[str, ...] = ()
    claim: Claim | None = None
    claimant: int = -1
    note: Note | None = None
    first: "First | None" = None

    def capped(self) -> "Inspection":
        """Return it without the event, as its issue is over its cap."""
        items, fates = self.envelope.items, list(self.fates)
        fates[self.claimant] = Dropped("event", _ERROR, Reason.CAPPED)
        return replace(self, fates=tuple(together(items, fates)))

    def telling(self, note: Note) -> "Inspection":
        """Return it with an event that tells how many of its issue have not gone on."""
        claim = self.claim and replace(self.claim, told=note.suppressed)
        return replace(self, claim=claim, note=note)


@dataclass(frozen=True, slots=True)
class First:
    """A transaction that goes on whatever its share, if it is one of the first of its name in this hour.

    Args:
        name: 16 bytes: a keyed hash of the project and the transaction's name.
        limit: How many go on so.
        inspection: What holds if it does: nothing of the envelope is sampled.
    """

    name: bytes
    limit: int
    inspection: Inspection


def inspect(envelope: Envelope, project: Project, circumstances: Circumstances) -> Inspection:
    """Drop what need not be scrubbed: refused, filtered, not drawn, or going with such an item.

    Raises:
        BadRequest: The header's event id is none, or an item is of a type that only relays make.
    """
    if any(item.type in _INTERNAL for item in envelope.items):
        raise BadRequest("envelope contains internal items")
    event_id = _event_id(envelope)
    if not circumstances.captured:
        return _switched_off(envelope, project, event_id)
    events = events_of(envelope, circumstances.client)
    fates = [_refusal(event.item, circumstances) or _filtered(event, project) for event in events]
    fates = _parted(envelope.items, fates, circumstances.gone.get((project.id, event_id)))
    fates = together(envelope.items, _of_one_error(events, fates))
    late = tuple(source for event in events for source in event.late)
    whole = Inspection(envelope, project, event_id, tuple(fates), late)
    drawn = _claiming(_drawn(whole, events, circumstances.daily), events, circumstances.secret)
    first = _first(whole, events, circumstances)
    return drawn if first is None else replace(drawn, first=first)


def events_of(envelope: Envelope, client: Client) -> list[Event]:
    """Return the items of an envelope as policies see them."""
    trace = Trace.of(envelope.headers)
    return [Event(item, client, trace, _read) for item in envelope.items]


def _switched_off(envelope: Envelope, project: Project, event_id: str | None) -> Inspection:
    """Drop everything, sessions and the client's own reports included: nothing of the project goes on."""
    fates = tuple(dropped(item, Reason.CAPTURE_OFF) for item in envelope.items)
    return Inspection(envelope, project, event_id, fates)


def _refusal(item: Item, circumstances: Circumstances) -> Dropped | None:
    kind = kind_of(item)
    if len(item.payload) > kind.max_bytes:
        return dropped(item, Reason.TOO_LARGE, f"over {kind.max_bytes} bytes")
    if kind.category is not None and circumstances.limits.limited(kind.category, circumstances.now):
        return dropped(item, Reason.RATE_LIMITED)
    return None


def _filtered(event: Event, project: Project) -> Dropped | None:
    found = project.policies.filters.first(event)
    return None if found is None else dropped(event.item, found.reason, found.name)


def _parted(
    items: Iterable[Item], fates: Iterable[Dropped | None], reason: Reason | None
) -> list[Dropped | None]:
    """Drop what came later than its event, if that has not gone on; one that goes on now is a new one."""
    items, now = list(items), list(fates)
    if reason is None or any(item.type in EVENTS for item in items):
        return now
    return [
        fate or (dropped(item, reason, _LATE[item.type]) if item.type in _LATE else None)
        for item, fate in zip(items, now, strict=True)
    ]


def _of_one_error(events: Sequence[Event], fates: Sequence[Dropped | None]) -> list[Dropped | None]:
    """Drop all errors but the first that can go on: one is counted, and Sentry takes one."""
    now = list(fates)
    if sum(event.type == "event" and fate is None for event, fate in zip(events, fates, strict=True)) > 1:
        errors = [at for at, event in enumerate(events) if now[at] is None and _is_error(event)]
        first = next((at for at in errors if events[at].document is not None), *errors[:1])
        for at in errors:
            now[at] = now[at] if at == first else dropped(events[at].item, Reason.SURPLUS)
    return now


def _is_error(event: Event) -> bool:
    """Whether it is one; a feedback that an old SDK sends as an event is none, as in `wire.items`."""
    return event.type == "event" and event.fields.get("type") != "feedback"


def _drawn(whole: Inspection, events: Iterable[Event], daily: int) -> Inspection:
    """Sample what is left; the trace header then says how much of it that is."""
    project, headers = whole.project, whole.envelope.headers
    pairs: list[tuple[Item, Dropped | None]] = []
    traced: Cut | None = None
    for event, fate in zip(events, whole.fates, strict=True):
        cut = None if fate else project.policies.sampling.cut(event, daily)
        if cut is None or cut.kept is event.item:
            pairs.append((event.item, fate))
        elif cut.kept is None:
            pairs.append((event.item, dropped(event.item, Reason.SAMPLED, cut.share.name)))
        else:
            pairs += [(cut.kept, None), (event.item, _left_out(event.item, cut, cut.kept))]
        if cut is not None and cut.kept is not None and cut.unit.what == "traces":
            traced = cut if traced is None or event.type == "transaction" else traced
    items = tuple(item for item, _ in pairs)
    if traced is not None and not (traced.several and "trace" not in headers):  # a header is of one trace
        headers = sampled(headers, traced.unit, traced.share.share, project.key)
    fates = tuple(together(items, (fate for _, fate in pairs)))
    return replace(whole, envelope=Envelope(headers, items), fates=fates)


def _left_out(item: Item, cut: Cut, kept: Item) -> Dropped:
    """Return the end of those entries of a container that do not go on: all but the others."""
    still = dict(quantities(kept))
    whole = quantities(Item({**item.headers, "item_count": cut.entries}, item.payload))
    rest = tuple((category, quantity - still[category]) for category, quantity in whole)
    return Dropped(type_of(item), rest, Reason.SAMPLED, cut.name)


def _claiming(inspection: Inspection, events: Sequence[Event], secret: bytes) -> Inspection:
    """Add which item is the error that an envelope can carry, if it goes on, and what it has to ask for.

    Nothing if it cannot be read, as the scrubber will say, or nothing is capped.
    """
    project, cap = inspection.project, inspection.project.policies.cap
    if cap is None:
        return inspection
    for at, (item, fate) in enumerate(zip(inspection.envelope.items, inspection.fates, strict=True)):
        event = next((one for one in events if one.item is item), None)
        if fate is None and event is not None and _is_error(event):
            readable = event.document is not None
            claim = cap.claim(event, project.id, secret, project.redactor.remains) if readable else None
            return replace(inspection, claim=claim, claimant=at)
    return inspection


def _first(whole: Inspection, events: Sequence[Event], circumstances: Circumstances) -> First | None:
    """Return what the envelope's transaction may ask for: to be one of the first of its name."""
    sampling = whole.project.policies.sampling
    for event, fate in zip(events, whole.fates, strict=True):
        name = None if fate else sampling.first(event, circumstances.daily)
        if name:
            text = f"{whole.project.id} {name}".encode(errors="backslashreplace")
            key = blake2b(text, digest_size=16, key=circumstances.secret).digest()
            return First(key, sampling.minimum, _claiming(whole, events, circumstances.secret))
    return None


def _read(payload: bytes) -> Any:
    """Parse a document, where need be the slow way.

    Raises:
        ValueError: It is none.
    """
    try:
        return loads(payload)
    except ValueError:
        try:
            return loads_exact(payload)[0]
        except Unscrubbable as error:
            raise ValueError(str(error)) from error


def _event_id(envelope: Envelope) -> str | None:
    """The id of the header or of the event; made from the payload where an event has none.

    Without one upstream would make its own, another for each time it is delivered.
    """
    if envelope.headers.get("event_id") is not None:
        return plain_event_id(envelope.headers["event_id"])
    event = next((item for item in envelope.items if item.type in _IDENTIFIED), None)
    if event is None:
        return None
    try:
        return plain_event_id(orjson.loads(event.payload)["event_id"])
    except (ValueError, TypeError, KeyError, BadRequest):
        return blake2b(event.payload, digest_size=16).hexdigest()


def plain_event_id(value: Any) -> str:
    """Return an event id as 32 hex digits.

    Raises:
        BadRequest: It is not a UUID, dashed or not.
    """
    if not isinstance(value, str) or not _EVENT_ID.fullmatch(value):
        raise BadRequest("invalid event envelope", "invalid envelope header")
    return value.replace("-", "").lower()
