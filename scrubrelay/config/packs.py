"""Pattern packs: those that come with the relay, and the files of its users."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.examples import check_examples
from scrubrelay.core.redaction.library import Library, select
from scrubrelay.core.redaction.pattern import Pack, parse_pack


@cache
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


def wrong_examples(packs: Sequence[Pack], tested: Sequence[Pack]) -> Iterator[str]:
    """Yield what the examples prove wrong: of all that is on by default, and of the rest of the tested packs.

    What is on by default runs together. What is not runs with that and the rest of its own pack: the
    numbers of many countries are alike, and nobody has all of them on.
    """
    default = select(packs, ["default"])
    yield from check_examples(Library.compile(default))
    for pack in tested:
        optional = [pattern for pattern in pack.patterns if not pattern.default]
        if optional:
            library = Library.compile(select(packs, ["default", pack.name]), engine=False)
            yield from check_examples(library, optional)


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
        f"[redaction] pattern_files: no file is called {one}" for one in globs if not matching_files([one])
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
    if wrong:
        raise ConfigError(wrong)
    return tuple(packs)
