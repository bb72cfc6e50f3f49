"""`scrubrelay check`."""

import os
import sys
from collections.abc import Iterator
from typing import Any, Final

from scrubrelay.cli.console import ConfigOption, JsonOption, complain, say_json
from scrubrelay.config.build import build, library_of, rule_warnings
from scrubrelay.config.effective import effective
from scrubrelay.config.load import Loaded, read
from scrubrelay.config.origins import located
from scrubrelay.config.packs import users
from scrubrelay.config.settings import RedactionSettings, Settings
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.detectors.examples import check_examples

EXAMPLE: Final = "Example: scrubrelay check --config scrubrelay.toml"


def command(config: ConfigOption = None, *, as_json: JsonOption = False) -> int:
    """Say everything that is wrong with the configuration and its pattern files, or show what holds.

    Prints the effective settings, with secrets masked and where each came from.
    Exit code 0: all is well. 1: something is wrong; every mistake is a line on standard error,
    with --json one of `problems`.
    """
    try:
        loaded = read(config, os.environ)
        build(loaded.settings)
    except ConfigError as error:
        if not as_json:
            raise
        say_json({"problems": error.problems})
        return 1
    problems = tuple(dict.fromkeys(_wrong_examples(loaded.settings)))
    if as_json:
        say_json(_document(loaded, problems))
    else:
        complain(*problems or dict.fromkeys(_warnings(loaded)))
    if not problems and not as_json:
        patterns = len(library_of(loaded.settings.redaction).patterns)
        sys.stdout.write(f"# {loaded.file or 'no file'}, {patterns} patterns are on\n{effective(loaded)}")
    return 1 if problems else 0


def _document(loaded: Loaded, problems: tuple[str, ...]) -> dict[str, Any]:
    return {
        "problems": problems,
        "warnings": tuple(dict.fromkeys(_warnings(loaded))),
        "file": None if loaded.file is None else str(loaded.file),
        "patterns": len(library_of(loaded.settings.redaction).patterns),
        "settings": loaded.settings.model_dump(mode="json"),
    }


def _redactions(settings: Settings) -> tuple[RedactionSettings, ...]:
    return (settings.redaction, *map(settings.redaction_of, settings.project))


def _warnings(loaded: Loaded) -> Iterator[str]:
    yield from (f"warning: {one}" for one in loaded.exposed())
    for redaction in _redactions(loaded.settings):
        yield from (f"warning: {one}" for one in rule_warnings(redaction))
        idle = (pack for pack in users(redaction.pattern_files) if not pack.patterns)
        yield from (f"warning: {note}" for pack in idle for note in pack.notes)


def _wrong_examples(settings: Settings) -> Iterator[str]:
    """Yield what the examples of the user's own patterns prove wrong, with the patterns that are on."""
    for redaction in _redactions(settings):
        library = library_of(redaction)
        own = {pattern.id for pack in users(redaction.pattern_files) for pattern in pack.patterns}
        problems = check_examples(library, [pattern for pattern in library.patterns if pattern.id in own])
        yield from located(problems, redaction.pattern_files)
