"""Other ways to read a text: what escapes, entities and look-alike characters spell, and the way back."""

import html
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import regex

from scrubrelay.core.redaction.text.spans import Finding

_ENCODED: Final = regex.compile(
    r"""(?xi)
      (?P<percent> (?: % [0-9a-f]{2} )+ )
    | (?P<escape> \\{1,15} (?: u [0-9a-f]{4} | x [0-9a-f]{2} | / ) )
    | (?P<line> \\{1,15} (?-i: [nrt] )   # or the start of a word in a path
        (?= [a-z0-9_]{8} | [a-z0-9]{1,8} [._-] [a-z0-9_-]{8} | [0-9+(] ) )
    | (?P<colour> \x1b \[ [0-9;]{0,16} m )
    | (?P<entity> & (?: \# \d{1,7} | \# x [0-9a-f]{1,6} | [a-z]{2,8} ) ; )
    | (?P<nothing> [\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+ )
    | (?P<alike> [\uff01-\uff5e\U0001d400-\U0001d7ff]+ | [^\P{Nd}0-9]+ )  # full-width, other digits
    """
)
_STRING_ESCAPE: Final = regex.compile(r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|(?s:.))")
_SIMPLE: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}


@dataclass(frozen=True, slots=True)
class View:
    """A text as it reads when it is decoded, and where its pieces come from.

    Args:
        text: What it reads.
        starts: Where pieces start in `text`; pieces alternate between copied and decoded.
        sources: Where they start and end in the original.
    """

    text: str
    starts: tuple[int, ...]
    sources: tuple[tuple[int, int], ...]

    def original(self, finding: Finding) -> Finding:
        """Return where a finding in `text` stands in the original."""
        return finding._replace(start=self._start(finding.start), end=self._end(finding.end))

    def _start(self, at: int) -> int:
        piece = bisect_right(self.starts, at) - 1
        start = self.sources[piece][0]
        return start + (at - self.starts[piece]) if piece % 2 == 0 else start

    def _end(self, at: int) -> int:
        piece = bisect_right(self.starts, at - 1) - 1
        start, end = self.sources[piece]
        return start + (at - self.starts[piece]) if piece % 2 == 0 else end


def decoded(text: str) -> View | None:
    """Return a text with one layer of encodings taken off; None if it has none."""
    return _view(text, ((m.start(), m.end(), _decode(m)) for m in _ENCODED.finditer(text)))


def unescaped(text: str, start: int, end: int) -> View | None:
    """Return the content of a quoted string as it reads without its backslashes; None if it has none."""
    if text.find("\\", start, end) < 0:
        return None
    escapes = _STRING_ESCAPE.finditer(text, start, end)
    return _view(text, ((m.start(), m.end(), _unescape(m[0])) for m in escapes), start, end)


def _view(
    text: str, changes: Iterator[tuple[int, int, str]], start: int = 0, end: int | None = None
) -> View | None:
    parts: list[str] = []
    starts: list[int] = []
    sources: list[tuple[int, int]] = []
    length, done, end = 0, start, len(text) if end is None else end
    for since, until, plain in (*changes, (end, end, "")):
        for source, part in (((done, since), text[done:since]), ((since, until), plain)):
            starts.append(length)
            sources.append(source)
            parts.append(part)
            length += len(part)
        done = until
    return View("".join(parts), tuple(starts), tuple(sources)) if len(parts) > 2 else None


def _decode(match: "regex.Match[str]") -> str:
    text = match[0]
    if match["percent"]:
        return unquote(text, errors="replace")
    if match["escape"] or match["line"]:
        return _unescape(text[len(text) - len(text.lstrip("\\")) - 1 :])
    if match["entity"]:
        return html.unescape(text)
    if match["colour"]:
        return " "
    if match["nothing"]:
        return ""
    return "".join(_alike(character) for character in text)


def _alike(character: str) -> str:
    digit = unicodedata.digit(character, None)
    return str(digit) if digit is not None else unicodedata.normalize("NFKC", character)


def _unescape(text: str) -> str:
    if text[1] in "ux" and len(text) > 2:
        return chr(int(f"0x{text[2:]}", 0))
    return _SIMPLE.get(text[1], text[1])
