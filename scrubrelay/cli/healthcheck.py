"""`scrubrelay healthcheck`."""

import http.client
import os
from typing import Annotated, Final

import typer

from scrubrelay.cli.console import ConfigOption, JsonOption, complain, say, say_json
from scrubrelay.config.load import load
from scrubrelay.config.values import Address

EXAMPLE: Final = "Example: scrubrelay healthcheck --timeout 2"
_NEAR: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - the wildcards, and where they are asked


def command(
    config: ConfigOption = None,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the answer.")] = 3.0,
    *,
    as_json: JsonOption = False,
) -> int:
    """Ask the relay that runs with this configuration whether it is ready.

    Exit code 0 if it is, 1 if it is not or does not answer. Made for a container's HEALTHCHECK.
    """
    listen = load(config, os.environ).server.listen
    try:
        status = _status_of(Address(_NEAR.get(listen.host, listen.host), listen.port), timeout)
    except (OSError, http.client.HTTPException) as error:
        if as_json:
            say_json({"ready": False, "status": None})
        complain(f"{listen}: no answer: {type(error).__name__}")
        return 1
    if as_json:
        say_json({"ready": status == http.client.OK, "status": status})
        return int(status != http.client.OK)
    if status == http.client.OK:
        say("ready")
        return 0
    complain(f"{listen}: not ready, it answered {status}")
    return 1


def _status_of(address: Address, timeout: float) -> int:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=timeout)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    finally:
        connection.close()
