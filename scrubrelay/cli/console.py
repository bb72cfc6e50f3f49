"""What all commands share: the options they have in common, and how they write."""

import os
import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="The configuration; else $SCRUBRELAY_CONFIG, else ./scrubrelay.toml."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


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


def silence_stdout() -> None:
    """Point stdout nowhere: its reader has gone, and Python would complain while closing it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
