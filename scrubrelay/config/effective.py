"""The configuration that holds, as TOML: every value with where it came from, every secret masked."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from scrubrelay.config.load import Loaded
from scrubrelay.config.names import Location

_OWN: Final = ("redaction", "filters", "sampling", "caps")
"""The tables that a project may have for itself."""


def effective(loaded: Loaded) -> str:
    """Return the configuration as a file that could stand for it, but for its secrets."""
    return "\n".join(_lines(loaded)) + "\n"


def _lines(loaded: Loaded) -> Iterator[str]:
    settings = loaded.settings.model_dump(mode="json", exclude={"project"})
    for name, table in settings.items():
        yield from (f"[{name}]", *_values(loaded, (name,), table), "")
    for index, project in enumerate(loaded.settings.project):
        raw = project.model_dump(mode="json", exclude=set(_OWN), exclude_none=True)
        yield from ("[[project]]", *_values(loaded, ("project", index), raw), "")
        for name in _OWN:
            table = getattr(project, name)
            if table is not None:
                own = table.model_dump(mode="json", exclude_unset=True)
                yield from (f"[project.{name}]", *_values(loaded, ("project", index, name), own), "")


def _values(loaded: Loaded, at: Location, table: dict[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        origin = loaded.origin((*at, key))
        shown = f"# {key} is not set" if value is None else f"{key} = {toml(value)}"
        yield f"{shown:<50} # {origin}" if value is not None else shown


def toml(value: Any) -> str:
    """Return a JSON value as TOML on one line; null has none."""
    match value:
        case dict():
            inner = ", ".join(f"{_key(key)} = {toml(one)}" for key, one in value.items() if one is not None)
            return f"{{{inner}}}"
        case list():
            return f"[{', '.join(toml(one) for one in value)}]"
        case _:
            # JSON's strings, numbers, true and false are TOML's.
            return orjson.dumps(value).decode()


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else orjson.dumps(key).decode()
