"""Sentry envelopes, bytes to values and back, byte for byte where nothing was changed.

The grammar: https://develop.sentry.dev/sdk/data-model/envelopes/; where it is silent, what Relay accepts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import regex

from scrubrelay.core.errors import BadRequest

MAX_ITEMS = 500
"""Relay refuses an envelope with more ("too many individual items")."""

_WHAT = "invalid event envelope"
_NEWLINE = 10
_NO_NEWLINE = regex.compile(rb"[^\n]")
_INTERNAL = "integration"  # what Relay makes of OTLP and the like; from a client it is refused


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an envelope.

    Args:
        headers: Its header; unknown keys are kept.
        payload: Its bytes.
        line: The header line as it was received; None when it was made or changed here.
    """

    headers: Mapping[str, Any]
    payload: bytes
    line: bytes | None = None

    @property
    def type(self) -> str:
        """What the header calls it; any text, since unknown types are legal."""
        return str(self.headers["type"])

    def replace(self, payload: bytes, **changes: Any) -> "Item":
        """Return the item with another payload and other header values."""
        return Item({**self.headers, "length": len(payload), **changes}, payload)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an SDK sends in one request.

    Args:
        headers: The first line; unknown keys are kept.
        items: In their order.
        line: The first line as it was received; None when it was made or changed here.
    """

    headers: Mapping[str, Any]
    items: tuple[Item, ...]
    line: bytes | None = None


def decode(data: bytes) -> Envelope:
    """Return the envelope that `data` holds.

    Raises:
        BadRequest: It is malformed; the cause says how, as Relay does.
    """
    end = _line_end(data, 0)
    line = data[:end]
    if not line.strip():
        raise BadRequest(_WHAT, "missing envelope header")
    headers, line_kept = _header(line, "invalid envelope header")
    items: list[Item] = []
    at = end + 1
    while at < len(data):
        header = _NO_NEWLINE.search(data, at)  # an empty line between items is nobody's payload
        if header is None:
            break
        if len(items) == MAX_ITEMS:
            raise BadRequest(_WHAT, "too many individual items")
        item, at = _item(data, header.start())
        items.append(item)
    return Envelope(headers, tuple(items), line_kept)


def place_of_error(data: bytes) -> str:
    """Return where a malformed envelope is wrong; empty if its items are well-formed."""
    at, number = 0, 0
    try:
        _header(data[: _line_end(data, 0)], "")
        at = _line_end(data, 0) + 1
        while (header := _NO_NEWLINE.search(data, at)) is not None:
            at, number = header.start(), number + 1
            _, at = _item(data, at)
    except BadRequest:
        line = data.count(b"\n", 0, at) + 1
        return f"item {number}, whose header is line {line}" if number else "line 1, the envelope's header"
    return ""


def encode(envelope: Envelope) -> bytes:
    """Return the envelope's bytes; every item says its length and ends with a newline."""
    parts = [envelope.line if envelope.line is not None else orjson.dumps(envelope.headers), b"\n"]
    for item in envelope.items:
        parts += (_item_line(item), b"\n", item.payload, b"\n")
    return b"".join(parts)


def _item(data: bytes, at: int) -> tuple[Item, int]:
    end = _line_end(data, at)
    line = data[at:end]
    headers, line_kept = _header(line, "invalid item header")
    if not isinstance(headers.get("type"), str):
        raise BadRequest(_WHAT, "invalid item header")
    if headers["type"] == _INTERNAL:
        raise BadRequest("envelope contains internal items")
    start = end + 1
    length = headers.get("length")
    stop = _line_end(data, start) if length is None else _stop(data, start, length)
    return Item(headers, data[start:stop], line_kept), stop + 1


def _stop(data: bytes, start: int, length: Any) -> int:
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise BadRequest(_WHAT, "invalid item header")
    stop = start + length
    if stop > max(start, len(data)) or (length and start > len(data)):
        raise BadRequest(_WHAT, "unexpected end of file")
    if stop < len(data) and data[stop] != _NEWLINE:
        raise BadRequest(_WHAT, "missing newline after header or payload")
    return stop


def _line_end(data: bytes, start: int) -> int:
    end = data.find(b"\n", start)
    return len(data) if end < 0 else end


def _header(line: bytes, cause: str) -> tuple[dict[str, Any], bytes | None]:
    """Return a header and the line that spells it; None if the line says more than the header holds.

    Of a name that stands twice the last value counts; the first would leave with the line, unseen.
    """
    try:
        header = orjson.loads(line)
        plain = orjson.dumps(header)  # it writes fewer levels than it reads: 254
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        raise BadRequest(_WHAT, cause) from None  # the parser's own message may quote the line
    if not isinstance(header, dict):
        raise BadRequest(_WHAT, cause)
    whole = line.count(b'"') == plain.count(b'"') and b"\\u0022" not in line
    return header, line if whole else None


def _item_line(item: Item) -> bytes:
    if item.headers.get("length") == len(item.payload):
        return item.line if item.line is not None else orjson.dumps(item.headers)
    if item.line is not None and "length" not in item.headers:
        return _with_length(item.line, len(item.payload))
    return orjson.dumps({**item.headers, "length": len(item.payload)})


def _with_length(line: bytes, length: int) -> bytes:
    """Append the length to a header line and leave the rest of it as the SDK spelled it."""
    body = line.rstrip()[:-1].rstrip()
    return b'%b,"length":%d}' % (body, length)
