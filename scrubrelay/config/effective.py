"""The configuration that holds, as TOML: every value with where it came from, every secret masked."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from scrubrelay.config.load import Loaded
from scrubrelay.config.names import Location

_OWN: Final = ("redaction", "filters", "sampling", "caps")
"""The tables that a project may have for itself."""
_WIDTH: Final = 100


def effective(loaded: Loaded) -> str:
    """Return the configuration as a file that could stand for it, but for its secrets."""
    return "\n".join(_lines(loaded)) + "\n"


def _lines(loaded: Loaded) -> Iterator[str]:
    settings = loaded.settings.model_dump(mode="json", exclude={"project"})
    for name, table in settings.items():
        yield from (f"[{name}]", *_table(loaded, (name,), name, table))
    for index, project in enumerate(loaded.settings.project):
        raw = project.model_dump(mode="json", exclude=set(_OWN), exclude_none=True)
        yield from ("[[project]]", *_table(loaded, ("project", index), "project", raw))
        for name in _OWN:
            table = getattr(project, name)
            if table is not None:
                own = table.model_dump(mode="json", exclude_unset=True)
                at = ("project", index, name)
                yield from (f"[project.{name}]", *_table(loaded, at, f"project.{name}", own))


def _table(loaded: Loaded, at: Location, name: str, table: dict[str, Any]) -> Iterator[str]:
    """Yield the values of a table, an empty line, and after them the tables that are in its lists."""
    inner = {key: value for key, value in table.items() if _is_tables(value)}
    for key, value in table.items():
        origin = loaded.origin((*at, key))
        if value is None:
            yield f"# {key} is not set"
        elif key not in inner:
            first, *more = _assignment(key, value)
            yield from (f"{first:<50} # {origin}", *more)
    yield ""
    for key, tables in inner.items():
        origin = loaded.origin((*at, key))
        for one in tables:
            yield f"{f'[[{name}.{key}]]':<50} # {origin}"
            told = ((field, value) for field, value in one.items() if value not in (None, [], {}))
            yield from (line for field, value in told for line in _assignment(field, value))
            yield ""


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _assignment(key: str, value: Any) -> Iterator[str]:
    """Yield `key = value`, a long list over several lines."""
    line = f"{_key(key)} = {toml(value)}"
    if len(line) <= _WIDTH or not isinstance(value, list):
        yield line
        return
    yield f"{_key(key)} = ["
    yield from (f"    {toml(one)}," for one in value)
    yield "]"


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
