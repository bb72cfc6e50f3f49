"""`scrubrelay tail`."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import orjson
import typer

from scrubrelay.cli.client import TokenOption, UrlOption, client
from scrubrelay.cli.console import ConfigOption, JsonOption, complain

EXAMPLE: Final = "Example: scrubrelay tail --dropped --project 7"
_BY_CTRL_C: Final = 130


def command(  # noqa: PLR0913 - each is an option of the command line
    *,
    project: Annotated[int | None, typer.Option(help="Of this project only.")] = None,
    item_type: Annotated[
        str | None, typer.Option("--type", help="Of this item type only: event, session, …")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Dropped for this reason only.")] = None,
    kept: Annotated[bool, typer.Option("--kept", help="Only what goes on.")] = False,
    dropped: Annotated[bool, typer.Option("--dropped", help="Only what does not.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Show what becomes of each item while it happens, in all workers, until Ctrl-C. No payload is shown.

    With --json each line is a document. Where more comes than can be shown, a line says what was skipped.
    """
    if kept and dropped:
        raise typer.BadParameter("expected --kept or --dropped; without either both are shown")
    decision = "kept" if kept else "dropped" if dropped else None
    wanted = {"project": project, "type": item_type, "reason": reason, "decision": decision}
    relay = client(config, url, token_file)
    complain(f"decisions of {relay.url}; Ctrl-C ends this")
    try:
        for line in relay.lines("/api/tail", **wanted):
            sys.stdout.write((orjson.dumps(line).decode() if as_json else _told(line)) + "\n")
            sys.stdout.flush()
    except KeyboardInterrupt:
        return _BY_CTRL_C
    except BrokenPipeError:  # `| head` has seen enough
        sys.stderr.close()
        return 0
    complain("the relay has stopped")
    return 1


def _told(line: Mapping[str, Any]) -> str:
    if "skipped" in line:
        return f"… {line['skipped']} skipped: more came than could be shown"
    when = datetime.fromtimestamp(line["at"], UTC).strftime("%H:%M:%S.%f")[:-3]
    why = f"{line['reason']} {line['detail']}" if line["reason"] else f"{line['redactions']} redactions"
    return (
        f"{when} {line['project']:>5} {line['event_id'] or '-':<32} {line['type']:<16}"
        f" {line['decision']:<7} {why}".rstrip()
    )
