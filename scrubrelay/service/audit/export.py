"""Exports of events, cut into documents while they come: JSON lines, or one JSON array."""

from collections.abc import Iterator
from typing import Final

import regex

from scrubrelay.core.errors import BadRequest, TooLarge

MOST_BYTES: Final = 20 * 2**20
"""The largest single event; larger than any that a server takes."""
_STOPS: Final = regex.compile(rb'["\[\]{},]')
_STOPS_INSIDE: Final = regex.compile(rb'["\[\]{}]')
_STRING: Final = regex.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', regex.DOTALL)
_QUOTE: Final = 0x22
_SPACE: Final = b" \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"


class Splitter:
    """Cuts a stream; holds no more of it than the document that is coming."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._array: Array | None = None
        self._head = b""
        self._decided = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the documents that end in this piece.

        Raises:
            BadRequest: It is neither lines nor an array.
            TooLarge: A document is larger than any event.
        """
        if not self._decided:
            self._head += data
            start = self._head.removeprefix(_BOM).lstrip(_SPACE)
            if not start:
                self._head = self._head[:8]
                return []
            data, self._head, self._decided = start, b"", True
            if start.startswith(b"["):
                self._array, data = Array(), start[1:]
        return [*self._array.feed(data)] if self._array else [*self._lines.feed(data)]

    def finish(self) -> list[bytes]:
        """Return the last document.

        Raises:
            BadRequest: The array does not end.
        """
        if self._array is None:
            return [*self._lines.feed(b"\n")]
        if not self._array.ended:
            raise BadRequest("the JSON array does not end")
        return []


class Lines:
    """One document a line; empty lines are none."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the lines that end in this piece."""
        *ended, rest = data.split(b"\n")
        for line in ended:
            whole = bytes(self._rest) + line
            self._rest.clear()
            if whole.strip():
                yield _small(whole).strip()
        self._rest += _small(rest)
        if len(self._rest) > MOST_BYTES:
            raise _too_large()


class Array:
    """One JSON array, behind its first bracket."""

    def __init__(self) -> None:
        self.ended = False
        self._rest = bytearray()
        self._at = 0
        self._depth = 0
        self._quoted = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the elements that end in this piece."""
        if self.ended:
            if data.strip(_SPACE):
                raise BadRequest("expected nothing behind the JSON array")
            return
        self._rest += data
        while (end := self._end()) >= 0:
            element, last = bytes(self._rest[:end]), self._rest[end] == b"]"[0]
            del self._rest[: end + 1]
            self._at = 0
            if element.strip(_SPACE):
                yield _small(element).strip(_SPACE)
            if last:
                self.ended = True
                if bytes(self._rest).strip(_SPACE):
                    raise BadRequest("expected nothing behind the JSON array")
                return
        if len(self._rest) > MOST_BYTES:
            raise _too_large()

    def _end(self) -> int:
        """Return where the element that is coming ends; -1 if that has not come yet."""
        while True:
            if self._quoted and not self._close():
                return -1
            found = (_STOPS_INSIDE if self._depth else _STOPS).search(self._rest, self._at)
            if found is None:
                self._at = len(self._rest)
                return -1
            self._at, stop = found.end(), found[0]
            if stop == b'"':
                self._quoted = True
            elif stop in b"[{":
                self._depth += 1
            elif self._depth:
                self._depth -= stop in b"]}"
            elif stop in b",]":
                return found.start()
            else:
                raise BadRequest("the JSON array is not well-formed")

    def _close(self) -> bool:
        """Go behind the end of the string; whether it has come."""
        inner = _STRING.match(self._rest, self._at)
        self._at = inner.end() if inner else self._at
        if self._at >= len(self._rest) or self._rest[self._at] != _QUOTE:
            return False  # also behind half an escape
        self._at += 1
        self._quoted = False
        return True


def _small(document: bytes) -> bytes:
    if len(document) > MOST_BYTES:
        raise _too_large()
    return document


def _too_large() -> TooLarge:
    return TooLarge(f"an event is larger than {MOST_BYTES} bytes")
