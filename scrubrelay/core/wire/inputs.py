"""What a file is that somebody wants scrubbed: told from its first two lines."""

from enum import StrEnum
from typing import Any, Final

import orjson

# All that an SDK writes into an envelope's first line; a document with any other key is not one.
_ENVELOPE_KEYS: Final = frozenset({"event_id", "dsn", "sdk", "sent_at", "trace"})


class Format(StrEnum):
    """What the input is."""

    AUTO = "auto"
    JSON = "json"
    LINES = "lines"
    ENVELOPE = "envelope"


def detect(first: bytes, second: bytes) -> Format:
    """Return what begins with these two lines; the second is empty where the input ends."""
    head = _parsed(first)
    if head is None or not second:
        return Format.JSON
    item = _parsed(second)
    is_header = isinstance(head, dict) and head.keys() <= _ENVELOPE_KEYS
    is_item = isinstance(item, dict) and isinstance(item.get("type"), str)
    return Format.ENVELOPE if is_header and is_item else Format.LINES


def position_of_error(data: bytes, first: int = 1) -> str:
    """Return where a JSON document is broken, empty if it is not; nothing of the document is repeated.

    Args:
        data: The document.
        first: The number of its first line in its file.
    """
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError as error:
        line, column, why = _not_utf8(data) or (error.lineno, error.colno, error.msg)
        return f"line {line + first - 1}, column {column}: {why}"
    return ""


def _not_utf8(data: bytes) -> tuple[int, int, str] | None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        return before.count("\n") + 1, len(before) - before.rfind("\n"), "not UTF-8"
    return None


def _parsed(line: bytes) -> Any:
    """Return the document of a line: a dictionary, or True for any other; None for none."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else True
