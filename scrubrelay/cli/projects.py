"""`scrubrelay projects`."""

from collections.abc import Mapping
from typing import Any, Final

from scrubrelay.cli.client import TokenOption, UrlOption, client
from scrubrelay.cli.console import ConfigOption, JsonOption, print_table, say, say_json

EXAMPLE: Final = "Example: scrubrelay projects --json"
_COLUMNS: Final = ("project", "name", "capture", "received", "dropped", "waiting", "forwarded", "why dropped")


def command(
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """List the projects that are configured or were seen, with what came of their items.

    What waits or was forwarded is counted once for each upstream; the counts begin with the store.
    """
    projects = client(config, url, token_file).get("/api/projects")["projects"]
    if as_json:
        say_json(projects)
        return 0
    print_table(_COLUMNS, [_row(one) for one in projects])
    if not projects:
        say("none is configured, and none was seen: `scrubrelay dsn` shows what to paste into an app")
    return 0


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    dropped = one["dropped"]
    counts = (one["received"], sum(dropped.values()), one["waiting"], one["forwarded"], dropped)
    name = ", ".join(one["names"]) or ("" if one["configured"] else "(not listed)")
    return dict(zip(_COLUMNS, (one["id"], name, "on" if one["taken"] else "OFF", *counts), strict=True))
