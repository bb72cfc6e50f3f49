"""`scrubrelay dsn`."""

import os
from typing import Annotated, Final

import typer

from scrubrelay.cli.console import ConfigOption, JsonOption, complain, say, say_json
from scrubrelay.config.load import load
from scrubrelay.config.translate import base_of, relay_dsns, to_relay, to_upstreams
from scrubrelay.core.errors import NotFound
from scrubrelay.core.wire.dsn import Dsn

EXAMPLE: Final = "Example: scrubrelay dsn https://0123456789abcdef0123456789abcdef@sentry.example.com/42"


def command(
    dsn: Annotated[
        str | None,
        typer.Argument(metavar="[DSN]", help="A DSN; without one those of all projects are shown."),
    ] = None,
    *,
    back: Annotated[bool, typer.Option("--back", help="The DSN is the relay's: say where it leads.")] = False,
    relay: Annotated[
        str | None, typer.Option("--relay", help="The relay's URL as apps reach it; else where it listens.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Turn a DSN of Sentry's into the relay's, or with --back the relay's into those it leads to. Offline.

    Exit code 1 if the configuration does not lead there.
    """
    settings = load(config, os.environ)
    base = relay or base_of(settings)
    if dsn is None:
        named = relay_dsns(settings, base)
        if not named:
            raise NotFound("no [[project]] is configured: every key is taken", "give a DSN of Sentry's")
        found = [one for _, one in named]
    elif back:
        found = to_upstreams(Dsn.parse(dsn), settings)
    else:
        found = to_relay(Dsn.parse(dsn), settings, base)
    if as_json:
        say_json([str(one) for one in found])
    else:
        say(*map(str, found))
    if not found:
        complain("inspect mode: nothing is forwarded; set [upstream] url")
    return 0
