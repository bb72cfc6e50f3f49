"""`scrubrelay import`: from Sentry's rules, or a folder of its Relay, to a configuration of ours."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import tomli_w
import typer
import yaml

from scrubrelay.cli.console import complain, input_of, say
from scrubrelay.config.foreign.importing import Imported, import_relay, import_sentry_rules
from scrubrelay.core.errors import ConfigError

app = typer.Typer(no_args_is_help=True)
_PATTERNS: Final = "imported.toml"
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Where to write the configuration; else standard output."),
]
PatternsOption = Annotated[
    Path | None,
    typer.Option(
        "--patterns", help=f"Where to write patterns of one's own; else {_PATTERNS} beside the output."
    ),
]


@app.command("relay", epilog="Example: scrubrelay import relay .relay/ --output scrubrelay.toml")
def relay(
    folder: Annotated[
        Path, typer.Argument(help="The folder of Relay's static mode: config.yml and projects/.")
    ],
    output: OutputOption = None,
    patterns: PatternsOption = None,
) -> int:
    """Turn a folder of Sentry's Relay into a configuration.

    What could not be carried over, and what the original silently ignored, is said on standard error.
    """
    config = folder / "config.yml"
    if not config.is_file():
        raise ConfigError([f"{config}: no such file, expected the folder of Sentry's Relay"])
    projects = {path.stem: _json(path) for path in sorted((folder / "projects").glob("*.json"))}
    file = _pattern_file(output, patterns)
    return _write(import_relay(_yaml(config), projects, _named(file, output)), output, file)


@app.command("sentry-rules", epilog="Example: scrubrelay import sentry-rules project.json > scrubrelay.toml")
def sentry_rules(
    file: Annotated[
        Path, typer.Argument(help="JSON: relayPiiConfig, or the settings of a project or organisation.")
    ],
    output: OutputOption = None,
    patterns: PatternsOption = None,
) -> int:
    """Turn the rules of Sentry's Advanced Data Scrubbing into a configuration.

    What could not be carried over, and what the original silently ignored, is said on standard error.
    """
    pattern_file = _pattern_file(output, patterns)
    imported = import_sentry_rules(_json(file), _named(pattern_file, output))
    return _write(imported, output, pattern_file)


def _pattern_file(output: Path | None, patterns: Path | None) -> Path:
    return patterns or (output.parent if output else Path()) / _PATTERNS


def _named(file: Path, output: Path | None) -> str:
    """Return the file as the configuration names it: from the folder that this stands in."""
    return Path(os.path.relpath(file, output.parent if output else Path())).as_posix()


def _write(imported: Imported, output: Path | None, patterns: Path) -> int:
    """Write both files, neither over another one."""
    written = {output: imported.settings} if output else {}
    if imported.pack:
        written[patterns] = imported.pack
    if taken := [path for path in written if path.exists()]:
        raise ConfigError([f"{path}: exists already, name another file or remove it" for path in taken])
    for path, tables in written.items():
        path.write_bytes(_toml(tables))
    if output is None:
        say(_toml(imported.settings).decode().rstrip("\n"))
    complain(*imported.notes)
    if imported.pack:
        complain(f"the patterns that the rules name were written to {patterns}")
    return 0


def _toml(tables: Mapping[str, Any]) -> bytes:
    # YAML can spell halves of characters, which no file can hold.
    return tomli_w.dumps(tables, multiline_strings=False).encode("utf-8", "replace")


def _json(path: Path) -> Any:
    try:
        return orjson.loads(input_of(path))
    except orjson.JSONDecodeError as error:
        raise ConfigError([f"{path}: line {error.lineno}, column {error.colno}: {error.msg}"]) from error


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(input_of(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigError([f"{path}: {where}not YAML"]) from error
