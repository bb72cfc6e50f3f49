"""`scrubrelay patterns lint`."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from scrubrelay.cli.console import ConfigOption, JsonOption, say, say_json
from scrubrelay.config.build import cache_of, library_of
from scrubrelay.config.lint import Remark, lint
from scrubrelay.config.load import load
from scrubrelay.config.packs import users
from scrubrelay.config.settings import Settings
from scrubrelay.core.errors import ConfigError

EXAMPLE: Final = "Example: scrubrelay patterns lint --strict rules/*.toml"
_ERRORS: Final = 2


def command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Pattern files; else those of the configuration."),
    ] = None,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if there is a warning.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """Say what is suspicious about pattern files: slow, finding too much, overlapping, without proof.

    Exit code 0: nothing is wrong. 1: there are warnings, with --strict. 2: a file is wrong.
    """
    settings = load(config, os.environ)
    remarks = _remarks(settings, tuple(map(str, files or ())) or settings.redaction.pattern_files)
    if as_json:
        say_json([one.as_json() for one in remarks])
    else:
        counts = {level: sum(one.level == level for one in remarks) for level in ("error", "warning", "note")}
        say(*map(str, remarks), ", ".join(f"{count} {level}s" for level, count in counts.items()))
    levels = {one.level for one in remarks}
    return _ERRORS if "error" in levels else int(strict and "warning" in levels)


def _remarks(settings: Settings, files: tuple[str, ...]) -> list[Remark]:
    try:
        packs = users(files)
    except ConfigError as error:
        told = (problem.removeprefix("[redaction] pattern_files: ") for problem in error.problems)
        return [Remark("error", "file", "", problem) for problem in told]
    others = settings.redaction.model_copy(update={"pattern_files": ()})
    library = library_of(others, cache_of(settings))
    return list(lint(packs, library, settings.redaction.budget))
