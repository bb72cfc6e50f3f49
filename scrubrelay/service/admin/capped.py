"""The caps of issues over HTTP."""

from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from scrubrelay.config.values import expected
from scrubrelay.service.admin.route import Call, Model
from scrubrelay.service.admin.stored import DoneAnswer


class CapsQuery(Model):
    """How many of them."""

    limit: Annotated[int, Field(ge=1, le=1000, description="At most this many.")] = 100


class IssueLine(BaseModel):
    """How an issue stands in its window."""

    key: str = Field(description="A keyed hash, 32 hex digits: nothing readable.")
    project_id: int = Field(description="As the apps know it.")
    count: int = Field(description="Events that have gone on.")
    limit: int = Field(description="Most of them.")
    suppressed: int = Field(description="Events that have not gone on.")
    untold: int = Field(description="Those of them that no event which did has told of.")
    until: float = Field(description="When the window ends, in seconds since the epoch.")
    event_id: str | None = Field(description="Of the last event that went on.")


class CapsAnswer(BaseModel):
    """Issues, those that suppressed most first, then the fullest."""

    issues: list[IssueLine]
    counted: int = Field(description="Issues that are counted.")
    active: int = Field(description="Issues that are over their cap now.")


class ResetOrder(Model):
    """Which issues begin a new window."""

    issue: Annotated[str | None, Field(pattern="^[0-9a-f]{4,32}$", description="How its key begins.")] = None
    all: Annotated[bool, Field(description="All of them, in place of `issue`.")] = False

    @model_validator(mode="after")
    def _either(self) -> "ResetOrder":
        if (self.issue is not None) == self.all:
            raise expected("an issue, or all")
        return self


async def list_caps(call: Call) -> CapsAnswer:
    """Answer with the issues whose window has not ended."""
    query, now, issues = call.query(CapsQuery), call.services.clock.now(), call.services.outbox.store.issues
    figures = await issues.figures(now)
    lines = [
        IssueLine.model_validate(one, from_attributes=True) for one in await issues.listed(now, query.limit)
    ]
    return CapsAnswer(issues=lines, counted=figures.issues, active=figures.active)


async def reset_caps(call: Call) -> DoneAnswer:
    """Begin a new window for issues."""
    order = await call.json(ResetOrder)
    done = await call.services.outbox.store.issues.reset(order.issue)
    await call.record("caps.reset", issue=order.issue, done=done)
    return DoneAnswer(done=done)
