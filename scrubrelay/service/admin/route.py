"""What a route of the admin listener is made of, and what its handler is given."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from scrubrelay.config.names import nearest
from scrubrelay.config.settings import Scope
from scrubrelay.config.wording import wording
from scrubrelay.core.errors import BadRequest
from scrubrelay.core.project import Limits
from scrubrelay.core.wire.inputs import position_of_error
from scrubrelay.service.audit.desk import Desk
from scrubrelay.service.clock import Clock
from scrubrelay.service.delivery.outbox import Outbox
from scrubrelay.service.process.peers import Peers
from scrubrelay.service.process.reload import Configuration

_SMALL: Final = 65_536
_LONGEST_FILTER: Final = 200

Method = Literal["GET", "POST", "DELETE"]


class Model(BaseModel):
    """What a request holds: closed to names that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Problem(BaseModel):
    """What every refusal answers."""

    detail: str = Field(description="One sentence; never a word of a payload.")
    causes: list[str] = Field(default=[], description="What led to it, outermost first.")


_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Services:
    """What handlers look at and control.

    Args:
        configuration: What holds now.
        outbox: What waits, and the ledger.
        clock: The time.
        peers: All workers, this one included.
        desk: What requests of the audit share.
    """

    configuration: Configuration
    outbox: Outbox
    clock: Clock
    peers: Peers
    desk: Desk = field(default_factory=Desk)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in.

    Args:
        request: As it came.
        services: What may be looked at.
        who: The name of its token.
        path: The names in the route's path -> what stands there.
        max_body: Most bytes that its body may have.
    """

    request: web.BaseRequest
    services: Services
    who: str
    path: Mapping[str, str]
    max_body: int = _SMALL

    async def json(self, model: type[_Model]) -> _Model:
        """Return the body as a model; an empty one is an empty object.

        Raises:
            BadRequest: It is no JSON, or not what the model asks for; with the places, without the values.
            TooLarge: It is larger than the route takes.
            UnsupportedMedia: Nobody knows its encoding.
            TooSlow: It did not arrive in time.
        """
        limits = Limits(self.max_body, self.max_body)
        async with self.services.desk.bodies.read(self.request, limits) as data:
            try:
                # Strict: `"project": true` must not pass for project 1.
                return model.model_validate_json(data or b"{}", strict=True)
            except ValidationError as error:
                if told := position_of_error(data or b"{}"):
                    raise BadRequest("the body is not JSON", told) from error
                raise _mistakes("the body is not as it should be", model, error) from error

    def query(self, model: type[_Model]) -> _Model:
        """Return the query as a model; a name that stands there several times is a list.

        Raises:
            BadRequest: It is not what the model asks for.
        """
        given = self.request.query
        values = {name: given.getall(name) if len(given.getall(name)) > 1 else given[name] for name in given}
        try:
            return model.model_validate(values)
        except ValidationError as error:
            raise _mistakes("the query is not as it should be", model, error) from error

    def filters(self, query: BaseModel) -> Mapping[str, str]:
        """Return what a query asks for, as it was written: for the log of who did what."""
        given = self.request.query
        return {name: given[name][:_LONGEST_FILTER] for name in query.model_fields_set if name in given}

    async def record(self, action: str, **detail: object) -> None:
        """Add what was done to the log of who did what; no payload."""
        await self.services.outbox.store.audit.record(self.who, action, detail, self.services.clock.now())


Answer = BaseModel | web.StreamResponse
"""What a handler returns: a model becomes JSON."""

Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path of the admin listener; the table and the OpenAPI document are made of these.

    Args:
        method: GET answers HEAD as well.
        path: With names in braces: `/api/audit/events/{event_id}`.
        handler: What answers.
        scope: What a token must be good for; one for writing may read too.
        summary: One line for the document.
        answers: The model of a successful answer; None if it is not JSON.
        query: The model that the handler reads the query with.
        body: The model that the handler reads the body with.
        content_type: Of a successful answer that is not JSON.
        max_body: Most bytes that a body may have.
        refuses: Statuses that it may answer beside those that any route may.
        bare: Content types of bodies that the handler reads by itself; `body` is one of several then.
        also: Other content types of a successful answer.
    """

    method: Method
    path: str
    handler: Handler
    scope: Scope
    summary: str
    answers: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    content_type: str = "application/json"
    max_body: int = _SMALL
    refuses: tuple[int, ...] = ()
    bare: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    steps: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.path.strip("/").split("/")))

    def match(self, steps: tuple[str, ...]) -> Mapping[str, str] | None:
        """Return what stands at the names of the path; None if it is another path.

        Args:
            steps: What stood between the slashes, unquoted.
        """
        if len(steps) != len(self.steps):
            return None
        found: dict[str, str] = {}
        for ours, theirs in zip(self.steps, steps, strict=True):
            if ours.startswith("{"):
                found[ours.strip("{}")] = theirs
            elif ours != theirs:
                return None
        return found


def _mistakes(detail: str, model: type[BaseModel], error: ValidationError) -> BadRequest:
    """Return what is wrong where; values and names that are not ours stay out, they may be a payload's."""
    names = [one.alias or name for name, one in model.model_fields.items()]
    causes = [_told(one, names) for one in error.errors(include_url=False, include_context=True)]
    return BadRequest(detail, *dict.fromkeys(causes))


def _told(one: ErrorDetails, names: Sequence[str]) -> str:
    given = one.get("input")
    if one["type"] == "extra_forbidden":
        typo = nearest(str(one["loc"][-1]), names)
        return f"a name that is not known{typo}; {_choice(names)}"
    text = wording(one).replace("a table", "an object")
    if isinstance(given, list) and len(one["loc"]) == 1 and "list" not in text:
        text = f"{text}, once"
    return ": ".join(filter(None, (".".join(map(str, one["loc"])), text)))


def _choice(names: Sequence[str]) -> str:
    return f"there are {', '.join(names)}" if names else "there are none"
