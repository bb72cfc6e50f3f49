"""`scrubrelay capture`: the emergency stop."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from scrubrelay.cli.client import TokenOption, Unreachable, UrlOption, client
from scrubrelay.cli.console import ConfigOption, JsonOption, complain, say, say_json
from scrubrelay.cli.status import capture_line
from scrubrelay.cli.stored import operator, recorded, with_store
from scrubrelay.config.values import read_duration
from scrubrelay.core.policy.capture import LONGEST, Switch
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.stores.base import Store

EXAMPLE: Final = "Example: scrubrelay capture off --project 7 --for 1h"


class Position(StrEnum):
    """What is wanted."""

    ON = "on"
    OFF = "off"
    SHOW = "show"


def command(  # noqa: PLR0913 - each is an option of the command line
    position: Annotated[
        Position, typer.Argument(metavar="on|off|show", help="What is wanted.")
    ] = Position.SHOW,
    *,
    project: Annotated[int | None, typer.Option(min=1, help="One project only; else everything.")] = None,
    duration: Annotated[
        str | None, typer.Option("--for", help="After how long it goes on by itself: 10m, 1h, 2d.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Switch everything, or one project, off or on: the emergency stop.

    While it is off SDKs get 200, everything is dropped and counted, and what waits is held. All workers
    follow within a second, and restarts change nothing. `on` takes away the one switch that it names: without
    --project those of single projects stay.
    """
    if duration is not None:
        _check(duration, position)
    relay = client(config, url, token_file)
    order = {"capture": position.value, "project": project, "for": duration}
    try:
        answer = relay.get("/api/capture") if position is Position.SHOW else relay.post("/api/capture", order)
    except Unreachable as error:
        if url is not None or position is Position.SHOW:
            raise
        answer = with_store(config, lambda store: _turn(store, position, project, duration))
        complain(str(error), "the switch was set in the store: a relay that runs or starts there follows it")
    if as_json:
        say_json(answer)
    else:
        say(f"capture: {capture_line(answer, SystemClock().now())}")
    return 0


async def _turn(
    store: Store, position: Position, project: int | None, duration: str | None
) -> dict[str, Any]:
    """Do it without a relay that answers: in an emergency that must not stand in the way."""
    now, seconds = SystemClock().now(), None if duration is None else read_duration(duration)
    switch = Switch(project, now, None if seconds is None else now + seconds, operator())
    turning = store.switches.turn_on(project) if position is Position.ON else store.switches.turn_off(switch)
    await recorded(store, turning, f"capture.{position}", project=project, seconds=seconds)
    capture = await store.switches.capture()
    return {"state": capture.state(now), "off": [asdict(one) for one in capture.off(now)]}


def _check(duration: str, position: Position) -> None:
    """Refuse what would do nothing, as the relay does: in an emergency a typo must not pass for a stop."""
    if position is not Position.OFF:
        raise typer.BadParameter("--for goes with `off` only")
    try:
        seconds = read_duration(duration)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST:
        raise typer.BadParameter('expected a duration such as "10m", "1h" or "2d" behind --for, 366d at most')
