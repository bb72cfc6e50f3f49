"""`scrubrelay outbox`: what waits, what upstream refused, what inspect mode keeps."""

import sys
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any, Final

import orjson
import typer

from scrubrelay.cli.client import RelayClient, TokenOption, UrlOption, client
from scrubrelay.cli.console import ConfigOption, JsonOption, complain, print_table, say, say_json
from scrubrelay.cli.stored import recorded, with_store
from scrubrelay.core.errors import NotFound
from scrubrelay.core.wire.envelope import Item, decode
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.stores.base import Listed, State, Status, Store

app = typer.Typer(no_args_is_help=True)
_PAGE: Final = 1000
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
def list_(  # noqa: PLR0913 - typer: every option is a parameter
    *,
    state: Annotated[StateName | None, typer.Option(help="Only those in this state.")] = None,
    after: Annotated[int, typer.Option(help="Only those with a greater number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 100,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """List what waits for an upstream, what one has refused (dead), and what inspect mode keeps."""
    chosen = state.state if state else None

    async def work(store: Store) -> tuple[Sequence[Listed], Status]:
        return await store.listed(chosen, after, limit), await store.status()

    if url is None:
        listed, status = with_store(config, work)
    else:
        relay = client(config, url, token_file)
        listed, status = [*islice(_pages(relay, chosen, after), limit)], _status(relay)
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
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Print one envelope as it would leave: it has been scrubbed.

    --json prints its header and its items; a payload that is no JSON as text, or as base64.
    """
    clean: bytes | None
    if url is None:
        clean = with_store(config, lambda store: store.show(number))
    else:
        clean = client(config, url, token_file).read(f"/api/outbox/{number}")
    if clean is None:
        raise NotFound(f"no envelope {number} in the outbox")
    if as_json:
        envelope = decode(clean)
        say_json({"headers": envelope.headers, "items": [_item(one) for one in envelope.items]})
    else:
        sys.stdout.buffer.write(clean)
    return 0


@app.command(epilog="Example: scrubrelay outbox retry --all")
def retry(  # noqa: PLR0913 - typer: every option is a parameter
    numbers: _Ids = None,
    *,
    everything: _All = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Send what was refused once more; a running relay notices within seconds.

    Exit code 1 if not all of the given numbers are dead letters.
    """
    asked = _asked(numbers, everything=everything)

    async def work(store: Store) -> int:
        doing = store.retry(asked, SystemClock().now())
        return await recorded(store, doing, "outbox.retry", ids=asked)

    if url is None:
        done = with_store(config, work)
    else:
        done = _ordered(client(config, url, token_file), "retry", asked)
    return _told(done, asked, "put back", as_json=as_json)


@app.command(epilog="Example: scrubrelay outbox purge --all --state kept")
def purge(  # noqa: PLR0913 - typer: every option is a parameter
    numbers: _Ids = None,
    *,
    everything: _All = False,
    state: Annotated[StateName, typer.Option(help="What state they are in.")] = StateName.DEAD,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Remove what was refused (or waits, or is kept); the ledger counts it as purged.

    Exit code 1 if not all of the given numbers are in that state.
    """
    asked = _asked(numbers, everything=everything)

    async def work(store: Store) -> int:
        doing = store.purge(state.state, asked, SystemClock().now())
        return await recorded(store, doing, "outbox.purge", ids=asked, state=state.value)

    if url is None:
        done = with_store(config, work)
    else:
        done = _ordered(client(config, url, token_file), "purge", asked, state=state.value)
    return _told(done, asked, "removed", as_json=as_json)


def _pages(relay: RelayClient, state: State | None, after: int) -> Iterator[Listed]:
    """Yield what a relay says is in its outbox, page by page."""
    while True:
        name = None if state is None else state.name.lower()
        page = relay.get("/api/outbox", state=name, after=after, limit=_PAGE)["envelopes"]
        for line in page:
            held = tuple(line.pop("holds").items())
            yield Listed(**{**line, "state": State[line["state"].upper()]}, quantities=held)
        if len(page) < _PAGE:
            return
        after = page[-1]["id"]


def _status(relay: RelayClient) -> Status:
    answer = relay.get("/api/outbox", limit=1)
    names = ("used_bytes", "max_bytes", "waiting", "dead", "kept")
    return Status(**{name: int(answer[name]) for name in names}, oldest=None)


def _ordered(relay: RelayClient, what: str, asked: Sequence[int] | None, **more: str) -> int:
    """Have a relay do something to what is in its outbox; return to how many."""
    if asked is None:
        return int(relay.post(f"/api/outbox/{what}", {"all": True, **more})["done"])
    pages = (asked[at : at + _PAGE] for at in range(0, len(asked), _PAGE))
    return sum(int(relay.post(f"/api/outbox/{what}", {"ids": page, **more})["done"]) for page in pages)


def _item(item: Item) -> dict[str, Any]:
    try:
        return {"headers": item.headers, "payload": orjson.loads(item.payload)}
    except orjson.JSONDecodeError:
        pass
    try:
        return {"headers": item.headers, "text": item.payload.decode()}
    except UnicodeDecodeError:
        return {"headers": item.headers, "base64": b64encode(item.payload).decode()}


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
