"""What became of one event, and who has read or done what."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

import orjson
from pydantic import BaseModel, Field

from scrubrelay.core.errors import BadRequest, NotFound
from scrubrelay.core.evidence import ENVELOPE, KEPT
from scrubrelay.core.inspection import plain_event_id
from scrubrelay.service.admin.moments import Moment, iso, seconds
from scrubrelay.service.admin.route import Call, Model
from scrubrelay.service.delivery.forwarder import RETRY
from scrubrelay.service.stores.audit import Leaf
from scrubrelay.service.telling.trail import read_leaf

_DEAD = {"dead": "refused"}
_MOST: Final = 1000
"""Envelopes of one event id that are told; an SDK sends one, a client that reuses its id has no end."""


class Find(BaseModel):
    """What was found at one place of an item."""

    pattern: str
    path: str = Field(description="`*` for indices and keys that are not told.")
    count: int


class ItemStory(BaseModel):
    """What became of one item."""

    type: str = Field(description="`envelope` for what was found in the envelope's own header.")
    decision: str = Field(description="`kept` or `dropped`.")
    reason: str | None = Field(description="Why it was dropped.")
    detail: str
    findings: list[Find]


class Attempt(BaseModel):
    """One try to deliver."""

    at: str
    result: str = Field(description="`forwarded`, `retry`, or the reason of its end.")
    answer: int | str | None = Field(description="Upstream's status, or why there was none.")


class DeliveryStory(BaseModel):
    """What became of an envelope at one upstream."""

    target: str
    state: str = Field(
        description="`forwarded`, `waiting`, the reason of its end, or `gone`: an operator removed it, or"
        " the last notes are missing."
    )
    attempts: list[Attempt]


class EnvelopeStory(BaseModel):
    """What became of one envelope with this event id."""

    received_at: str
    project: int
    items: list[ItemStory]
    deliveries: list[DeliveryStory] = Field(description="Empty if nothing was to be delivered.")


class EventAnswer(BaseModel):
    """What became of an event."""

    event_id: str
    envelopes: list[EnvelopeStory] = Field(
        description="Those that came with this id, the oldest first; of very many, the first and the last."
    )


async def show_event(call: Call) -> EventAnswer:
    """Answer with all that is known of an event id."""
    try:
        event_id = plain_event_id(call.path["event_id"])
    except BadRequest as error:
        raise BadRequest("event_id: expected 32 hex digits") from error
    await call.record("audit.event", event_id=event_id)
    outbox = call.services.outbox
    await call.services.peers.note()
    leaves = await outbox.store.audit.trail(bytes.fromhex(event_id))
    notes = await asyncio.to_thread(lambda: [*_once(leaves, event_id)])
    events = [one for kind, one in notes if kind == "event"]
    if len(events) > _MOST:
        events = [*events[: _MOST // 2], *events[-_MOST // 2 :]]
    if not events:
        raise await _unknown(call)
    states = await outbox.store.audit.states([one["envelope"] for one in events if one["envelope"]])
    tries: dict[tuple[int, str], list[Mapping[str, Any]]] = defaultdict(list)
    for kind, one in notes:
        if kind == "delivery":
            tries[one["envelope"], one["target"]].append(one)
    return EventAnswer(event_id=event_id, envelopes=[_story(one, tries, states) for one in events])


async def _unknown(call: Call) -> NotFound:
    """Return why an event may not be found."""
    audit = call.services.configuration.settings.audit
    if not audit.events:
        return NotFound("no events are noted", "[audit] events is false")
    causes = [f"kept for {audit.retention / 86400:g} days, and until there is no room for it"]
    if skipped := await call.services.outbox.store.audit.skipped():
        causes.append(f"{skipped} events of that time were not noted, as too many came at once")
    return NotFound("nothing is known of this event", *causes)


def _once(leaves: Iterable[Leaf], event_id: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield what the leaves have of an event: one that was killed may have stored them twice."""
    seen: set[bytes] = set()
    for leaf in leaves:
        notes = [(orjson.dumps(note), note) for note in read_leaf(leaf, event_id)]
        yield from (note for text, note in notes if text not in seen)
        seen.update(text for text, _ in notes)


def _story(
    event: Mapping[str, Any],
    tries: Mapping[tuple[int, str], list[Mapping[str, Any]]],
    states: Mapping[tuple[int, str], str],
) -> EnvelopeStory:
    number = event["envelope"]
    deliveries = [
        _delivery(target, tries.get((number, target), []), states.get((number, target)))
        for target in event["targets"]
        if number is not None and target not in event["limited"]
    ]
    limited = [DeliveryStory(target=target, state="rate_limited", attempts=[]) for target in event["limited"]]
    return EnvelopeStory(
        received_at=iso(event["received_at"]),
        project=event["project"],
        items=[_item(one) for one in event["items"]],
        deliveries=[*deliveries, *limited],
    )


def _delivery(target: str, tries: Iterable[Mapping[str, Any]], state: str | None) -> DeliveryStory:
    attempts = [Attempt(at=iso(one["at"]), result=one["result"], answer=one["answer"]) for one in tries]
    ends = [one.result for one in attempts if one.result != RETRY]
    told = _DEAD.get(state, state) if state else None
    return DeliveryStory(target=target, state=told or (ends[-1] if ends else "gone"), attempts=attempts)


def _item(item: Mapping[str, Any]) -> ItemStory:
    kept = item["fate"] == KEPT
    return ItemStory(
        type=item["type"],
        decision="kept" if kept or item["type"] == ENVELOPE else "dropped",
        reason=None if kept else item["fate"],
        detail=item["detail"],
        findings=[Find(**one) for one in item["findings"]],
    )


class LogQuery(Model):
    """Which lines of the log."""

    before: Annotated[int | None, Field(ge=1, le=2**62, description="Only lines older than this one.")] = None
    since: Moment = (False, 0.0)
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class LogLine(BaseModel):
    """Who did what."""

    id: int = Field(description="Ascending; a gap is a line that is older than the log goes back.")
    at: str
    who: str = Field(description="The name of the token.")
    action: str
    detail: dict[str, Any] = Field(description="Where, and with what filters.")


class LogAnswer(BaseModel):
    """A page of the log, the newest line first."""

    log: list[LogLine]
    next: int | None = Field(description="The `before` of the next page; null for none.")


async def show_log(call: Call) -> LogAnswer:
    """Answer with who read or did what; asking is itself a line of it."""
    query = call.query(LogQuery)
    await call.record("audit.log", **call.filters(query))
    since = seconds(query.since, call.services.clock.now())
    deeds = await call.services.outbox.store.audit.deeds(query.before, query.limit + 1, since)
    page = deeds[: query.limit]
    lines = [
        LogLine(id=one.id, at=iso(one.at), who=one.who, action=one.action, detail=dict(one.detail))
        for one in page
    ]
    return LogAnswer(log=lines, next=page[-1].id if len(deeds) > query.limit else None)
