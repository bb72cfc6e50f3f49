"""`${ENV}` and `${file:/path}` inside the strings of a configuration."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import regex

from scrubrelay.config.names import Location

_REFERENCE = regex.compile(r"\$(\$)?\{([^{}]*)\}")
_NAME = regex.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(slots=True)
class Interpolation:
    """Fills references in, and remembers what it read, what was missing and where a value was filled in.

    Args:
        environ: The environment variables that may be named.
        folder: What relative `${file:…}` paths are relative to.
    """

    environ: Mapping[str, str]
    folder: Path
    problems: list[tuple[Location, str]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    filled: set[Location] = field(default_factory=set)
    named: set[str] = field(default_factory=set)

    def tree(self, value: Any, at: Location = ()) -> Any:
        """Return a value with all references in its strings filled in; `$${` stands for a plain `${`."""
        if isinstance(value, dict):
            return {key: self.tree(inner, (*at, key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.tree(inner, (*at, index)) for index, inner in enumerate(value)]
        return self._text(value, at) if isinstance(value, str) else value

    def _text(self, text: str, at: Location) -> str:
        return "".join(self._parts(text, at))

    def _parts(self, text: str, at: Location) -> Iterator[str]:
        end = 0
        for found in _REFERENCE.finditer(text):
            yield text[end : found.start()]
            escaped, name = found.groups()
            yield found[0][1:] if escaped else self._value(name, at)
            end = found.end()
        yield text[end:]

    def _value(self, name: str, at: Location) -> str:
        self.filled.add(at)
        if name.startswith("file:"):
            return self._file(self.folder / name.removeprefix("file:"), at)
        if name in self.environ:
            self.named.add(name)
            return self.environ[name].rstrip("\r\n")
        known = _NAME.fullmatch(name)
        self.problems.append(
            (at, f"${{{name}}} names an environment variable that is not set")
            if known
            else (at, "expected ${NAME} with the name of an environment variable, or ${file:/path}")
        )
        return ""

    def _file(self, path: Path, at: Location) -> str:
        self.files.append(path)
        try:
            return path.read_text("utf-8").rstrip("\r\n")
        except OSError as error:
            self.problems.append((at, f"${{file:{path}}} cannot be read: {error.strerror}"))
        except ValueError:  # also what a path with a zero byte raises
            self.problems.append((at, f"${{file:{path}}} is not UTF-8 text"))
        return ""
