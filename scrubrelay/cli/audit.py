"""`scrubrelay audit`: what was redacted, what became of an event, what would be cut, and what is left."""

import gzip
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from io import BufferedReader
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final, cast
from urllib.parse import quote

import orjson
import typer

from scrubrelay.cli.client import TokenOption, UrlOption, client
from scrubrelay.cli.console import ConfigOption, JsonOption, print_table, printable, say, say_json
from scrubrelay.core.errors import BadRequest

app = typer.Typer(no_args_is_help=True)
_LEFT: Final = 3
_PAGE: Final = 1000
_PIECE: Final = 1 << 16
_SHOWN: Final = 10
_GZIP: Final = b"\x1f\x8b"

ProjectOption = Annotated[int | None, typer.Option("--project", help="Only, or by the rules of, a project.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help='"24h" ago, "2026-01-31T12:00Z", or seconds since the epoch.')
]
UntilOption = Annotated[str | None, typer.Option("--until", help="Likewise; until now if not given.")]
PacksOption = Annotated[
    list[Path] | None,
    typer.Option("--packs", help="A pattern file that is not deployed, to be tried; may be repeated."),
]
FileArgument = Annotated[str, typer.Argument(metavar="FILE", help="A file; - is standard input.")]


@app.command(epilog="Example: scrubrelay audit findings --since 24h --by project,pattern")
def findings(  # noqa: PLR0913 - typer: every option is a parameter
    *,
    project: ProjectOption = None,
    kind: Annotated[str | None, typer.Option("--type", help="Of items of this type.")] = None,
    pattern: Annotated[
        str | None, typer.Option("--pattern", help="Of a pattern, or of all whose id begins so.")
    ] = None,
    path: Annotated[str | None, typer.Option("--path", help="At a path, and below it.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    by: Annotated[
        str, typer.Option("--by", help="What is told apart: hour, project, type, pattern, path.")
    ] = "pattern,path",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many lines.")] = 100,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Say what was redacted, how often and where; never the text."""
    relay = client(config, url, token_file)
    where = {"project": project, "type": kind, "pattern": pattern, "path": path, "by": by}
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while len(rows) < limit:
        page = relay.get(
            "/api/audit/findings",
            **where,
            since=since,
            until=until,
            limit=min(_PAGE, limit - len(rows)),
            cursor=cursor,
        )
        rows += page["findings"]
        cursor = page["next"]
        if cursor is None:
            break
    columns = (*(name.strip() for name in by.split(",")), "count")
    rows = [{name: row[name] for name in columns} for row in rows]
    if as_json:
        say_json(rows)
    else:
        print_table(columns, rows)
        say(f"{len(rows)} lines{', and more: --limit' if cursor else ''}")
    return 0


@app.command(epilog="Example: scrubrelay audit event 0123456789abcdef0123456789abcdef")
def event(
    event_id: Annotated[str, typer.Argument(metavar="EVENT_ID", help="As Sentry shows it.")],
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Say what became of an event: why it was dropped, what was cut, and where it was delivered.

    Exit code 1 if nothing is known of it.
    """
    told = client(config, url, token_file).get(f"/api/audit/events/{quote(event_id, safe='')}")
    if as_json:
        say_json(told)
        return 0
    for envelope in told["envelopes"]:
        say(f"received {envelope['received_at']} for project {envelope['project']}")
        for item in envelope["items"]:
            say(*_item(item))
        for delivery in envelope["deliveries"]:
            tries = [f"{one['at']} {one['result']} ({one['answer']})" for one in delivery["attempts"]]
            say(f"  {delivery['target']}: {delivery['state']}", *(f"    {one}" for one in tries))
    return 0


@app.command(epilog="Example: scrubrelay audit coverage --since 7d")
def coverage(  # noqa: PLR0913 - as above
    *,
    project: ProjectOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Say which patterns never found anything, where most is found, and what nobody could read."""
    relay = client(config, url, token_file)
    told = relay.get("/api/audit/coverage", project=project, since=since, until=until)
    if as_json:
        say_json(told)
        return 0
    quiet = told["never_found"]
    say(f"{told['since']} to {told['until']}", f"{len(quiet)} of {told['patterns']} patterns found nothing")
    for one in told["hot_paths"][:_SHOWN]:
        say(f"  {one['count']:>8}  {one['path']}  ({', '.join(one['patterns'])})")
    for one in told["dropped_unread"]:
        say(f"{one['items']} items of type {one['type']} were dropped unread: {one['reason']}")
    return 0


@app.command("log", epilog="Example: scrubrelay audit log --limit 20")
def log_(  # noqa: PLR0913 - as above
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most this many lines.")] = 50,
    since: SinceOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Say who has read the audit or controlled the relay, the newest first."""
    lines = client(config, url, token_file).get("/api/audit/log", limit=limit, since=since)["log"]
    if as_json:
        say_json(lines)
    else:
        print_table(("id", "at", "who", "action", "detail"), [{**one, "detail": _told(one)} for one in lines])
    return 0


@app.command("try", epilog="Example: scrubrelay audit try event.json --packs rules/shop.toml")
def try_(  # noqa: PLR0913 - as above
    file: FileArgument,
    *,
    packs: PacksOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Say what the running relay would do with an event, JSON lines or an envelope; nothing is sent on.

    Exit code 0: all of it would go on. 3: an item would be dropped.
    """
    with _opened(file) as source:
        body = source.read()
    if packs:
        body = orjson.dumps({**_wrapped(body), "packs": _texts(packs)})
    told = client(config, url, token_file).send("/api/audit", body, project=project)
    if as_json:
        say_json(told)
    else:
        for one in told["findings"]:
            where = f"item {one['item']} ({one['type']})"
            say(f"{where}\t{printable(one['path'])}\t{one['pattern']}\t{one['action']}\t{one['pack'] or ''}")
        for one in told["decisions"]:
            say(f"item {one['item']} ({one['type']}): {_decision(one)}")
    return _LEFT if any(one["decision"] == "dropped" for one in told["decisions"]) else 0


@app.command(epilog="Example: scrubrelay audit verify exported.jsonl")
def verify(  # noqa: PLR0913 - as above
    file: FileArgument,
    *,
    packs: PacksOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    url: UrlOption = None,
    token_file: TokenOption = None,
) -> int:
    """Search what an upstream has stored (JSON lines or a JSON array) for what should not be in it.

    Exit code 0: every event was searched, and nothing is left. 3: something is, or could not be read.
    """
    relay = client(config, url, token_file)
    with _opened(file) as source:
        told = relay.send("/api/audit/verify", _pieces(source, packs or ()), project=project)
    if as_json:
        say_json(told)
    else:
        for one in told["findings"]:
            say(f"{_event(one)}\t{printable(one['path'])}\t{one['pattern']}\t{one['count']}")
        for one in told["unread"]:
            say(f"{_event(one)}\tnot read: {one['reason']}: {one['detail']}")
        say(f"{told['events']} events, {told['findings_total']} places, {told['unread_total']} not read")
    return 0 if told["clean"] else _LEFT


def _event(one: Mapping[str, Any]) -> str:
    """Return what an event of an export is called: its id, or which of them it is, counted from 1."""
    return one["event_id"] or f"event {one['event'] + 1}"


def _item(item: Mapping[str, Any]) -> Iterator[str]:
    yield f"  {item['type']}: {_decision(item)}"
    yield from (f"    {one['count']:>4}  {one['pattern']}  {one['path']}" for one in item["findings"])


def _decision(one: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (one["decision"], one["reason"], one["detail"])))


def _told(line: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in line["detail"].items())


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """Open a file or standard input; what gzip has compressed is inflated."""
    stdin = cast("BufferedReader", sys.stdin.buffer)
    with nullcontext(stdin) if file == "-" else Path(file).open("rb") as source:
        if source.peek(2)[:2] != _GZIP:
            yield source
            return
        try:
            with gzip.open(source) as inflated:
                yield cast("BinaryIO", inflated)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise BadRequest(f"{file}: not whole, or not what gzip makes") from error


def _texts(packs: Sequence[Path]) -> list[str]:
    return [path.read_text("utf-8") for path in packs]


def _wrapped(body: bytes) -> Mapping[str, Any]:
    """Return what stands beside packs: a document, or else an envelope as text."""
    try:
        return {"document": orjson.loads(body)}
    except orjson.JSONDecodeError:
        pass
    try:
        return {"envelope": body.decode()}
    except UnicodeDecodeError as error:
        raise typer.BadParameter(
            "with --packs: expected one JSON document, or an envelope of text"
        ) from error


def _pieces(source: BinaryIO, packs: Sequence[Path]) -> Iterator[bytes]:
    """Yield an export, behind a line with the packs to be tried."""
    first = source.read(_PIECE)
    if packs:
        if first.lstrip().startswith(b"["):
            raise typer.BadParameter(
                "with --packs: expected JSON lines; `jq -c '.[]'` makes them of an array"
            )
        yield orjson.dumps({"packs": _texts(packs)}) + b"\n"
    while first:
        yield first
        first = source.read(_PIECE)
