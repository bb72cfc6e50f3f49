"""`scrubrelay serve`."""

import os
from contextlib import suppress
from typing import Annotated, Final

import typer

from scrubrelay.cli.console import ConfigOption
from scrubrelay.config.load import read
from scrubrelay.service.process.run import serve

EXAMPLE: Final = "Example: scrubrelay serve --config scrubrelay.toml --workers 2"


def command(
    config: ConfigOption = None,
    workers: Annotated[
        str | None, typer.Option(help='Processes that share the port, or "auto" for one per core.')
    ] = None,
    listen: Annotated[str | None, typer.Option(help="host:port for SDKs; port 0 takes a free one.")] = None,
) -> int:
    """Accept, scrub and forward what SDKs send.

    Without a configuration it accepts every key, keeps the last scrubbed envelopes, and says what to set.
    It stops on SIGTERM, and reads its configuration again on SIGHUP and whenever one of its files changes.
    """
    options = {"SCRUBRELAY_SERVER__WORKERS": workers, "SCRUBRELAY_SERVER__LISTEN": listen}
    # Into the environment, so that a later reading of the file and the worker processes see them as well.
    os.environ.update({name: text for name, text in options.items() if text is not None})
    loaded = read(config, os.environ)
    # So that compiled patterns can be kept there; if it cannot be made, the store will say why.
    with suppress(OSError):
        loaded.settings.store.data_dir.mkdir(parents=True, exist_ok=True)
    return serve(loaded.settings, loaded.file)
