"""The outbox over HTTP: what waits, what was refused, what is kept to look at."""

from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import BaseModel, Field, model_validator

from scrubrelay.config.values import expected
from scrubrelay.core.errors import BadRequest, NotFound
from scrubrelay.service.admin.route import Call, Model
from scrubrelay.service.stores.base import Listed, State

ENVELOPE: Final = "application/x-sentry-envelope"
_BIGGEST: Final = 2**63 - 1
_MOST: Final = 1000
StateName = Literal["waiting", "dead", "kept"]
ParcelId = Annotated[int, Field(ge=1, le=_BIGGEST)]


class OutboxQuery(Model):
    """Which of them."""

    state: Annotated[StateName | None, Field(description="Only those in this state.")] = None
    after: Annotated[
        int, Field(ge=0, le=_BIGGEST, description="Only those with a greater id: the next page.")
    ] = 0
    limit: Annotated[int, Field(ge=1, le=_MOST, description="At most this many.")] = 100


class ParcelLine(BaseModel):
    """An envelope for one target; no payload."""

    id: int = Field(description="What the other routes take.")
    state: StateName = Field(description='"dead": an upstream refused it.')
    project_id: int = Field(description="As the apps know it.")
    target: str = Field(description="The upstream; empty for none.")
    event_id: str | None = Field(description="32 hex digits, if it has one.")
    received_at: float = Field(description="Seconds since the epoch.")
    size: int = Field(description="Bytes of the envelope.")
    status: int | None = Field(description="What upstream answered, if it refused.")
    holds: dict[str, int] = Field(description="Sentry's data categories and quantities.")


class OutboxAnswer(BaseModel):
    """A page of the outbox."""

    envelopes: list[ParcelLine]
    waiting: int = Field(description="In the whole outbox.")
    dead: int = Field(description="In the whole outbox.")
    kept: int = Field(description="In the whole outbox.")
    used_bytes: int = Field(description="Bytes of envelopes in it.")
    max_bytes: int = Field(description="Where it refuses more.")


class RetryOrder(Model):
    """Which dead letters are tried again."""

    ids: Annotated[tuple[ParcelId, ...], Field(max_length=_MOST, description="Single ones.")] = ()
    all: Annotated[bool, Field(description="All of them, in place of `ids`.")] = False

    @model_validator(mode="after")
    def _either(self) -> "RetryOrder":
        if bool(self.ids) == self.all:
            raise expected("ids, or all")
        return self


class PurgeOrder(RetryOrder):
    """Which are removed."""

    state: Annotated[StateName, Field(description="Only those in this state.")] = "dead"


class DoneAnswer(BaseModel):
    """What was done."""

    done: int = Field(description="How many; those that are not there, or in another state, are left out.")


async def list_outbox(call: Call) -> OutboxAnswer:
    """Answer with a page of the outbox."""
    query, store = call.query(OutboxQuery), call.services.outbox.store
    state = None if query.state is None else State[query.state.upper()]
    listed = await store.listed(state, query.after, query.limit)
    held = await store.status()
    return OutboxAnswer(
        envelopes=[_line(one) for one in listed],
        waiting=held.waiting,
        dead=held.dead,
        kept=held.kept,
        used_bytes=held.used_bytes,
        max_bytes=held.max_bytes,
    )


async def show_envelope(call: Call) -> web.Response:
    """Answer with an envelope as it would leave: it has been scrubbed."""
    text = call.path["id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= _BIGGEST):
        raise BadRequest("id: expected a number")
    clean = await call.services.outbox.store.show(int(text))
    if clean is None:
        raise NotFound(f"no envelope {int(text)} in the outbox")
    await call.record("outbox.show", id=int(text))
    return web.Response(body=clean, content_type=ENVELOPE)


async def retry(call: Call) -> DoneAnswer:
    """Let dead letters wait again; a worker takes them within a second."""
    order = await call.json(RetryOrder)
    ids = None if order.all else order.ids
    done = await call.services.outbox.store.retry(ids, call.services.clock.now())
    await call.record("outbox.retry", ids=ids, done=done)
    return DoneAnswer(done=done)


async def purge(call: Call) -> DoneAnswer:
    """Remove envelopes; the ledger counts them as purged."""
    order = await call.json(PurgeOrder)
    ids = None if order.all else order.ids
    done = await call.services.outbox.store.purge(State[order.state.upper()], ids, call.services.clock.now())
    await call.record("outbox.purge", ids=ids, state=order.state, done=done)
    return DoneAnswer(done=done)


def _line(one: Listed) -> ParcelLine:
    state: StateName = (
        "waiting" if one.state is State.WAITING else "dead" if one.state is State.DEAD else "kept"
    )
    return ParcelLine(
        id=one.id,
        state=state,
        project_id=one.project_id,
        target=one.target,
        event_id=one.event_id,
        received_at=one.received_at,
        size=one.size,
        status=one.status,
        holds=dict(one.quantities),
    )
