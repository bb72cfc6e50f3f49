"""Pattern packs: where they are, and which of their patterns are switched on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from scrubrelay.config.names import nearest
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.pattern import Pack, Pattern, parse_pack

# The ready sets that are more than the category of their name.
SETS: Final[Mapping[str, Callable[[Pattern], bool]]] = {
    "default": lambda pattern: pattern.default,
    "strict": lambda pattern: pattern.default or "strict" in pattern.categories,
    "secrets-only": lambda pattern: pattern.default and "secrets" in pattern.categories,
    "all": lambda _: True,
}


def embedded() -> tuple[Pack, ...]:
    """Return the packs that come with the relay.

    Raises:
        ConfigError: A pack is broken, or none is there.
    """
    folder = _folder()
    sources = sorted(
        (one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name
    )
    if not sources:
        raise ConfigError([f"{folder}: no pattern packs: the installation is damaged"])
    return _parsed((f"patterns/{one.name}", one.read_text("utf-8")) for one in sources)


def matching_files(globs: Iterable[str]) -> tuple[Path, ...]:
    """Return the pattern files that the globs name, each once, sorted within its glob."""
    found = (path for one in globs for path in sorted(_glob(Path(one))))
    return tuple(dict.fromkeys(found))


def users(globs: Sequence[str]) -> tuple[Pack, ...]:
    """Return the packs of the user's pattern files.

    Raises:
        ConfigError: With everything that is wrong in all of them, and the globs that name no file.
    """
    problems = [
        f"[redaction] pattern_files: {one!r} names no file" for one in globs if not matching_files([one])
    ]
    sources: list[tuple[str, str]] = []
    for path in matching_files(globs):
        try:
            sources.append((str(path), path.read_text("utf-8")))
        except OSError as error:
            problems.append(f"{path}: cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            problems.append(f"{path}: byte {error.start} is not UTF-8 text")
    return _parsed(sources, problems)


def select(packs: Sequence[Pack], on: Sequence[str], off: Sequence[str]) -> tuple[Pack, ...]:
    """Return the packs with those patterns that one of `on` names and none of `off`.

    Raises:
        ConfigError: A name is that of no set, pack, category or pattern.
    """
    names = known_names(packs)
    unknown = [
        f"[redaction] {key}: no set, pack, category or pattern is called {name!r}{nearest(name, names)}"
        for key, given in (("packs", on), ("disable", off))
        for name in given
        if name not in names
    ]
    if unknown:
        raise ConfigError(unknown)
    chosen = (
        replace(
            pack,
            patterns=tuple(
                pattern
                for pattern in pack.patterns
                if any(is_named(pattern, pack, name) for name in on)
                and not any(is_named(pattern, pack, name) for name in off)
            ),
        )
        for pack in packs
    )
    return tuple(pack for pack in chosen if pack.patterns)


def known_names(packs: Iterable[Pack]) -> frozenset[str]:
    """Return every name that switches something."""
    patterns = [(pack, pattern) for pack in packs for pattern in pack.patterns]
    categories = {category for _, pattern in patterns for category in pattern.categories}
    return frozenset(
        {*SETS, *categories, *(pack.name for pack, _ in patterns), *(one.id for _, one in patterns)}
    )


def is_named(pattern: Pattern, pack: Pack, name: str) -> bool:
    """Return whether a name of a set, pack, category or pattern means this pattern."""
    if name in SETS:
        return SETS[name](pattern)
    return name in {pattern.id, pack.name, *pattern.categories}


def _glob(pattern: Path) -> Iterable[Path]:
    root = Path(pattern.anchor)
    return (path for path in root.glob(str(pattern.relative_to(root))) if path.is_file())


def _folder() -> Traversable:
    """Return `patterns/` of the wheel, or of the checkout that an editable install runs from."""
    installed = files("scrubrelay") / "patterns"
    return installed if installed.is_dir() else Path(str(files("scrubrelay"))).parent / "patterns"


def _parsed(sources: Iterable[tuple[str, str]], problems: Iterable[str] = ()) -> tuple[Pack, ...]:
    """Return the packs of (name, text), each of which is told what is wrong with it."""
    packs: list[Pack] = []
    wrong = list(problems)
    for source, text in sources:
        try:
            packs.append(parse_pack(text, source))
        except ConfigError as error:
            wrong.extend(error.problems)
    wrong.extend(_doubles(packs))
    if wrong:
        raise ConfigError(wrong)
    return tuple(packs)


def _doubles(packs: Iterable[Pack]) -> list[str]:
    owners: dict[str, str] = {}
    return [
        f"{pack.name}.toml: pattern {pattern.id}: also in {owners[pattern.id]}.toml"
        for pack in packs
        for pattern in pack.patterns
        if owners.setdefault(pattern.id, pack.name) != pack.name
    ]
