"""Files of any kind: text in any charset and JSON are scrubbed, gzip is opened, the rest is refused."""

import codecs
import gzip
import zlib
from typing import Final

import regex

from scrubrelay.core.errors import Reason, Unscrubbable
from scrubrelay.core.redaction.document.changes import Changes
from scrubrelay.core.redaction.document.documents import Documents
from scrubrelay.core.wire.envelope import Item

_MAX_INFLATED: Final = 200 * 1024 * 1024
"""As large as an attachment may be that was not compressed."""
_GZIP: Final = b"\x1f\x8b"
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET: Final = regex.compile(r"(?i)charset=[\"']?([a-z0-9._:-]{1,40})")
# Tab, line ends, form feed and escape occur in logs; other control characters do not occur in text.
_CONTROL: Final = regex.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def scrub(documents: Documents, item: Item) -> tuple[bytes, Changes]:
    """Return the scrubbed file (the same object if it stays as it is) and what was changed.

    Raises:
        Unscrubbable: Neither text nor JSON nor gzip of these.
    """
    if item.payload.startswith(_GZIP):
        return _gzipped(documents, item)
    return _plain(documents, item.payload, str(item.headers.get("content_type", "")))


def _gzipped(documents: Documents, item: Item) -> tuple[bytes, Changes]:
    inflater = zlib.decompressobj(wbits=31)
    try:
        data = inflater.decompress(item.payload, _MAX_INFLATED)
    except zlib.error as error:
        raise Unscrubbable(Reason.NOT_UNDERSTOOD, "damaged gzip") from error
    if not inflater.eof or inflater.unused_data:
        raise Unscrubbable(Reason.NOT_UNDERSTOOD, "gzip too large, cut off, or with something behind it")
    scrubbed, changes = _plain(documents, data, "")
    if not changes:
        return item.payload, []
    return gzip.compress(scrubbed, mtime=0), changes


def _plain(documents: Documents, data: bytes, content_type: str) -> tuple[bytes, Changes]:
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return documents.scrub(data)
        except Unscrubbable as error:
            if error.reason is not Reason.UNDECODABLE:
                raise
    bom, charset, text = _decoded(data, content_type)
    lines = _json_lines(documents, text)
    scrubbed, changes = lines or documents.text(text)
    return (bom + scrubbed.encode(charset), changes) if changes else (data, [])


def _json_lines(documents: Documents, text: str) -> tuple[str, Changes] | None:
    """Scrub one JSON document per line; None if the text is something else."""
    if not text.startswith("{") or "\n" not in text:
        return None
    lines: list[str] = []
    changes: Changes = []
    for number, line in enumerate(text.split("\n")):
        try:
            scrubbed, found = documents.scrub(line.encode()) if line.strip() else (line.encode(), [])
        except (Unscrubbable, UnicodeError):
            return None
        lines.append(scrubbed.decode() if found else line)
        changes += [one._replace(path=(str(number), *one.path)) for one in found]
    return "\n".join(lines), changes


def _decoded(data: bytes, content_type: str) -> tuple[bytes, str, str]:
    """Return the byte order mark, the charset and the text, which encodes to the same bytes again."""
    for bom, charset in _BOMS:
        if data.startswith(bom):
            return bom, charset, _text(data[len(bom) :], charset)
    named = _CHARSET.search(content_type)
    for charset in (*((named[1],) if named else ()), "utf-8", _wide(data), "cp1252", "latin-1"):
        try:
            return b"", charset, _text(data, charset)
        except (Unscrubbable, LookupError):
            continue
    raise Unscrubbable(Reason.NOT_UNDERSTOOD, "neither text nor JSON")


def _wide(data: bytes) -> str:
    """Guess which half of UTF-16 is zero in Western text."""
    return "utf-16-le" if data[1:200:2].count(0) >= data[:200:2].count(0) else "utf-16-be"


def _text(data: bytes, charset: str) -> str:
    try:
        text = data.decode(charset)
    except ValueError as error:
        raise Unscrubbable(Reason.NOT_UNDERSTOOD, f"not {charset}") from error
    if _CONTROL.search(text) or (charset.startswith("utf-16") and not _mostly_western(text)):
        raise Unscrubbable(Reason.NOT_UNDERSTOOD, "has control characters, so it is no text")
    if text.encode(charset) != data:
        raise Unscrubbable(Reason.NOT_UNDERSTOOD, f"no canonical {charset}")
    return text


def _mostly_western(text: str) -> bool:
    # Any even number of bytes is some UTF-16; without a mark, believe it only where it reads like text.
    return sum(character.isascii() for character in text[:400]) * 2 >= len(text[:400])
