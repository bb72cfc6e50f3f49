"""What all commands share: the options they have in common, and how they write."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scrubrelay.core.errors import ConfigError

BOM: Final = b"\xef\xbb\xbf"
_GLOB: Final = frozenset("*?[")

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="The configuration; else $SCRUBRELAY_CONFIG, else ./scrubrelay.toml."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def input_of(source: str | Path) -> bytes:
    """Return what a file holds, or standard input for `-`; without a byte order mark."""
    data = sys.stdin.buffer.read() if str(source) == "-" else Path(source).read_bytes()
    return data.removeprefix(BOM)


def printable(text: str) -> str:
    r"""Return a text with its control characters escaped: a key of an event must not steer a terminal.

    >>> print(printable("a\x1b[2Jb"))
    a\x1b[2Jb
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def complain(*problems: str) -> None:
    """Write each problem on a line of its own to stderr."""
    for problem in problems:
        sys.stderr.write(f"scrubrelay: {problem}\n")


def say(*lines: str) -> None:
    """Write lines to stdout."""
    for line in lines:
        sys.stdout.write(f"{line}\n")


def say_json(value: object) -> None:
    """Write a value to stdout as indented JSON."""
    sys.stdout.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")


def there(*files: Path) -> None:
    """Refuse files of the command line that are not there; globs are left to whoever reads them.

    Raises:
        ConfigError: With each of them.
    """
    missing = [path for path in files if not path.exists() and not _GLOB & set(str(path))]
    if missing:
        raise ConfigError([f"{path}: no such file" for path in missing])


def moment(seconds: float) -> str:
    """Return a time since the epoch as people of all zones read it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def span(seconds: float) -> str:
    """Return a duration by its two largest units: `2 h 5 min`."""
    left, parts = max(0, round(seconds)), []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"


def rounded(size: int) -> str:
    """Return a number of bytes with one digit behind the point: `1.5 MiB`."""
    for unit, one in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= one:
            return f"{size / one:.1f} {unit}"
    return f"{size} B"


def print_table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as a table without lines; whatever is None is left empty."""
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*(escape(_cell(row[name])) for name in columns))
    # Piped to a program, a table must not be cut at 80 columns.
    Console(width=None if sys.stdout.isatty() else 240).print(table)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "on" if value else ""
        case dict():
            return ", ".join(f"{count} {name}" for name, count in value.items())
        case list():
            return printable(", ".join(map(str, value)))
        case _:
            return printable(str(value))
