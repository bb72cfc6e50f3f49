"""Escapes and classes of foreign regular expressions, written as `regex` reads them in verbose mode."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import regex

Ranges = tuple[tuple[int, int], ...]
_LAST: Final = 0x10FFFF


class ForeignError(ValueError):
    """Something that has no equal here, or that its own engine refuses.

    Args:
        message: What it is.
        at: Where in the expression.
    """

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


def _ranges(spelled: str) -> Ranges:
    """Return the ranges of pairs of characters, in order."""
    return tuple((ord(one), ord(other)) for one, other in zip(spelled[::2], spelled[1::2], strict=True))


_NAMED: Final[Mapping[str, Ranges]] = {
    "alnum": _ranges("09AZaz"),
    "alpha": _ranges("AZaz"),
    "ascii": _ranges("\x00\x7f"),
    "blank": _ranges("\t\t  "),
    "cntrl": _ranges("\x00\x1f\x7f\x7f"),
    "digit": _ranges("09"),
    "graph": _ranges("!~"),
    "lower": _ranges("az"),
    "print": _ranges(" ~"),
    "punct": _ranges("!/:@[`{~"),
    "space": _ranges("\t\r  "),
    "upper": _ranges("AZ"),
    "word": _ranges("09AZ__az"),
    "xdigit": _ranges("09AFaf"),
}
_SPACE: Final = _ranges("\t\n\f\r  ")
"""Go's `\\s` has no vertical tab, its `[:space:]` has one, and so has Rust's `\\s` in either mode."""
_CONTROLS: Final[Mapping[str, int]] = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_CLASS_NAME: Final = regex.compile(r"\[:(\^?)(\w+):\]")
_OCTAL: Final = regex.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})")
_HEX: Final[Mapping[str, "regex.Pattern[str]"]] = {
    "go": regex.compile(r"\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))"),
    "rust": regex.compile(
        r"\\(?:[xuU]\{([0-9A-Fa-f]{1,8})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))"
    ),
}
_PROPERTY: Final = regex.compile(r"\\([pP])(?:\{(\^?)([\w=:!]+)\}|([A-Za-z]))")
COMMENT: Final = regex.compile(r"(?:\s+|#[^\n]*)+")
"""What the flag x passes over."""
_META: Final = r"\.+*?()|[]{}^$&~-"
_SHORTHAND: Final = regex.compile(r"\\(?:[dDsSwW]|[pP]\{[^}]*\})")
_TWO: Final = 2
_SINGLE: Final = regex.compile(
    r"\.|\[(?!\^)(?:\\.|[^\]\\])+\]|\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[^\w\s])|[^\\\[(|)]",
    regex.DOTALL,
)
_OPERATORS: Final = ("&&", "--", "~~")
_FOLDING: Final = ((0x17F, ord("s")), (0x212A, ord("k")))
"""What is beyond ASCII, and an upper or lower case of a letter in it."""
_EVERYTHING: Final = rf"[\x00-\U{_LAST:08x}]"
_NOTHING: Final = rf"[^\x00-\U{_LAST:08x}]"


def escaped(character: str) -> str:
    """Return a character so that it means itself, in a class and outside of one."""
    if character in _META:
        return f"\\{character}"
    return character if character.isprintable() and character not in " #" else _number(ord(character))


def read_escape(source: str, at: int, dialect: str, on: AbstractSet[str]) -> tuple[str, int]:
    """Read an escape that stands for one character; return it for here, and where it ends.

    Args:
        source: The expression.
        at: Where the backslash stands.
        dialect: `go` or `rust`.
        on: The flags that hold.

    Raises:
        ForeignError: There is none of this kind.
    """
    code, items, end = _escape(source, at, dialect, on)
    if code is not None:
        return escaped(chr(code)), end
    return (items if _SHORTHAND.fullmatch(items) else f"[{items}]"), end


def read_class(source: str, at: int, dialect: str, on: AbstractSet[str]) -> tuple[str, int]:
    """Read `[...]`; return an expression of one character, and where the class ends.

    Raises:
        ForeignError: It is none.
    """
    reader = _Class(source, dialect, on, at)
    return reader.read(), reader.at


def one_of(parts: Sequence[str], *, everything: bool) -> str:
    """Return alternatives that are single characters as one class; empty if they are anything else.

    Args:
        parts: What stands in a group, the bars too.
        everything: Whether a dot is a line's end as well.
    """
    ones = parts[::2]
    if len(ones) < _TWO or set(parts[1::2]) != {"|"} or not all(map(_SINGLE.fullmatch, ones)):
        return ""
    if "." not in ones:
        return f"[{''.join(one[1:-1] if one.startswith('[') else one for one in ones)}]"
    ends = everything or any(one != "." and regex.match(one, "\n") for one in ones)
    return _EVERYTHING if ends else "."


def _escape(source: str, at: int, dialect: str, on: AbstractSet[str]) -> tuple[int | None, str, int]:
    """Return a character's number, or the items of a class, and where the escape ends."""
    following = source[at + 1 : at + 2]
    if not following:
        raise ForeignError("a backslash at the end", at)
    if found := _HEX[dialect].match(source, at):
        code = int(next(filter(None, found.groups())), 16)
        if code > _LAST:
            raise ForeignError(f"{found[0]} is no character", at)
        return code, "", found.end()
    if dialect == "go" and (found := _OCTAL.match(source, at)):
        return int(found[1], 8), "", found.end()
    if (found := _PROPERTY.match(source, at)) and not (found[2] and dialect == "rust"):
        name = found[3] or found[4]
        inverse = (found[1] == "P") != bool(found[2])
        return None, rf"\{'P' if inverse else 'p'}{{{name}}}", found.end()
    if following in "dDsSwW":
        return None, _perl(following, dialect, on), at + 2
    if following in _CONTROLS:
        return _CONTROLS[following], "", at + 2
    if following.isascii() and not following.isalnum():
        return ord(following), "", at + 2
    raise ForeignError(rf"\{following}", at)


