"""Pattern packs that are not deployed: read from a request, to be tried on documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import tomli_w

from scrubrelay.config.foreign.gitleaks import from_gitleaks, is_gitleaks
from scrubrelay.config.packs import embedded
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.detectors.examples import check_examples
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import Own, Pack, Pattern, parse_pack

MOST_PACKS: Final = 16
MOST_PATTERNS: Final = 500
"""Patterns of all packs; compiling so many takes a second."""

PackText = str | Mapping[str, Any]
"""A pack as TOML, or as what that would be parsed into."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Packs that are fit to be tried.

    Args:
        packs: In their order, called `packs[0]`, `packs[1]`, and so on.
    """

    packs: tuple[Pack, ...]

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """All of their patterns, also those that a file would not switch on by itself."""
        return tuple(pattern for pack in self.packs for pattern in pack.patterns)


def read_packs(texts: Sequence[PackText]) -> Tried:
    """Return packs of a request.

    Raises:
        ConfigError: With everything that is wrong in them: pack, pattern and column.
    """
    if len(texts) > MOST_PACKS:
        raise ConfigError([f"packs: expected {MOST_PACKS} or fewer"])
    packs: list[Pack] = []
    problems: list[str] = []
    for number, text in enumerate(texts):
        try:
            packs.append(_pack(text, f"packs[{number}]"))
        except ConfigError as error:
            problems += error.problems
    problems += _clashes(packs)
    if problems:
        raise ConfigError(problems)
    return Tried(tuple(packs))


def wrong_examples(library: Library, tried: Tried) -> Iterator[str]:
    """Yield which examples do not become what they say; no text of them is repeated.

    Args:
        library: With the tried patterns.
        tried: What to test.
    """
    for problem in check_examples(library, tried.patterns):
        name, example, _ = problem.split(": ", 2)
        yield f"pattern {name}: {example.partition(' became')[0]}: does not become what it says"


def _pack(text: PackText, source: str) -> Pack:
    toml = text if isinstance(text, str) else _toml(text, source)
    return from_gitleaks(toml, source) if is_gitleaks(toml) else parse_pack(toml, source, Own(_no_file))


def _toml(table: Mapping[str, Any], source: str) -> str:
    try:
        return tomli_w.dumps(table)
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError([f"{source}: expected the tables of a pattern file"]) from error


def _no_file(_name: str) -> tuple[str, str]:
    raise ConfigError(["a file cannot be read from here: deploy it, or write its names as a match"])


def _clashes(packs: Sequence[Pack]) -> Iterator[str]:
    owners = {pattern.id: f"{pack.name}.toml" for pack in embedded() for pattern in pack.patterns}
    patterns = [(pack, pattern) for pack in packs for pattern in pack.patterns]
    if len(patterns) > MOST_PATTERNS:
        yield f"packs: expected {MOST_PATTERNS} patterns or fewer, found {len(patterns)}"
    for pack, pattern in patterns:
        if owners.setdefault(pattern.id, pack.name) != pack.name:
            yield f"{pack.name}: pattern {pattern.id}: id: also used by {owners[pattern.id]}"
