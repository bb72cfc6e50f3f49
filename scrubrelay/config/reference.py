"""All settings as reference: a JSON Schema for editors, a table for people."""

from collections.abc import Iterator
from typing import Any, Final

from scrubrelay.config.effective import toml
from scrubrelay.config.names import TABLES
from scrubrelay.config.settings import Settings
from scrubrelay.config.table import Table

_REFERENCE: Final = {"type": "string", "pattern": r"\$\{[^{}]+\}"}
_HEADINGS: Final = {
    ("server",): "[server]",
    ("admin",): "[admin]",
    ("admin", "tokens"): "[[admin.tokens]]",
    ("store",): "[store]",
    ("upstream",): "[upstream]",
    ("project",): "[[project]]",
    ("project", "upstreams"): "upstreams = [{…}]",
    ("redaction",): "[redaction]",
    ("caps",): "[caps]",
    ("caps", "rule"): "[[caps.rule]]",
    ("filters",): "[filters]",
    ("filters", "ignore_errors"): "ignore_errors = [{…}]",
    ("filters", "trivial_transactions"): "trivial_transactions = [{…}]",
    ("sampling",): "[sampling]",
    ("sampling", "rule"): "[[sampling.rule]]",
    ("reports",): "[reports]",
    ("limits",): "[limits]",
    ("audit",): "[audit]",
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the configuration file."""
    schema = Settings.model_json_schema()
    definitions = schema["$defs"]
    for table in set(TABLES.values()) - {Settings}:
        properties = definitions[table.__name__]["properties"]
        for name, value in properties.items():
            properties[name] = _as_written(value, _default(table, name))
    destination, ignored = definitions["DestinationSettings"], definitions["IgnoredSettings"]
    definitions["DestinationSettings"] = {"anyOf": [destination["properties"]["dsn"], destination]}
    definitions["IgnoredSettings"] = {"anyOf": [{"type": "string"}, ignored]}
    filters = definitions["FilterSettings"]["properties"]
    trivial = filters["trivial_transactions"]
    about = {"description": trivial.pop("description")}
    filters["trivial_transactions"] = {**about, "anyOf": [trivial, trivial["items"]]}
    for value in schema["properties"].values():
        value.pop("default", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "scrubrelay.toml"}


def _as_written(schema: dict[str, Any], default: Any) -> dict[str, Any]:
    """Return the schema of a value as TOML has it: no null, and `${…}` instead of a number or text."""
    about = {"description": schema["description"], **({} if default is None else {"default": default})}
    bare = {key: value for key, value in schema.items() if key not in {"description", "default", "title"}}
    choices = [one for one in bare.pop("anyOf", [bare]) if one != {"type": "null"}]
    if choices[0].get("type") not in ("array", "object") and "$ref" not in choices[0]:
        choices.append(_REFERENCE)
    return {**about, "anyOf": choices} if len(choices) > 1 else {**about, **choices[0]}


def markdown() -> str:
    """Return every setting as a row of a Markdown table, one table for each TOML table."""
    return "\n\n".join("\n".join(_rows(path, heading)) for path, heading in _HEADINGS.items())


def _rows(path: tuple[str, ...], heading: str) -> Iterator[str]:
    table = TABLES[path]
    yield f"| `{heading}` | default | |"
    yield "|---|---|---|"
    for name, field in table.model_fields.items():
        default = _default(table, name)
        shown = "required" if field.is_required() else "" if default is None else f"`{toml(default)}`"
        yield f"| `{name}` | {shown} | {field.description} |"


def _default(table: type[Table], name: str) -> Any:
    if table.model_fields[name].is_required():
        return None
    return table.model_construct().model_dump(mode="json", include={name}).get(name)