def _perl(letter: str, dialect: str, on: AbstractSet[str]) -> str:
    if "u" in on:
        return f"\\{letter}"
    known = {"d": _NAMED["digit"], "w": _NAMED["word"], "s": _SPACE if dialect == "go" else _NAMED["space"]}
    return _named(known[letter.lower()], on, inverse=letter.isupper())


def _named(ranges: Ranges, on: AbstractSet[str], *, inverse: bool) -> str:
    """Return the inside of a class: some ranges of ASCII, or all that is in none of them in any case."""
    if inverse and "i" in on:
        codes = {other for low, high in ranges for code in range(low, high + 1) for other in _cases(code)}
        ranges = tuple((code, code) for code in sorted(codes))
    return _items(ranges, inverse=inverse)


def _cases(code: int) -> Iterable[int]:
    yield from (code, ord(chr(code).lower()), ord(chr(code).upper()))
    yield from (one for one, letter in _FOLDING if ord(chr(code).lower()) == letter)


def _items(ranges: Ranges, *, inverse: bool) -> str:
    """Return ranges as the inside of a class, or all that is in none of them."""
    if inverse:
        edges = [-1, *(edge for pair in ranges for edge in pair), _LAST + 1]
        ranges = tuple((low + 1, high - 1) for low, high in list(pairwise(edges))[::2] if low + 1 < high)
    return "".join(_number(low) if low == high else f"{_number(low)}-{_number(high)}" for low, high in ranges)


def _number(code: int) -> str:
    character = chr(code)
    if character.isascii() and character.isalnum():
        return character
    if character == "_" or character in _META:
        return escaped(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@dataclass(slots=True)
class _Class:
    """Reads one class; in Rust's there may be classes, and operators between them."""

    source: str
    dialect: str
    on: AbstractSet[str]
    at: int
    start: int = field(default=0, init=False)

    def read(self) -> str:
        self.start = self.at
        self.at += 1
        negative = self.source.startswith("^", self.at)
        self.at += negative
        found = self.union(first=True)
        while self.dialect == "rust" and (operator := self.source[self.at : self.at + 2]) in _OPERATORS:
            self.at += 2
            found = _combined(found, operator, self.union(first=False))
        self.at += 1
        return _negated(found) if negative else found

    def union(self, *, first: bool) -> str:
        """Read up to an operator or the end."""
        items: list[str] = []
        inner: list[str] = []
        begins = first and self.dialect == "rust"
        while begins and self.source.startswith("-", self.at):
            items.append(escaped("-"))  # no operator, and no range, at a class's start
            first = False
            self.at += 1
        while not self.ends(first=first):
            first = False
            if self.dialect == "rust" and self.source[self.at] == "[" and not self.named():
                reader = _Class(self.source, self.dialect, self.on, self.at)
                inner.append(reader.read())
                self.at = reader.at
            else:
                items.append(self.member())
        parts = [f"[{''.join(items)}]", *inner] if items else inner
        return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})" if parts else _NOTHING

    def ends(self, *, first: bool) -> bool:
        if "x" in self.on and (skipped := COMMENT.match(self.source, self.at)):
            self.at = skipped.end()
        if self.at >= len(self.source):
            raise ForeignError("missing ]", self.start)
        if self.source[self.at] == "]":
            return not first
        return self.dialect == "rust" and self.source[self.at : self.at + 2] in _OPERATORS

    def named(self) -> "regex.Match[str] | None":
        return _CLASS_NAME.match(self.source, self.at)

    def member(self) -> str:
        """Read a character, a range, or a class of a name."""
        if found := self.named():
            if found[2] not in _NAMED:
                raise ForeignError(f"the class {found[0]}", self.at)
            self.at = found.end()
            return _named(_NAMED[found[2]], self.on, inverse=bool(found[1]))
        low, items = self.one()
        is_range = self.source.startswith("-", self.at) and self.source[self.at + 1 : self.at + 2] not in {
            "",
            "]",
        }
        if self.dialect == "rust" and self.source.startswith("--", self.at):
            is_range = False
        if not is_range or (low is None and self.dialect == "go"):
            return items if low is None else escaped(chr(low))
        begin = self.at
        self.at += 1
        high, _ = self.one()
        if low is None or high is None or high < low:
            raise ForeignError("a range that does not lead from one character to a later one", begin)
        return _items(((low, high),), inverse=False)

    def one(self) -> tuple[int | None, str]:
        if self.source[self.at] != "\\":
            self.at += 1
            return ord(self.source[self.at - 1]), ""
        code, items, self.at = _escape(self.source, self.at, self.dialect, self.on)
        return code, items


def _combined(left: str, operator: str, right: str) -> str:
    if operator == "&&":
        return f"(?:(?={right}){left})"
    if operator == "--":
        return f"(?:(?!{right}){left})"
    return f"(?:(?!{right}){left}|(?!{left}){right})"


def _negated(found: str) -> str:
    if found.startswith("[") and not found.startswith("[^"):
        return f"[^{found[1:]}"
    return f"(?:(?!{found}){_EVERYTHING})"
