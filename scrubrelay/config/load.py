"""Settings from a file and the environment, or everything that is wrong with them."""

import itertools
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_IROTH, S_IWOTH
from typing import Any, Final, get_origin

import regex

from scrubrelay.config.check import mistakes
from scrubrelay.config.interpolate import Interpolation
from scrubrelay.config.names import (
    CONFIG,
    PREFIX,
    SHORT,
    TABLES,
    Location,
    is_foreign,
    location_of,
    nearest,
    show,
    variables,
)
from scrubrelay.config.settings import Settings
from scrubrelay.config.table import Table
from scrubrelay.core.errors import ConfigError

DEFAULT_FILE: Final = "scrubrelay.toml"
_TOML_POSITION = regex.compile(r"(.*) \(at (?:line (\d+), column (\d+)|(end of document))\)", regex.DOTALL)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with the story of where they came from.

    Args:
        settings: What holds.
        file: The configuration file, None if there is none.
        origins: Setting -> the environment variable that gave it; the rest comes from the file.
        in_file: The settings that the file names.
        secret_files: Files that were read through `${file:…}`.
    """

    settings: Settings
    file: Path | None
    origins: Mapping[Location, str]
    in_file: frozenset[Location]
    secret_files: tuple[Path, ...]

    def exposed(self) -> Iterator[str]:
        """Yield a warning for each file with a secret that everybody on this machine can read, or write.

        What a container's engine puts below `/run/secrets` is readable in that container alone.
        """
        for path in dict.fromkeys(self.secret_files):
            with suppress(OSError):
                mode = path.stat().st_mode
                if mode & (S_IROTH | S_IWOTH) and not path.resolve().is_relative_to("/run/secrets"):
                    can = "change" if mode & S_IWOTH else "read"
                    yield f"{path}: everybody on this machine can {can} it: chmod 600, or 640 with a group"

    def origin(self, location: Location) -> str:
        """Return where the value of a setting came from: a variable, the file, or `default`."""
        if location in self.origins:
            return self.origins[location]
        return str(self.file) if location in self.in_file else "default"


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a file (`./scrubrelay.toml` if there is one) under those of the environment.

    Raises:
        ConfigError: With every mistake: file or variable, table, key, what was expected, the nearest name.
    """
    return read(path, environ).settings


def read(path: Path | None, environ: Mapping[str, str]) -> Loaded:
    """Return the settings and where each came from.

    Args:
        path: The file; None for `$SCRUBRELAY_CONFIG`, else `./scrubrelay.toml` if it exists.
        environ: The environment variables.

    Raises:
        ConfigError: With every mistake, as `load`.
    """
    return _Reader(path or _default_file(environ), environ).read()


def _default_file(environ: Mapping[str, str]) -> Path | None:
    if named := environ.get(CONFIG):
        return Path(named)
    return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None


