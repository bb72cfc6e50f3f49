"""The `scrubrelay` command: finds the module of a subcommand, and turns every error into one line."""

import importlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import metadata
from inspect import cleandoc
from types import ModuleType
from typing import Annotated, Final

import typer

from scrubrelay.cli.console import complain
from scrubrelay.core.errors import ConfigError, ScrubrelayError

# Only the module of the chosen command is imported: aiohttp and the pattern engine take a third of a second.
COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "serve": ("scrubrelay.cli.serve", "Accept, scrub and forward what SDKs send."),
    "check": ("scrubrelay.cli.check", "Say what is wrong with the configuration, or show what holds."),
    "schema": ("scrubrelay.cli.schema", "Print the JSON Schema of scrubrelay.toml, for editors."),
    "scrub": ("scrubrelay.cli.scrub", "Scrub a JSON document, JSON lines or an envelope, offline."),
    "explain": ("scrubrelay.cli.explain", "Say why an event would go on or not."),
    "patterns": ("scrubrelay.cli.patterns", "List the patterns, or test them and your own."),
    "token": ("scrubrelay.cli.token", "Say which tokens stand for a value, and which key made a token."),
    "import": (
        "scrubrelay.cli.importing",
        "Turn rules of Sentry, or a folder of its Relay, into a configuration.",
    ),
    "outbox": ("scrubrelay.cli.outbox", "Look at what waits or was refused; retry it, or remove it."),
    "caps": ("scrubrelay.cli.caps", "Look at how many events of each issue went on; count one anew."),
    "status": ("scrubrelay.cli.status", "Say how the running relay does."),
    "capture": ("scrubrelay.cli.capture", "Switch everything or a project off or on: the emergency stop."),
    "audit": ("scrubrelay.cli.audit", "Say what was redacted, what became of an event, and what is left."),
    "reload": ("scrubrelay.cli.reload", "Have the running relay read its configuration again."),
    "tail": ("scrubrelay.cli.tail", "Show what becomes of each item while it happens."),
    "projects": ("scrubrelay.cli.projects", "List projects with what came of their items."),
    "dsn": ("scrubrelay.cli.dsn", "Turn a DSN of Sentry's into the relay's, or back."),
    "completion": ("scrubrelay.cli.completion", "Print the completion script of a shell."),
    "healthcheck": ("scrubrelay.cli.healthcheck", "Ask the running relay whether it is ready."),
}
_GROUPS: Final[Mapping[str, str]] = {
    "patterns": "Example: scrubrelay patterns try rules/shop.toml --on events.jsonl",
    "outbox": "Example: scrubrelay outbox list --state dead",
    "import": "Example: scrubrelay import relay .relay/ --output scrubrelay.toml",
    "caps": "Example: scrubrelay caps list",
    "audit": "Example: scrubrelay audit findings --since 24h --by project,pattern",
}
"""Commands that have commands of their own, with an example."""
_USAGE: Final = 2
_WORDS: Final[Mapping[str, str]] = {
    "Value error, ": "",
    "Input should be a valid integer, unable to parse string as an integer": "expected a whole number",
    "Input should be a valid number, unable to parse string as a number": "expected a number",
    "Input should be greater than or equal to": "expected at least",
    "Input should be less than or equal to": "expected at most",
}
"""What typer says of a wrong value, and how it reads here."""


def run() -> None:
    """Run the command line; the entry point of the `scrubrelay` script."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Args:
        arguments: What stands after `scrubrelay`.

    Returns:
        The exit code: 0 for success, 1 for what went wrong, 2 for a wrong command line, 3 for a finding
        (`scrub`, `audit try`: an item was dropped; `audit verify`: something is left), 130 for Ctrl-C.
    """
    words = list(arguments) or ["--help"]
    chosen = _typed(os.environ) or words[0]
    if words[-1] in _GROUPS and len(words) == 1:
        words.append("--help")
    try:
        return int(_app(chosen)(words, prog_name="scrubrelay", standalone_mode=False) or 0)
    except typer.TyperException as error:
        command = " ".join(("scrubrelay", *_command(words)))
        complain(f"{_plain(error.format_message())} (see `{command} --help`)")
        return _USAGE
    except ConfigError as error:
        complain(*error.problems)
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
    except ScrubrelayError as error:
        complain(str(error))
    except Exception as error:  # noqa: BLE001 - a traceback could show the text that was being scrubbed
        frame = traceback.extract_tb(error.__traceback__)[-1]
        complain(
            f"internal error, please report it: {type(error).__name__} at {frame.filename}:{frame.lineno}"
        )
    return 1


def _plain(message: str) -> str:
    """Return what is wrong with a command line on one line, in words for whoever typed it."""
    for theirs, ours in _WORDS.items():
        message = message.replace(theirs, ours)
    return " ".join(message.split())


def _command(words: Sequence[str]) -> Sequence[str]:
    """Return the words that name the command, if there is one of that name."""
    if words[0] not in COMMANDS:
        return ()
    named = words[0] in _GROUPS and len(words) > 1 and not words[1].startswith("-")
    return words[: 1 + named]


def _typed(environ: Mapping[str, str]) -> str | None:
    """Return the command on the line that a shell wants completed; None if it does not ask that."""
    if "_SCRUBRELAY_COMPLETE" not in environ:
        return None
    typed = environ.get("COMP_WORDS") or environ.get("_TYPER_COMPLETE_ARGS") or ""
    return (typed.split()[1:2] or ["--help"])[0]


def _app(chosen: str) -> typer.Typer:
    app = typer.Typer(
        name="scrubrelay",
        help="Scrubs what your apps send to Sentry, on your own machine, before it leaves.",
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog="Example: scrubrelay serve --config scrubrelay.toml",
        add_completion=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    for name, (module, short) in COMMANDS.items():
        if name != chosen:
            app.command(name, help=short)(_elsewhere)
        else:
            _add(app, name, importlib.import_module(module))
    return app


def _add(app: typer.Typer, name: str, module: ModuleType) -> None:
    if name in _GROUPS:
        for one in module.app.registered_commands:
            one.help = one.help or _flowing(one.callback.__doc__)
        app.add_typer(module.app, name=name, help=COMMANDS[name][1], epilog=_GROUPS[name])
    else:
        app.command(name, epilog=module.EXAMPLE, help=_flowing(module.command.__doc__))(module.command)


def _flowing(doc: str | None) -> str:
    """Return paragraphs whose lines are as long as the terminal's, not the source's."""
    return "\n\n".join(" ".join(part.split()) for part in cleandoc(doc or "").split("\n\n"))


def _show_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        sys.stdout.write(f"scrubrelay {metadata.version('scrubrelay')}\n")
        raise typer.Exit


def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def _elsewhere() -> None:
    """Stand in for a command that was not chosen: only its name and its help are shown."""
