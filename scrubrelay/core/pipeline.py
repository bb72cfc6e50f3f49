"""The order of the steps between a decoded envelope and bytes that may leave."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, NewType

import orjson
import regex

from scrubrelay.core.errors import BadRequest, Reason, Unscrubbable, place_of
from scrubrelay.core.notes import Note
from scrubrelay.core.policy.caps import Claim
from scrubrelay.core.policy.client import NOBODY, Client
from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.sampling import Cut, sampled
from scrubrelay.core.project import Project
from scrubrelay.core.redaction.formats.json import loads, loads_exact
from scrubrelay.core.redaction.generalised import ANY, Generaliser
from scrubrelay.core.redaction.redactor import Redaction
from scrubrelay.core.wire.envelope import Envelope, Item, encode
from scrubrelay.core.wire.items import ITEMS, kind_of, quantities
from scrubrelay.core.wire.ratelimits import RateLimits
from scrubrelay.core.wire.trace import Trace

Clean = NewType("Clean", bytes)
"""An encoded envelope that may leave. Only `finish` makes one; stores and forwarders take nothing else."""

_IDENTIFIED = frozenset(
    {"event", "transaction", "feedback", "user_report", "attachment", "replay_event", "replay_recording"}
)
_INTERNAL = frozenset({"integration"})
_ERROR = (("error", 1),)
# What Relay writes there for itself (relay-server, RequestMeta); from a client it is a claim about who it is.
_ADDRESSES = ("remote_addr", "forwarded_for", "client_ip")
_EVENT_ID = regex.compile(
    r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}"
)
_TYPE = regex.compile(r"[a-z][a-z_]{0,31}")
_GENERAL = Generaliser()


_NO_LIMITS = RateLimits()


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
    """

    now: float = 0.0
    limits: RateLimits = _NO_LIMITS
    client: Client = NOBODY
    captured: bool = True
    secret: bytes = b""
    daily: int = 0


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
        return replace(self, fates=tuple(_together(items, fates)))

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an envelope.

    Args:
        clean: What may leave; None if nothing is left.
        decisions: One for each item that was inspected, in their order: two for a container that is sampled.
        event_id: 32 hex digits, of the header or the event; None if it has none.
        redactions: What was cut out of the envelope's own header.
        claim: What its event has to ask for, if it is to go on, or if it is not for its cap only.
    """

    clean: Clean | None
    decisions: tuple[Decision, ...]
    event_id: str | None = None
    redactions: tuple[Redaction, ...] = ()
    claim: Claim | None = None


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
    fates = _together(envelope.items, fates)
    late = tuple(source for event in events for source in event.late)
    whole = Inspection(envelope, project, event_id, tuple(fates), late)
    drawn = _claiming(_drawn(whole, events, circumstances.daily), events, circumstances.secret)
    first = _first(whole, events, circumstances)
    return drawn if first is None else replace(drawn, first=first)


def events_of(envelope: Envelope, client: Client) -> list[Event]:
    """Return the items of an envelope as policies see them."""
    trace = Trace.of(envelope.headers)
    return [Event(item, client, trace, _read) for item in envelope.items]


def _claiming(inspection: Inspection, events: Sequence[Event], secret: bytes) -> Inspection:
    """Add which item is the error that an envelope can carry, if it goes on, and what it has to ask for.

    Nothing if it cannot be read, as the scrubber will say, or nothing is capped.
    """
    project, cap = inspection.project, inspection.project.policies.cap
    if cap is None:
        return inspection
    for at, (item, fate) in enumerate(zip(inspection.envelope.items, inspection.fates, strict=True)):
        if fate is not None or item.type != "event":
            continue
        event = next(one for one in events if one.item is item)
        # A feedback that an old SDK sends as an event is no error, as in `wire.items`.
        if event.fields.get("type") != "feedback":
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


def _switched_off(envelope: Envelope, project: Project, event_id: str | None) -> Inspection:
    """Drop everything, sessions and the client's own reports included: nothing of the project goes on."""
    fates = tuple(_dropped(item, Reason.CAPTURE_OFF) for item in envelope.items)
    return Inspection(envelope, project, event_id, fates)


def finish(inspection: Inspection) -> Outcome:
    """Scrub what is left, rewrite the header, encode.

    The only maker of `Clean`. Pure: a big envelope can be finished in a thread.
    """
    items = inspection.envelope.items
    scrubbed = [
        fate or _scrub(item, inspection.project) for item, fate in zip(items, inspection.fates, strict=True)
    ]
    if inspection.note is not None:
        scrubbed[inspection.claimant] = _noted(scrubbed[inspection.claimant], inspection.note)
    fates = _together(items, [one if isinstance(one, Dropped) else None for one in scrubbed])
    kept = [
        one
        for one, fate in zip(scrubbed, fates, strict=True)
        if fate is None and not isinstance(one, Dropped)
    ]
    left = iter(kept)
    decisions = tuple(fate or next(left)[1] for fate in fates)
    event_id, claim = inspection.event_id, _claimed(inspection, decisions)
    if not kept:
        return Outcome(None, decisions, event_id, claim=claim)
    try:
        headers, redactions = inspection.project.redactor.headers(inspection.envelope.headers)
    except Unscrubbable as error:  # without its header nothing can go
        gone = zip(items, fates, strict=True)
        ends = tuple(fate or _dropped(item, error.reason, error.detail) for item, fate in gone)
        return Outcome(None, ends, event_id)
    own = _own_headers(headers, inspection.project, event_id)
    clean = Clean(encode(Envelope(own, tuple(item for item, _ in kept))))
    return Outcome(clean, decisions, event_id, redactions, claim)


