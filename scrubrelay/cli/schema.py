"""`scrubrelay schema`."""

from typing import Annotated, Final

import typer

from scrubrelay.cli.console import say, say_json
from scrubrelay.config.reference import json_schema, markdown

EXAMPLE: Final = "Example: scrubrelay schema > scrubrelay.schema.json"


def command(
    *,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="The same as tables for people.")] = False,
) -> int:
    """Print the JSON Schema (draft 2020-12) of scrubrelay.toml, for editors.

    An editor finds it through a first line in the file: #:schema ./scrubrelay.schema.json
    """
    if as_markdown:
        say(markdown())
    else:
        say_json(json_schema())
    return 0
