"""`scrubrelay patterns`: what is looked for, and whether it does what its examples say."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from scrubrelay.cli import lint, trial
from scrubrelay.cli.console import ConfigOption, JsonOption, complain, print_table, say, say_json, there
from scrubrelay.config.build import cache_of, packs_of, switched_on, wrong_of
from scrubrelay.config.load import load
from scrubrelay.config.origins import located
from scrubrelay.config.packs import embedded
from scrubrelay.config.settings import RedactionSettings
from scrubrelay.core.redaction.detectors.library import select
from scrubrelay.core.redaction.detectors.pattern import Pack, Pattern

app = typer.Typer(no_args_is_help=True)
app.command("lint", epilog=lint.EXAMPLE)(lint.command)
app.command("try", epilog=trial.EXAMPLE)(trial.command)


@app.command("list", epilog="Example: scrubrelay patterns list payment secrets")
def list_(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...", help="Only those of a pack, a category or an id; all if there is none."
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> int:
    """List the patterns: which are on with this configuration, and the names that switch them."""
    redaction = load(config, os.environ).redaction
    on = switched_on(redaction)
    packs = packs_of(redaction)
    select(packs, names or ())  # names that are unknown are told
    rows = [
        _row(pattern, pack, on=pattern.id in on)
        for pack in packs
        for pattern in pack.patterns
        if not names or {pattern.id, pack.name, *pattern.categories} & set(names)
    ]
    if as_json:
        say_json(rows)
    else:
        print_table(("id", "on", "label", "pack", "categories"), rows)
        say(f"{sum(row['on'] for row in rows)} of {len(rows)} patterns are on")
    return 0


@app.command("test", epilog="Example: scrubrelay patterns test rules/shop.toml")
def run_examples(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="Pattern files to test with all others.")
    ] = None,
    config: ConfigOption = None,
) -> int:
    """Run the examples and counterexamples of every pattern through the whole default library.

    With files: those of the files, and of all patterns that are on by default, to see that neither disturbs
    the other. Exit code 0: each text becomes what its example says, or stays. 1: one does not, or a file is
    wrong.
    """
    settings = load(config, os.environ)
    there(*files or ())
    named = [*settings.redaction.pattern_files, *(str(path) for path in files or ())]
    packs = packs_of(RedactionSettings(pattern_files=tuple(dict.fromkeys(named))))
    problems = wrong_of(packs, packs[len(embedded()) :] if files else packs, cache_of(settings))
    complain(*located(problems, named))
    patterns = [pattern for pack in packs for pattern in pack.patterns]
    examples = sum(len(pattern.examples) + len(pattern.counterexamples) for pattern in patterns)
    say(f"{len(patterns)} patterns, {examples} examples, {len(problems)} problems")
    return 1 if problems else 0


def _row(pattern: Pattern, pack: Pack, *, on: bool) -> dict[str, Any]:
    return {
        "id": pattern.id,
        "on": on,
        "label": pattern.label,
        "pack": pack.name,
        "categories": list(pattern.categories),
        "why": pattern.why,
    }
