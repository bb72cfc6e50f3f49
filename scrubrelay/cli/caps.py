"""`scrubrelay caps`: how many events of each issue went on, and how many did not."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import regex
import typer

from scrubrelay.cli.client import TokenOption, UrlOption, client
from scrubrelay.cli.console import ConfigOption, JsonOption, complain, print_table, say, say_json
from scrubrelay.cli.stored import recorded, with_store
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.stores.base import Store
from scrubrelay.service.stores.issues import CapFigures, Issue

app = typer.Typer(no_args_is_help=True)
_MOST: Final = 1000  # as many as a relay tells at once
_COLUMNS: Final = ("issue", "project", "count", "limit", "suppressed", "untold", "until", "last event")
SHOWN: Final = 12
"""Digits of a key by which an issue is called."""
_PREFIX: Final = regex.compile(r"[0-9a-f]{4,32}")


@app.command("list", epilog="Example: scrubrelay caps list --json")
def list_(
    *,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 100,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """List issues whose window has not ended: those that suppressed most, then the fullest."""
    now = SystemClock().now()

    async def work(store: Store) -> tuple[Sequence[Issue], CapFigures]:
        return await store.issues.listed(now, limit), await store.issues.figures(now)

    if url is None:
        listed, figures = with_store(config, work)
        counted, active = figures.issues, figures.active
    else:
        answer = client(config, url, token_file).get("/api/caps", limit=min(limit, _MOST))
        listed = [Issue(**one) for one in answer["issues"]]
        counted, active = answer["counted"], answer["active"]
    rows = [_row(one) for one in listed]
    if as_json:
        say_json(rows)
    else:
        print_table(_COLUMNS, rows)
        say(f"{counted} issues counted, {active} over their cap")
    return 0


@app.command(epilog="Example: scrubrelay caps reset 3f2a9c01b7de")
def reset(  # noqa: PLR0913 - typer: every option is a parameter
    issue: Annotated[
        str | None, typer.Argument(metavar="[ISSUE]", help="An issue as `caps list` shows it.")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Begin a new window for an issue; a running relay notices within a second.

    Exit code 1 if there is no such issue.
    """
    if (issue is None) != everything or (issue is not None and not _PREFIX.fullmatch(issue)):
        raise typer.BadParameter("expected an issue as `caps list` shows it, or --all")

    async def work(store: Store) -> int:
        return await recorded(store, store.issues.reset(issue), "caps.reset", issue=issue)

    if url is None:
        done = with_store(config, work)
    else:
        order = {"all": True} if issue is None else {"issue": issue}
        done = int(client(config, url, token_file).post("/api/caps/reset", order)["done"])
    if as_json:
        say_json({"done": done})
    else:
        say(f"{done} counted anew")
    if issue is None or done:
        return 0
    complain(f"no issue {issue} is counted")
    return 1


def _row(one: Issue) -> dict[str, Any]:
    until = datetime.fromtimestamp(one.until, UTC).isoformat(timespec="seconds")
    counts = (one.count, one.limit, one.suppressed, one.untold)
    return dict(zip(_COLUMNS, (one.key[:SHOWN], one.project_id, *counts, until, one.event_id), strict=True))
