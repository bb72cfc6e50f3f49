"""Pattern packs: those that come with the relay, and the files of its users."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from scrubrelay.config.foreign.gitleaks import from_gitleaks, is_gitleaks
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.detectors.examples import check_examples
from scrubrelay.core.redaction.detectors.library import Library, select
from scrubrelay.core.redaction.detectors.pattern import Own, Pack, parse_pack


@cache
def embedded() -> tuple[Pack, ...]:
    """Return the packs that come with the relay.

    Raises:
        ConfigError: A pack is broken, or none is there.
    """
    packs = _parsed(sources())
    # A test holds each of them to it.
    return tuple(
        replace(pack, patterns=tuple(replace(one, measured=True) for one in pack.patterns)) for pack in packs
    )


def sources() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each file of the packs that come with the relay.

    Raises:
        ConfigError: None is there.
    """
    folder = _folder()
    found = [one for one in folder.iterdir() if one.name.endswith(".toml")]
    if not found:
        raise ConfigError([f"{folder}: no pattern packs: the installation is damaged"])
    for one in sorted(found, key=lambda one: one.name):
        yield f"patterns/{one.name}", one.read_text("utf-8")


def wrong_examples(
    packs: Sequence[Pack],
    tested: Sequence[Pack],
    compiled: Callable[[Sequence[Pack]], Library] = Library.compile,
) -> Iterator[str]:
    """Yield what the examples prove wrong: of all that is on by default, and of the rest of the tested packs.

    What is on by default runs together. What is not runs with that and the rest of its own pack: the
    numbers of many countries are alike, and nobody has all of them on.
    """
    default = select(packs, ["default"])
    common = compiled(default)
    yield from check_examples(common)
    for pack in tested:
        optional = [pattern for pattern in pack.patterns if not pattern.default]
        if optional:
            yield from check_examples(common.extended(optional), optional)


def matching_files(names: Iterable[str]) -> tuple[Path, ...]:
    """Return the pattern files that files, folders and globs name, each once, sorted within its name."""
    found = (path for one in names for path in sorted(_matching(Path(one))))
    return tuple(dict.fromkeys(found))


def users(names: Sequence[str]) -> tuple[Pack, ...]:
    """Return the packs of the user's pattern files: ours, or of gitleaks.

    Args:
        names: Files, folders (all `*.toml` in them) and globs.

    Raises:
        ConfigError: With everything that is wrong in all of them, and the names that lead to no file.
    """
    problems = [
        f"[redaction] pattern_files: no file is called {one}"
        for one in names
        if not Path(one).is_dir() and not matching_files([one])
    ]
    packs: list[Pack] = []
    for path in matching_files(names):
        try:
            packs.append(_own(path))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return tuple(packs)


# Asked every other second, whether anything changed; read only when it did.
@lru_cache(maxsize=256)
def lists_of(path: Path, mark: object) -> tuple[Path, ...]:
    """Return the lists of names that a pattern file refers to; none if it cannot be read.

    Args:
        path: The pattern file.
        mark: What changes with its content.
    """
    del mark
    try:
        patterns = tomllib.loads(path.read_text("utf-8-sig")).get("pattern", ())
    except (OSError, ValueError):
        return ()
    tables = [one for one in patterns if isinstance(one, dict)] if isinstance(patterns, list) else []
    return tuple(path.parent / one["list"] for one in tables if isinstance(one.get("list"), str))


def _own(path: Path) -> Pack:
    text = _read(path)
    if is_gitleaks(text):
        return from_gitleaks(text, str(path))

    def read(file: str) -> tuple[str, str]:
        return str(path.parent / file), _read(path.parent / file)

    return parse_pack(text, str(path), Own(read))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")  # editors of Windows put a byte order mark before it
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: byte {error.start} is not UTF-8 text"]) from error


def _matching(name: Path) -> Iterable[Path]:
    root = Path(name.anchor)
    if name.is_dir():
        # Editors leave hidden files beside those that they write.
        return (path for path in name.glob("*.toml") if path.is_file() and not path.name.startswith("."))
    return (path for path in root.glob(str(name.relative_to(root))) if path.is_file())


def _folder() -> Traversable:
    """Return `patterns/` of the wheel, or of the checkout that an editable install runs from."""
    installed = files("scrubrelay") / "patterns"
    return installed if installed.is_dir() else Path(str(files("scrubrelay"))).parent / "patterns"


def _parsed(sources: Iterable[tuple[str, str]]) -> tuple[Pack, ...]:
    """Return the packs of (name, text), each of which is told what is wrong with it."""
    packs: list[Pack] = []
    wrong: list[str] = []
    for source, text in sources:
        try:
            packs.append(parse_pack(text, source, proven=True))
        except ConfigError as error:
            wrong.extend(error.problems)
    if wrong:
        raise ConfigError(wrong)
    return tuple(packs)
