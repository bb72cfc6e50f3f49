"""`scrubrelay capture`: the emergency stop."""

from enum import StrEnum
from typing import Annotated, Final

import typer

from scrubrelay.cli.client import TokenOption, UrlOption, client
from scrubrelay.cli.console import ConfigOption, JsonOption, say, say_json
from scrubrelay.cli.status import capture_line
from scrubrelay.config.values import read_duration
from scrubrelay.service.clock import SystemClock

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
    project: Annotated[int | None, typer.Option(help="One project only; else everything.")] = None,
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
        _check(duration)
    relay = client(config, url, token_file)
    if position is Position.SHOW:
        answer = relay.get("/api/capture")
    else:
        order = {"capture": position.value, "project": project, "for": duration}
        answer = relay.post("/api/capture", order)
    if as_json:
        say_json(answer)
    else:
        say(f"capture: {capture_line(answer, SystemClock().now())}")
    return 0


def _check(duration: str) -> None:
    try:
        read_duration(duration)
    except ValueError as error:
        raise typer.BadParameter('expected a duration such as "10m", "1h" or "2d" behind --for') from error
