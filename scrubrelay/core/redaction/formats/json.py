"""JSON, read and written so that nothing but what was scrubbed differs, where need be by a slower parser."""

import codecs
import json  # noqa: TID251 -- orjson refuses lone surrogates and NaN, and rounds what does not fit its numbers
from collections.abc import Iterator
from typing import Any, Final

import orjson
import regex

from scrubrelay.core.errors import Reason, Unscrubbable


class Raw(str):
    """A number as it was spelled."""

    __slots__ = ()


# What a round trip through orjson could spell otherwise.
_RESPELLED: Final = regex.compile(
    rb"""(?x) [:,\[] \s* (?:
        -? \d+ (?: \.\d+ )? [eE]         # orjson has its own idea of exponents
      | -? \d+ \.\d+ 0 [\],}\s]         # 1.10
      | -? \d{17}                       # beyond 64 bits, or nearly
      | -? \d+ \.\d{16}
      | -? [\d.]{18}
      | -0 [\],}\s]
    )"""
)
# The places where a count of `":` would be less than the number of keys.
_SPACED_COLON: Final = regex.compile(rb'"[ \t\r\n]+:')
_BACKSLASH_KEY: Final = regex.compile(rb'(?<!\\)(?:\\\\)+":')
_KEY: Final = regex.compile(rb'"(?:[^"\\]++|\\.)*+"(?=[ \t\r\n]*:)')
_OUTSIDE: Final = regex.compile(rb'"(?:[^"\\]++|\\.)*+"|(?P<number>-?\d[\d.eE+-]*+)')
_SPACE: Final = b" \t\r\n"
_ESCAPING: Final = "scrubrelay.json"
_EXPECTED: Final = "expected a JSON document"


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Return characters beyond ASCII as JSON escapes them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


codecs.register_error(_ESCAPING, _escaped)


def loads(data: bytes) -> Any:
    """Parse a document the fast way.

    Raises:
        ValueError: The fast way cannot read it; `loads_exact` may.
    """
    return orjson.loads(data)


def loads_exact(data: bytes) -> tuple[Any, bool]:
    """Parse a document and keep the spelling of its numbers.

    Returns:
        The document, and whether a key occurs twice in one object; then the last one counts.

    Raises:
        Unscrubbable: It is no JSON, or too deep.
    """
    repeated = False

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        made = dict(pairs)
        repeated |= len(made) < len(pairs)
        return made

    try:
        text = data.decode("utf-8-sig")
        document = json.loads(
            text, parse_int=Raw, parse_float=Raw, parse_constant=Raw, object_pairs_hook=mapping
        )
    except RecursionError as error:
        raise Unscrubbable(Reason.TOO_DEEP, "nested too deep to be parsed") from error
    except ValueError as error:
        raise Unscrubbable(Reason.UNDECODABLE, _EXPECTED) from error
    return document, repeated


def is_written_so(document: Any, data: bytes) -> bool:
    r"""Tell whether these bytes are what writing the document gives, but for white space and `\uXXXX`.

    Then parsing has lost nothing: a repeated key or another spelling of a number would be missing. So almost
    every SDK writes JSON, with a space behind colons or without.

    Raises:
        Unscrubbable: It is nested too deep to be written.
    """
    try:
        written = orjson.dumps(document)
    except TypeError as error:
        raise Unscrubbable(Reason.TOO_DEEP, "nested too deep to be written") from error
    if written == data:
        return True
    dense = data.translate(None, _SPACE)
    if written.translate(None, _SPACE) == dense:
        return True
    if written.isascii() or b"\\u" not in data:
        return False
    return written.decode().encode("ascii", _ESCAPING).translate(None, _SPACE) == dense


def may_repeat_keys(data: bytes, keys: int) -> bool:
    r"""Tell whether a document may hold a key twice in one object; the parser kept only the last.

    Every key ends in `":`, and inside a string that is `\":`, so keys can be counted from outside.

    Args:
        data: The document.
        keys: How many keys the parser saw.
    """
    ends_in_backslash = b'\\\\":' in data and _BACKSLASH_KEY.search(data) is not None
    if keys == data.count(b'":') - data.count(b'\\":') and not ends_in_backslash:
        spaced = b" :" in data or b"\n:" in data or b"\t:" in data or b"\r:" in data
        if not spaced or _SPACED_COLON.search(data) is None:
            return False
    return keys != len(_KEY.findall(data))


def is_respelled(data: bytes) -> bool:
    """Tell whether writing the document anew would spell a number otherwise."""
    if _RESPELLED.search(data) is None:
        return False
    return any(
        match["number"] and orjson.dumps(orjson.loads(match["number"])) != match["number"]
        for match in _OUTSIDE.finditer(data)
    )


def dumps(document: Any) -> bytes:
    """Write a document that `loads` has read."""
    return orjson.dumps(document)


def dumps_exact(document: Any) -> bytes:
    """Write a document that `loads_exact` has read."""
    return "".join(_written(document)).encode()


def _written(value: Any) -> Iterator[str]:
    if isinstance(value, Raw):
        yield str(value)
    elif isinstance(value, dict):
        separator = "{"
        for key, child in value.items():
            yield f"{separator}{json.dumps(key)}:"
            yield from _written(child)
            separator = ","
        yield "}" if value else "{}"
    elif isinstance(value, list):
        separator = "["
        for child in value:
            yield separator
            yield from _written(child)
            separator = ","
        yield "]" if value else "[]"
    else:
        yield json.dumps(value)