@dataclass(slots=True)
class _Reader:
    """One reading: layers from the weakest to the strongest in one tree, then the model."""

    file: Path | None
    environ: Mapping[str, str]
    problems: list[str] = field(default_factory=list)
    origins: dict[Location, str] = field(default_factory=dict)

    def read(self) -> Loaded:
        document = self._document()
        folder = self.file.parent if self.file else Path()
        filling = Interpolation(self.environ, folder)
        tree = _from_folder(filling.tree(document), folder)
        in_file = frozenset(_leaves(tree))
        from_environment = Interpolation(self.environ, Path())
        for name, location, text in self._assignments(filling.named):
            self.origins[location] = name
            self._assign(tree, location, from_environment.tree(_parsed(text, location), location))
        missing = [*filling.problems, *from_environment.problems]
        for location, text in missing:
            self._problem(location, text)
        settings, wrong = mistakes(tree, filling.filled | from_environment.filled)
        broken = {location for location, _ in missing}
        for location, text in wrong:
            if location not in broken:
                self._problem(location, text)
        if self.problems or settings is None:
            raise ConfigError(self.problems)
        secret_files = (*filling.files, *from_environment.files)
        return Loaded(settings, self.file, self.origins, in_file, secret_files)

    def _document(self) -> dict[str, Any]:
        if self.file is None:
            return {}
        try:
            return tomllib.loads(self.file.read_text("utf-8-sig"))
        except OSError as error:
            self.problems.append(f"{self.file}: cannot be read: {error.strerror}")
        except UnicodeDecodeError as error:
            self.problems.append(f"{self.file}: byte {error.start} is not UTF-8 text")
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{self.file}: {_toml_problem(str(error))}")
        return {}

    def _assignments(self, named: set[str]) -> Iterator[tuple[str, Location, str]]:
        """Yield (name, setting, text), the weakest first: $PORT, short names, long names."""
        if port := self.environ.get("PORT"):
            yield "PORT", ("server", "listen"), f"0.0.0.0:{port}"
        known = sorted(self.environ, key=lambda name: (name not in SHORT, name))
        for name in known:
            ours = name.startswith(PREFIX) or name in SHORT
            if not ours or name == CONFIG or not self.environ[name] or is_foreign(name):
                continue
            if name not in named or location_of(name) is not None:  # the file may name one of its own
                yield from self._assignment(name, self.environ[name])

    def _assignment(self, name: str, text: str) -> Iterator[tuple[str, Location, str]]:
        location = location_of(name)
        if location is None:
            self.problems.append(f"{name}: unknown environment variable{nearest(name, variables())}")
        else:
            yield name, location, f"sqlite:///{text}/scrubrelay.db" if name == "SCRUBRELAY_DATA_DIR" else text

    def _assign(self, tree: dict[str, Any], location: Location, value: Any) -> None:
        """Put a value of the environment into the tree; an upstream of either kind replaces the file's."""
        if location[0] == "upstream":
            other = {"url": "dsn", "dsn": "url"}.get(str(location[1]), "")
            if ("upstream", other) not in self.origins and isinstance(tree.get("upstream"), dict):
                tree["upstream"].pop(other, None)
        node: Any = tree
        for step, following in itertools.pairwise(location):
            node = _child(node, step, [] if isinstance(following, int) else {})
        if isinstance(node, dict):
            node[location[-1]] = value
        else:
            self._problem(location, "expected a table there; numbers start at 0 and have no gap")

    def _problem(self, location: Location, text: str) -> None:
        nearby = (location[:end] for end in range(len(location), 0, -1))
        origin = next((self.origins[near] for near in nearby if near in self.origins), self.file)
        self.problems.append(": ".join(str(part) for part in (origin, show(location), text) if part))


def _child(node: Any, step: str | int, empty: Any) -> Any:
    """Return what is at a step, made if it can be; None past a gap, and a wrong value as it is."""
    if isinstance(node, dict):
        return node.setdefault(step, empty)
    if not isinstance(node, list) or not isinstance(step, int):
        return node
    if step == len(node):
        node.append(empty)
    return node[step] if step < len(node) else None


def _from_folder(tree: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the file's tree with its relative paths made relative to the file's folder."""
    store = tree.get("store")
    url = store.get("url") if isinstance(store, dict) else None
    if isinstance(url, str) and url.startswith("sqlite:///"):
        tree["store"]["url"] = f"sqlite:///{folder / url.removeprefix('sqlite:///')}"
    projects = tree.get("project")
    holders = [tree, *(projects if isinstance(projects, list) else ())]
    for holder in holders:
        redaction = holder.get("redaction") if isinstance(holder, dict) else None
        files = redaction.get("pattern_files") if isinstance(redaction, dict) else None
        if isinstance(files, list):
            files[:] = [str(folder / one) if isinstance(one, str) else one for one in files]
    return tree


def _parsed(text: str, location: Location) -> Any:
    """Return the value of a variable: for lists and tables TOML (`["a"]`, `{a = "b"}`) or `a, b`."""
    path = tuple(step for step in location if isinstance(step, str))
    annotation = TABLES[path[:-1]].model_fields[path[-1]].annotation
    is_table = isinstance(annotation, type) and issubclass(annotation, Table)
    if get_origin(annotation) not in {tuple, dict} and not is_table:
        return text
    if text.lstrip().startswith(("[", "{")):
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _leaves(value: Any, at: Location = ()) -> Iterator[Location]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*at, key))
    elif at and at[0] == "project" and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*at, index))
    yield at


def _toml_problem(message: str) -> str:
    found = _TOML_POSITION.fullmatch(message)
    if not found:
        return message
    what, line, column, end = found.groups()
    return f"{end}: {what}" if end else f"line {line}, column {column}: {what}"
