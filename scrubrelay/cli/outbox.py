"""`scrubrelay outbox`: what waits, what upstream refused, what inspect mode keeps."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from scrubrelay.cli.console import ConfigOption, JsonOption, complain, print_table, say, say_json
from scrubrelay.cli.stored import recorded, with_store
from scrubrelay.core.errors import NotFound
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.stores.base import Listed, State, Status, Store

app = typer.Typer(no_args_is_help=True)
_COLUMNS: Final = ("id", "state", "project", "target", "event", "received", "bytes", "status", "holds")


class StateName(StrEnum):
    """The states by their names on the command line."""

    WAITING = "waiting"
    DEAD = "dead"
    KEPT = "kept"

    @property
    def state(self) -> State:
        """The store's own name for it."""
        return State[self.name]


_Ids = Annotated[
    list[int] | None, typer.Argument(metavar="[ID]...", help="Numbers that `outbox list` shows.")
]
_All = Annotated[bool, typer.Option("--all", help="All of them.")]


@app.command("list", epilog="Example: scrubrelay outbox list --state dead --json")
def list_(
    *,
    state: Annotated[StateName | None, typer.Option(help="Only those in this state.")] = None,
    after: Annotated[int, typer.Option(help="Only those with a greater number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 100,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """List what waits for an upstream, what one has refused (dead), and what inspect mode keeps."""

    async def work(store: Store) -> tuple[Sequence[Listed], Status]:
        return await store.listed(state.state if state else None, after, limit), await store.status()

    listed, status = with_store(config, work)
    rows = [_row(one) for one in listed]
    if as_json:
        say_json(rows)
    else:
        print_table(_COLUMNS, rows)
        totals = f"{status.waiting} waiting, {status.dead} dead, {status.kept} kept"
        say(f"{totals}; {status.used_bytes} of {status.max_bytes} bytes")
    return 0


@app.command(epilog="Example: scrubrelay outbox show 17 > 17.envelope")
def show(
    number: Annotated[int, typer.Argument(metavar="ID", help="A number that `outbox list` shows.")],
    config: ConfigOption = None,
) -> int:
    """Print one envelope as it would leave: it has been scrubbed."""
    clean = with_store(config, lambda store: store.show(number))
    if clean is None:
        raise NotFound(f"no envelope {number} in the outbox")
    sys.stdout.buffer.write(clean)
    return 0


@app.command(epilog="Example: scrubrelay outbox retry --all")
def retry(
    numbers: _Ids = None,
    *,
    everything: _All = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Send what was refused once more; a running relay notices within seconds.

    Exit code 1 if not all of the given numbers are dead letters.
    """
    asked = _asked(numbers, everything=everything)

    async def work(store: Store) -> int:
        doing = store.retry(asked, SystemClock().now())
        return await recorded(store, doing, "outbox.retry", ids=asked)

    done = with_store(config, work)
    return _told(done, asked, "put back", as_json=as_json)


@app.command(epilog="Example: scrubrelay outbox purge --all --state kept")
def purge(
    numbers: _Ids = None,
    *,
    everything: _All = False,
    state: Annotated[StateName, typer.Option(help="What state they are in.")] = StateName.DEAD,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Remove what was refused (or waits, or is kept); the ledger counts it as purged.

    Exit code 1 if not all of the given numbers are in that state.
    """
    asked = _asked(numbers, everything=everything)

    async def work(store: Store) -> int:
        doing = store.purge(state.state, asked, SystemClock().now())
        return await recorded(store, doing, "outbox.purge", ids=asked, state=state.value)

    done = with_store(config, work)
    return _told(done, asked, "removed", as_json=as_json)


def _asked(numbers: list[int] | None, *, everything: bool) -> list[int] | None:
    if bool(numbers) == everything:
        raise typer.BadParameter("expected numbers, or --all")
    return None if everything else sorted(set(numbers or ()))


def _told(done: int, asked: list[int] | None, what: str, *, as_json: bool) -> int:
    if as_json:
        say_json({"done": done})
    else:
        say(f"{done} {what}")
    if asked is None or done == len(asked):
        return 0
    complain(f"{len(asked) - done} of {len(asked)} numbers are not there, or in another state")
    return 1


def _row(one: Listed) -> dict[str, Any]:
    received = datetime.fromtimestamp(one.received_at, UTC).isoformat(timespec="seconds")
    holds = dict(one.quantities)
    values = (one.id, StateName[one.state.name], one.project_id, one.target, one.event_id, received, one.size)
    return dict(zip(_COLUMNS, (*values, one.status, holds), strict=True))
