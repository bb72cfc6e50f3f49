"""The order of the steps between a decoded envelope and bytes that may leave: `inspect`, then `finish`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NewType

import orjson

from scrubrelay.core.errors import Reason, Unscrubbable, place_of
from scrubrelay.core.fates import Decision, Dropped, Kept, dropped, together, type_of
from scrubrelay.core.inspection import Inspection
from scrubrelay.core.notes import Note
from scrubrelay.core.policy.caps import Claim
from scrubrelay.core.project import Project
from scrubrelay.core.redaction.redactor import Redaction
from scrubrelay.core.wire.envelope import Envelope, Item, encode
from scrubrelay.core.wire.items import quantities

Clean = NewType("Clean", bytes)
"""An encoded envelope that may leave. Only `finish` makes one; stores and forwarders take nothing else."""

# What Relay writes there for itself (relay-server, RequestMeta); from a client it is a claim about who it is.
_ADDRESSES: Final = ("remote_addr", "forwarded_for", "client_ip")


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
    fates = together(items, [one if isinstance(one, Dropped) else None for one in scrubbed])
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
        ends = tuple(fate or dropped(item, error.reason, error.detail) for item, fate in gone)
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


def _scrub(item: Item, project: Project) -> tuple[Item, Kept] | Dropped:
    try:
        scrubbed = project.redactor.item(item)
    except Unscrubbable as error:
        return dropped(item, error.reason, error.detail)
    # A defect in a pattern or a format must cost the item it fails on, not the envelope, and be counted.
    except Exception as error:  # noqa: BLE001
        return dropped(item, Reason.NOT_UNDERSTOOD, f"defect: {place_of(error)}")
    kept = Kept(type_of(item), quantities(item), scrubbed.redactions)
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
