"""All settings as reference: a JSON Schema for editors, a table for people."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic.fields import FieldInfo

from scrubrelay.config.names import TABLES
from scrubrelay.config.settings import Settings, Table

_REFERENCE: Final = {"type": "string", "pattern": r"\$\{[^{}]+\}"}
_HEADINGS: Final = {
    ("server",): "[server]",
    ("admin",): "[admin]",
    ("store",): "[store]",
    ("upstream",): "[upstream]",
    ("project",): "[[project]]",
    ("project", "upstreams"): "upstreams = [{…}]",
    ("redaction",): "[redaction]",
    ("limits",): "[limits]",
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the configuration file."""
    schema = Settings.model_json_schema(mode="validation")
    for definition in schema["$defs"].values():
        for name, value in definition.get("properties", {}).items():
            definition["properties"][name] = _or_reference(value)
    dsn = schema["$defs"]["DestinationSettings"]
    schema["$defs"]["DestinationSettings"] = {"anyOf": [dsn["properties"]["dsn"], dsn]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "scrubrelay.toml",
    }


def _or_reference(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that may also be given as `${…}`; lists and tables may not."""
    if schema.get("type") in {"array", "object"} or "$ref" in schema:
        return schema
    about = {key: schema[key] for key in ("default", "description", "title") if key in schema}
    bare = {key: value for key, value in schema.items() if key not in about}
    return {**about, "anyOf": [*bare["anyOf"], _REFERENCE] if set(bare) == {"anyOf"} else [bare, _REFERENCE]}


def markdown() -> str:
    """Return every setting as a row of a Markdown table, one table for each TOML table."""
    return "\n\n".join("\n".join(_rows(path, heading)) for path, heading in _HEADINGS.items())


def _rows(path: tuple[str, ...], heading: str) -> Iterator[str]:
    table = TABLES[path]
    yield f"| `{heading}` | default | |"
    yield "|---|---|---|"
    for name, field in table.model_fields.items():
        yield f"| `{name}` | {_default(table, name, field)} | {field.description} |"


def _default(table: type[Table], name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is None:
        return ""
    shown = table.model_construct().model_dump(mode="json", include={name})[name]
    return f"`{_toml(shown)}`"


def _toml(value: Any) -> str:
    match value:
        case str():
            return f'"{value}"'
        case list():
            return f"[{', '.join(_toml(one) for one in value)}]"
        case _:
            return str(value)
