"""Items that hold many (logs, spans): some of the entries taken out, and no byte of the others respelled."""

import json  # noqa: TID251 -- orjson does not tell where a value ends
from collections.abc import Iterator, Sequence
from typing import Any, Final

import regex

from scrubrelay.core.wire.envelope import Item

_SPACE: Final = regex.compile(r"[ \t\r\n]*+")
# Numbers are not read, only passed over: an integer may have more digits than Python likes.
_SCAN: Final = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode


def entries_of(document: dict[str, Any]) -> list[Any] | None:
    """Return what a container holds; None for the document of an item that is one thing."""
    entries = document.get("items")
    return entries if isinstance(entries, list) and entries else None


def with_only(item: Item, kept: Sequence[bool]) -> Item | None:
    """Return a container with some of its entries, and their count in its header.

    Args:
        item: A container whose payload is JSON.
        kept: For each of its entries whether it stays.

    Returns:
        The item; None if its list of entries does not stand there once, plain to see.
    """
    try:
        text = item.payload.decode()
        start = _list_at(text)
        spans = [] if start is None else list(_elements(text, start))
    except (ValueError, RecursionError, IndexError):
        return None
    if not spans or len(spans) != len(kept):
        return None
    left = [text[first:last] for (first, last), stays in zip(spans, kept, strict=True) if stays]
    payload = f"{text[: spans[0][0]]}{','.join(left)}{text[spans[-1][1] :]}".encode()
    return item.replace(payload, item_count=len(left))


def _list_at(text: str) -> int | None:
    """Return where the list of entries begins; None if the document has no or several such keys."""
    found = []
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        name, at = _SCAN(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, at = _SCAN(text, start)
        if name == "items":
            found.append(start)
        at = _next(text, at)
    return found[0] if len(found) == 1 else None


def _elements(text: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield where each element of the list that begins there starts and ends."""
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = _SCAN(text, at)
        yield at, end
        at = _next(text, end)


def _next(text: str, at: int) -> int:
    """Return where the next value begins, or where the object or list ends."""
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
