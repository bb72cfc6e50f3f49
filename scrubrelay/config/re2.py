"""Regular expressions of Go (RE2's syntax) written as `regex` reads them in verbose mode."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Final

import regex

_FLAGS: Final = regex.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")
_NAMED: Final = regex.compile(r"\(\?P?<(\w+)>")
_HEX: Final = regex.compile(r"\\x(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2}))")
_PROPERTY: Final = regex.compile(r"\\([pP])(?:\{(\^?)(\w+)\}|(\w))")
_QUOTED: Final = regex.compile(r"\\Q(.*?)(?:\\E|\Z)", regex.DOTALL)
_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t\x20",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": r"\x20-~",
    "punct": r"!-/:-@\x5b-`{-~",
    "space": r"\t\n\v\f\r\x20",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_COUNT: Final = regex.compile(r"\{\d+(?:,\d*)?\}")
_NAMED_CLASS: Final = regex.compile(r"\[:(\w+):\]")


class ForeignError(ValueError):
    """Something that has no equal here.

    Args:
        message: What it is.
        at: Where in the expression.
    """

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at


@dataclass(frozen=True, slots=True)
class Translated:
    """An expression, and where its parts came from."""

    text: str
    groups: int
    _made: tuple[int, ...]
    _from: tuple[int, ...]

    def origin(self, at: int) -> int:
        """Return where in Go's expression that stands which became position `at` here."""
        index = bisect_right(self._made, at) - 1
        return self._from[index] if index >= 0 else 0


def translate(expression: str, cut: int = 0) -> Translated:
    """Return an expression of Go for `regex`'s verbose mode.

    Args:
        expression: As `regexp.MustCompile` takes it.
        cut: The number of the group to be called `cut`; then no other group captures.

    Raises:
        ForeignError: It says something that cannot be said here.
    """
    return _Translator(expression, cut).run()


@dataclass(slots=True)
class _Translator:
    """Goes through an expression from left to right.

    A flag in the middle of a group holds to the group's end, over every `|`: it becomes a group of its own
    in each of the branches.
    """

    source: str
    cut: int
    at: int = 0
    groups: int = 0
    out: list[str] = field(default_factory=list)
    made: list[int] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    length: int = 0
    scopes: list[list[str]] = field(default_factory=lambda: [[]])

    def run(self) -> Translated:
        while self.at < len(self.source):
            self.step()
        if len(self.scopes) > 1:
            raise ForeignError("missing )", len(self.source))
        self.put(")" * len(self.scopes[0]))
        return Translated("".join(self.out), self.groups, tuple(self.made), tuple(self.origins))

    def put(self, text: str, used: int = 0) -> None:
        self.made.append(self.length)
        self.origins.append(self.at)
        self.out.append(text)
        self.length += len(text)
        self.at += used

    def step(self) -> None:
        character = self.source[self.at]
        if character == "\\":
            self.escape(in_class=False)
        elif character == "[":
            self.char_class()
        elif character == "(":
            self.group()
        elif character == ")":
            self.close()
        elif character == "|":
            opened = self.scopes[-1]
            self.put(")" * len(opened) + "|" + "".join(opened), 1)
        elif character == "{" and not _COUNT.match(self.source, self.at):
            self.put(r"\{", 1)
        elif character.isspace() or character == "#":
            self.put(_number(character), 1)
        else:
            self.put(character, 1)

    def close(self) -> None:
        if len(self.scopes) == 1:
            raise ForeignError("unbalanced )", self.at)
        self.put(")" * len(self.scopes.pop()) + ")", 1)

    def group(self) -> None:
        if flags := _FLAGS.match(self.source, self.at):
            self.flags(flags)
            return
        named = _NAMED.match(self.source, self.at)
        if named is None and self.source.startswith("(?", self.at):
            raise ForeignError("a group that Go does not know", self.at)
        self.groups += 1
        opening = "(?P<cut>" if self.groups == self.cut else "(?:" if self.cut else "("
        self.scopes.append([])
        self.put(opening, len(named[0]) if named else 1)

    def flags(self, flags: "regex.Match[str]") -> None:
        on, off, end = flags.groups()
        if "U" in on or "U" in (off or ""):
            raise ForeignError("the flag U", self.at)
        opening = f"(?{on}{'-' + off if off else ''}:"
        if end == ")" and not self.out and not off:
            opening = flags[0]  # at the very start it holds everywhere, here too
        elif end == ":":
            self.scopes.append([])
        else:
            self.scopes[-1].append(opening)
        self.put(opening, len(flags[0]))

    def escape(self, *, in_class: bool) -> None:
        following = self.source[self.at + 1 : self.at + 2]
        if not following:
            raise ForeignError("a backslash at the end", self.at)
        if found := _HEX.match(self.source, self.at):
            self.put(_number(chr(int(found[1] or found[2], 16))), len(found[0]))
        elif found := _PROPERTY.match(self.source, self.at):
            negative = (found[1] == "P") != bool(found[2])
            self.put(rf"\{'P' if negative else 'p'}{{{found[3] or found[4]}}}", len(found[0]))
        elif not in_class and (found := _QUOTED.match(self.source, self.at)):
            self.put("".join(one if one.isalnum() else _number(one) for one in found[1]), len(found[0]))
        elif following in "CK":
            raise ForeignError(rf"\{following}", self.at)
        else:
            self.put(r"\Z" if following == "z" else f"\\{following}", 2)

    def char_class(self) -> None:
        start = self.at
        self.put("[", 1)
        if self.source.startswith("^", self.at):
            self.put("^", 1)
        first = True
        while first or self.source[self.at : self.at + 1] != "]":
            first = False
            if self.at >= len(self.source):
                raise ForeignError("missing ]", start)
            self.member()
        self.put("]", 1)

    def member(self) -> None:
        if self.source[self.at] == "\\":
            self.escape(in_class=True)
        elif found := _NAMED_CLASS.match(self.source, self.at):
            if found[1] not in _CLASSES:
                raise ForeignError(f"the class {found[0]}", self.at)
            self.put(_CLASSES[found[1]], len(found[0]))
        else:
            character = self.source[self.at]
            self.put(rf"\{character}" if character in "[]" else character, 1)


def _number(character: str) -> str:
    """Return a character by its number: as itself it could mean something, or nothing in verbose mode."""
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
