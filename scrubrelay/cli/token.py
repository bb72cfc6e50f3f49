"""`scrubrelay token`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import regex
import typer

from scrubrelay.cli.console import ConfigOption, JsonOption, print_table, say_json
from scrubrelay.config.load import load
from scrubrelay.config.settings import RedactionSettings, Settings
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.text.marks import HASH_DIGITS, KEY_DIGITS, key_id, token

EXAMPLE: Final = "Example: printf jane@example.com | scrubrelay token -"
_TOKEN: Final = regex.compile(rf"(?:\[[^\[\]:]+:)?([0-9a-f]{{{HASH_DIGITS}}})\]?")
_COLUMNS: Final = ("line", "project", "key", "id", "token")


def command(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="Values, one a line; - is standard input.")],
    *,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say which tokens stand for a value, and which key made a token.

    Of each line: the token that `hash_key` makes of it and the one that `previous_hash_key` made, to search
    for both in Sentry; of a line that is a token itself, whose key it is. No value is printed.
    """
    settings = load(config, os.environ)
    keys = tuple(_keys(settings))
    if not keys:
        raise ConfigError(["[redaction] hash_key: is missing, tokens are made with it"])
    text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    rows = [row for number, line in enumerate(text.splitlines(), 1) for row in _rows(number, line, keys)]
    if as_json:
        say_json(rows)
    else:
        print_table(_COLUMNS, rows)
    return 0


def _keys(settings: Settings) -> Iterator[tuple[int | None, str, bytes]]:
    """Yield the project of a key (None: those without one of their own), its setting, and the key."""
    own = [(one.id, settings.redaction_of(one)) for one in settings.project if one.redaction]
    seen: set[tuple[str, bytes]] = set()
    for project, redaction in ((None, settings.redaction), *own):
        for name, key in _of(redaction):
            if (name, key) not in seen:
                seen.add((name, key))
                yield project, name, key


def _of(redaction: RedactionSettings) -> Iterator[tuple[str, bytes]]:
    for name in ("hash_key", "previous_hash_key"):
        secret = getattr(redaction, name)
        if secret:
            yield name, secret.get_secret_value().encode()


def _rows(
    number: int, line: str, keys: tuple[tuple[int | None, str, bytes], ...]
) -> Iterator[dict[str, object]]:
    found = _TOKEN.fullmatch(line.strip())
    if found is None:
        for project, name, key in keys:
            row = {"line": number, "project": project, "key": name, "id": key_id(key)}
            yield {**row, "token": token(key, line)}
        return
    id_ = found[1][:KEY_DIGITS]
    known = [(project, name) for project, name, key in keys if key_id(key) == id_] or [(None, "another key")]
    for project, name in known:
        yield {"line": number, "project": project, "key": name, "id": id_, "token": found[1]}
