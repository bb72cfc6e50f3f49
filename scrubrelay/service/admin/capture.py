"""The emergency stop over HTTP."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from scrubrelay.config.values import Duration, expected
from scrubrelay.core.errors import BadRequest
from scrubrelay.core.policy.capture import LONGEST, Switch
from scrubrelay.core.project import BIGGEST_ID
from scrubrelay.service.admin.route import Call, Model, Services


class SwitchLine(BaseModel):
    """One switch that is off."""

    project_id: int | None = Field(description="The project that takes nothing; null for all of them.")
    since: float = Field(description="When it was switched off, in seconds since the epoch.")
    until: float | None = Field(description="When it goes on by itself; null for never.")
    who: str = Field(description="The name of the token that did it.")


class CaptureAnswer(BaseModel):
    """What is taken."""

    state: Literal["on", "off", "partly"] = Field(description='"partly": some projects are off.')
    off: list[SwitchLine] = Field(description="What is switched off.")


def _bounded(seconds: float) -> float:
    if not 0 < seconds <= LONGEST:
        raise expected("more than 0s, and 366d or less")
    return seconds


class CaptureOrder(Model):
    """What is to be switched."""

    capture: Annotated[
        Literal["on", "off"], Field(description='"on" takes away the one switch that is named, no other.')
    ]
    project: Annotated[
        int | None, Field(ge=1, le=BIGGEST_ID, description="One project; everything if it is not given.")
    ] = None
    duration: Annotated[
        Annotated[Duration, AfterValidator(_bounded)] | None,
        Field(
            alias="for",
            description="After how long it goes on by itself; never if not given.",
        ),
    ] = None


async def show_capture(call: Call) -> CaptureAnswer:
    """Answer with what is switched off."""
    return capture_of(call.services)


async def switch_capture(call: Call) -> CaptureAnswer:
    """Switch a project or everything off or on: here at once, in every worker within a second."""
    order = await call.json(CaptureOrder)
    _check(call.services, order)
    switches = call.services.outbox.switches
    if order.capture == "off":
        await switches.turn_off(order.project, order.duration, call.who)
    else:
        await switches.turn_on(order.project)
    await call.record(f"capture.{order.capture}", project=order.project, seconds=order.duration)
    return capture_of(call.services)


def capture_of(services: Services) -> CaptureAnswer:
    """Return what is switched off now."""
    now, capture = services.clock.now(), services.outbox.switches.capture
    return CaptureAnswer(state=capture.state(now), off=[_line(one) for one in capture.off(now)])


def _check(services: Services, order: CaptureOrder) -> None:
    """Refuse what would do nothing: in an emergency a typo must not pass for a stop.

    Raises:
        BadRequest: With what is wrong.
    """
    if order.capture == "on" and order.duration is not None:
        raise BadRequest('"for" goes with "off" only')
    listed = {project.id for project in services.configuration.projects.listed}
    unlisted = services.configuration.projects.passing is None and order.project not in listed
    if order.capture == "off" and order.project is not None and unlisted:
        raise BadRequest(f"there is no project {order.project}", f"there are {sorted(listed)}")


def _line(switch: Switch) -> SwitchLine:
    return SwitchLine(project_id=switch.project_id, since=switch.since, until=switch.until, who=switch.who)