def _noted(scrubbed: tuple[Item, Kept] | Dropped, note: Note) -> tuple[Item, Kept] | Dropped:
    return scrubbed if isinstance(scrubbed, Dropped) else (note.on(scrubbed[0]), scrubbed[1])


def _claimed(inspection: Inspection, decisions: Sequence[Decision]) -> Claim | None:
    """Return what the event has to ask for; nothing if it ends for another reason than its cap."""
    if inspection.claim is None:
        return None
    match decisions[inspection.claimant]:
        case Kept() | Dropped(reason=Reason.CAPPED):
            return inspection.claim
        case Dropped():
            return None


def _refusal(item: Item, circumstances: Circumstances) -> Dropped | None:
    kind = kind_of(item)
    if len(item.payload) > kind.max_bytes:
        return _dropped(item, Reason.TOO_LARGE, f"over {kind.max_bytes} bytes")
    if kind.category is not None and circumstances.limits.limited(kind.category, circumstances.now):
        return _dropped(item, Reason.RATE_LIMITED)
    return None


def _filtered(event: Event, project: Project) -> Dropped | None:
    found = project.policies.filters.first(event)
    return None if found is None else _dropped(event.item, found.reason, found.name)


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
            pairs.append((event.item, _dropped(event.item, Reason.SAMPLED, cut.share.name)))
        else:
            pairs += [(cut.kept, None), (event.item, _left_out(event.item, cut, cut.kept))]
        if cut is not None and cut.kept is not None and cut.unit.what == "traces":
            traced = cut if traced is None or event.type == "transaction" else traced
    items = tuple(item for item, _ in pairs)
    if traced is not None:
        headers = sampled(headers, traced.unit, traced.share.share, project.key)
    fates = tuple(_together(items, (fate for _, fate in pairs)))
    return replace(whole, envelope=Envelope(headers, items), fates=fates)


def _left_out(item: Item, cut: Cut, kept: Item) -> Dropped:
    """Return the end of those entries of a container that do not go on: all but the others."""
    still = dict(quantities(kept))
    whole = quantities(Item({**item.headers, "item_count": cut.entries}, item.payload))
    rest = tuple((category, quantity - still[category]) for category, quantity in whole)
    return Dropped(_type_of(item), rest, Reason.SAMPLED, cut.name)


def _scrub(item: Item, project: Project) -> tuple[Item, Kept] | Dropped:
    try:
        scrubbed = project.redactor.item(item)
    except Unscrubbable as error:
        return _dropped(item, error.reason, error.detail)
    # A defect in a pattern or a format must cost the item it fails on, not the envelope, and be counted.
    except Exception as error:  # noqa: BLE001
        return _dropped(item, Reason.NOT_UNDERSTOOD, f"defect: {place_of(error)}")
    kept = Kept(_type_of(item), quantities(item), scrubbed.redactions)
    return _sole(scrubbed.item), kept


def _sole(item: Item) -> Item:
    """Return the item without a header line that says more than was looked at.

    Of a key that stands there twice, only the last value was: the line would take the other one out raw.
    """
    if item.line is None or _squeezed(item.line) == _squeezed(orjson.dumps(item.headers)):
        return item
    return Item(item.headers, item.payload)


def _squeezed(line: bytes) -> bytes:
    return line.translate(None, b" \t\r\n")


def _together(items: Iterable[Item], fates: Iterable[Dropped | None]) -> list[Dropped | None]:
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
    return _dropped(item, partners[0].reason, f"goes with its {partners[0].type}")


def _dropped(item: Item, reason: Reason, detail: str = "") -> Dropped:
    return Dropped(_type_of(item), quantities(item), reason, detail)


def _type_of(item: Item) -> str:
    """The item's type for logs and reports; what is not made of words of fields may be a user's text."""
    if item.type in ITEMS or (_TYPE.fullmatch(item.type) and _GENERAL(item.type) != ANY):
        return item.type
    return "unnamed"


def _own_headers(headers: Mapping[str, Any], project: Project, event_id: str | None) -> dict[str, Any]:
    """The header as it is kept: without the client's address and DSN, which may hold a secret."""
    own = dict(headers)
    if "dsn" in own:
        own["dsn"] = (
            f"https://{project.key}@scrubrelay.invalid/{project.id}"  # `delivery.address` replaces it
        )
    if event_id is not None:
        own["event_id"] = own.get("event_id") or event_id
    if not project.keep_client_ip:
        for name in _ADDRESSES:
            own.pop(name, None)
    return own


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
