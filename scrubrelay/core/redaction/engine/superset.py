"""Rewrites a pattern for the multi-pattern engine, so that it matches at least wherever the pattern does.

The engine reads bytes and knows neither look-around, back-references nor Unicode classes. What it cannot say
is widened: a look-around becomes the one character it demands or forbids, or nothing; a back-reference
becomes its group; a class that may hold a character beyond ASCII holds bytes above 127, one to four times.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import regex

_HIGH: Final = r"\x80-\xff"
_WIDEST: Final = 4
_MANY: Final = 8
"""Alternatives from which on a group is one that can be taken apart."""
_FOLDED: Final = {"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"}
"""Letters beyond ASCII that `regex` takes for these in the other case; the engine has no case."""
_COUNTED: Final = 3
"""A repetition with more leeway is widened to an unbounded one: counting costs the engine most."""
_LONGEST: Final = 8000
_LARGE: Final = 2000
"""Of a longer shape, what a look-ahead at its start says is enough, at ten times the speed.
Without one it comes in pieces, or the engine may refuse it."""
_CLASS_ESCAPES: Final = {"d": "0-9", "w": "A-Za-z0-9_", "s": r"\x09-\x0d\x20"}
_PROPERTIES: Final = {
    "L": "A-Za-z",
    "N": "0-9",
    "Nd": "0-9",
    "Lu": "A-Z",
    "Ll": "a-z",
    "M": "",
    "P": r"!-#%-*,-\/:;?@\[-\]_{}",
}
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b", "0": "\0"}
_REPEAT: Final = regex.compile(r"\{(\d*)(,?)(\d*)\}")
_GROUP: Final = regex.compile(
    r"\(\?(?:P<(?P<name>\w+)>|(?P<flags>[a-z]*(?:-[a-z]+)?)(?P<end>[:)])|(?P<atomic>>))"
)
_DOTALL: Final = regex.compile(r"\(\?[a-z]*s")
"""The flag, wherever it holds: elsewhere a dot is widened."""
_SHORTHAND: Final = regex.compile(r"\\[dDsSwWpP]")
_BORDER: Final = regex.compile(r"\(\?a:\\[bB]\)")
_REFERENCE: Final = regex.compile(r"\(\?P=(\w+)\)")


_WITHOUT_WIDTH: Final = regex.compile(
    r"\[\^?\]?(?:\\.|[^\]\\])*+\](*SKIP)(*FAIL)|\(\?<?[=!]|\\[bBAZzGKmM]|(?<!\\)[\^$]"
)
"""Look-arounds, borders and ends, outside of classes."""
_LOOKS: Final = (("(?<!", True, True), ("(?<=", False, True), ("(?!", True, False), ("(?=", False, False))
_ONE_CLASS: Final = regex.compile(r"(\[(?:[^\]\\]|\\.)*\])(?:\{1,4\})?")


class UnsupportedError(ValueError):
    """The pattern says something that this rewriting does not know."""


def superset(match: str) -> Sequence[str]:
    """Return expressions for the engine (caseless, dot-all) of which one matches wherever `match` does.

    Raises:
        UnsupportedError: There are none.
    """
    reader = _Reader(match)
    branches = reader.branches(outermost=True)
    if reader.at < len(match):
        raise UnsupportedError("unbalanced )")
    text = "|".join(branches)
    if len(text) <= _LARGE or len(branches) > 1 or reader.whole is None:
        parts: Sequence[str] = [text]
    else:
        parts = [reader.ahead] if reader.ahead else reader.whole.split(text)
    if any(len(part) > _LONGEST for part in parts):
        raise UnsupportedError("too long")
    return parts


@dataclass(slots=True)
class _Reader:
    """Reads a verbose pattern from left to right."""

    source: str
    at: int = 0
    groups: dict[str, str] = field(default_factory=dict)
    opened: int = 0
    ahead: str = ""
    whole: "_Sequence | None" = None
    exact: list[bool] = field(default_factory=list)

    def alternatives(self, *, outermost: bool = False) -> str:
        return "|".join(self.branches(outermost=outermost))

    def branches(self, *, outermost: bool = False, ends: bool = False) -> list[str]:
        """Read alternatives; `ends` if nothing follows them that must be there."""
        branches: list[str] = []
        exact: list[bool] = []
        while not branches or self.peek() == "|":
            self.at += bool(branches)
            start = self.at
            branches.append(self.sequence(outermost=outermost, ends=ends))
            exact.append(_WITHOUT_WIDTH.search(self.source, start, self.at) is None)
        self.exact = exact  # that of the outermost alternatives is written last
        return branches

    def sequence(self, *, outermost: bool = False, ends: bool = False) -> str:
        parts: list[_Part] = []
        before = after = ""
        while (character := self.peek()) and character not in "|)":
            beside = self.beside()
            if beside is None:
                group = _Reader(self.source, self.at, dict(self.groups), self.opened)
                reference = self.source.startswith("(?P=", self.at)
                atom = self.atom()
                if atom is None:
                    continue
                after = ""
                low, high = self.repetition()
                wide = atom[1] and high is not None
                again = group if character == "(" and not reference else None
                parts.append(_Part(atom[0], low, high * _WIDEST if wide and high else high, again))
            elif not parts:
                before = before or beside[0]
                self.ahead = f"{before}{beside[2]}" if outermost and beside[2] else self.ahead
            else:
                after = after or beside[1]
        if not outermost:
            return _shortest(parts) if ends else _joined(parts)
        self.whole = _Sequence(before, parts, after)
        return self.whole.text()

    def beside(self) -> tuple[str, str, str] | None:
        """Read a look-around; return what it says about the character before, after, and about what follows.

        None if there is none here.
        """
        look = next((look for look in _LOOKS if self.source.startswith(look[0], self.at)), None)
        if look is None:
            return None
        opening, negative, behind = look
        self.at += len(opening)
        inner = _Reader(self.source, self.at, dict(self.groups), self.opened)
        branches = inner.branches()
        self.at = inner.at
        self.close()
        if negative:  # a branch that says more than its characters forbids less than these
            branches = [one for one, exact in zip(branches, inner.exact, strict=True) if exact]
        said = _said(branches, negative=negative)
        edge = said and (f"(?:^|{said})" if behind else f"(?:$|{said})") if negative else said
        ahead = "" if negative or behind or edge else f"(?:{'|'.join(branches)})"
        return (edge, "", "") if behind else ("", edge, ahead)

    def peek(self) -> str:
        """Return the next character that means something: verbose mode has space and comments."""
        while self.at < len(self.source):
            character = self.source[self.at]
            if character == "#":
                end = self.source.find("\n", self.at)
                self.at = len(self.source) if end < 0 else end
            elif not character.isspace():
                return character
            else:
                self.at += 1
        return ""

    def atom(self) -> tuple[str, bool] | None:
        """Return the next atom, and whether it may take several bytes; None for what has no width."""
        character = self.peek()
        if character == "(":
            return self.group()
        if character == "[":
            return self.char_class()
        self.at += 1
        if character in "^$":
            return None
        if character == ".":
            return (r"[\x00-\xff]" if _DOTALL.search(self.source) else r"[^\n]"), True
        if character == "\\":
            return self.escape()
        if character in "*+?{":
            raise UnsupportedError("nothing to repeat")
        return _literal(character)

    def group(self) -> tuple[str, bool] | None:
        if border := _BORDER.match(self.source, self.at):
            self.at = border.end()
            return None
        if reference := _REFERENCE.match(self.source, self.at):
            self.at = reference.end()
            return self.referred(reference[1])
        name = self.open()
        if name is None:
            return None
        inner = f"(?:{self.alternatives()})"
        self.close()
        if name:
            known = self.groups.get(name)
            self.groups[name] = f"(?:{known}|{inner})" if known else inner
        return inner, False

    def open(self) -> str | None:
        """Read how a group begins; return its name, if it has one, None if it is no group but flags."""
        if not self.source.startswith("(?", self.at):
            self.at += 1
            self.opened += 1
            return str(self.opened)
        opened = _GROUP.match(self.source, self.at)
        if opened is None or set(opened["flags"] or "") - set("imsx-"):
            raise UnsupportedError("an unknown kind of group")
        self.at = opened.end()
        return None if opened["end"] == ")" else opened["name"] or ""

    def close(self) -> None:
        if self.peek() != ")":
            raise UnsupportedError("unbalanced (")
        self.at += 1

    def referred(self, name: str) -> tuple[str, bool]:
        if not self.groups.get(name):
            raise UnsupportedError("a reference to an open group")
        return self.groups[name], False

    def escape(self) -> tuple[str, bool] | None:
        character = self.source[self.at]
        self.at += 1
        if character in "bBAZzGKmM":
            return None
        if character.isdigit() and character != "0":
            if self.source[self.at : self.at + 1].isdigit():
                raise UnsupportedError("an octal number, or a reference of two digits")
            return self.referred(character)
        items = self.escaped(character)
        return f"[{items}]", _HIGH in items

    def escaped(self, character: str) -> str:
        """Return what an escape stands for, as the inside of a class."""
        if character.lower() in _CLASS_ESCAPES:
            inner = _CLASS_ESCAPES[character.lower()]
            return (inner if character.islower() else _complement(inner)) + _HIGH
        if character in "pP":
            return self.property(negative=character == "P")
        if character in "xuU":
            digits = {"x": 2, "u": 4, "U": 8}[character]
            code = chr(int(self.source[self.at : self.at + digits], 16))
            self.at += digits
            return _member(code)
        if character in _CONTROLS and not (character == "0" and self.source[self.at : self.at + 1].isdigit()):
            return _member(_CONTROLS[character])
        if character.isalnum():
            raise UnsupportedError(f"an escape of {character}")
        return _member(character)

    def property(self, *, negative: bool) -> str:
        end = self.source.find("}", self.at)
        name = self.source[self.at + 1 : end]
        self.at = end + 1
        if name not in _PROPERTIES:
            raise UnsupportedError(f"the property {name}")
        inner = _PROPERTIES[name]
        return (_complement(inner) if negative else inner) + _HIGH

    def char_class(self) -> tuple[str, bool]:
        """Read `[...]`; space in it counts even in verbose mode."""
        self.at += 1
        negative = self.source[self.at] == "^"
        self.at += negative
        items: list[str] = []
        first = True
        while first or self.source[self.at] != "]":
            first = False
            items.append(self.member())
        self.at += 1
        inner = "".join(items)
        if negative:
            return f"[{_complement(inner.replace(_HIGH, ''))}{_HIGH}]", True
        return f"[{inner}]", _HIGH in inner

    def member(self) -> str:
        """Read one character, escape or range of a class."""
        start = self.at
        low = self.one()
        is_class = _SHORTHAND.match(self.source, start) is not None
        if is_class or self.source[self.at] != "-" or self.source[self.at + 1] == "]":
            return low
        self.at += 1
        high = self.one()
        if len(low) > 4 or len(high) > 4:
            # A bound beyond ASCII: the part within is kept, the rest is every high byte.
            folded = regex.compile(f"(?i)[{self.source[start : self.at]}]").match
            return "".join(filter(folded, "iks")) + (f"{low}-\\x7f" if len(low) == 4 else "") + _HIGH
        return f"{low}-{high}"

    def one(self) -> str:
        character = self.source[self.at]
        self.at += 1
        if character == "[" and self.source[self.at] == ":":
            raise UnsupportedError("a named class")
        if character != "\\":
            return _member(character)
        character = self.source[self.at]
        self.at += 1
        return "\\x08" if character == "b" else self.escaped(character)

    def repetition(self) -> tuple[int, int | None]:
        """Read a quantifier; lazy and possessive ones match where greedy ones do."""
        character = self.peek()
        bounds: tuple[int, int | None] = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(character, (1, 1))
        if character == "{" and (repeat := _REPEAT.match(self.source, self.at)):
            self.at = repeat.end()
            low = int(repeat[1] or 0)
            bounds = low, low if not repeat[2] else int(repeat[3]) if repeat[3] else None
        elif character in "*+?" and character:
            self.at += 1
        else:
            return bounds
        if self.source[self.at : self.at + 1] in ("?", "+"):
            self.at += 1
        return bounds


@dataclass(frozen=True, slots=True)
class _Part:
    """An atom and how often it is repeated.

    Args:
        again: Where a group can be read once more.
    """

    text: str
    low: int
    high: int | None
    again: _Reader | None

    def choices(self) -> Sequence[str]:
        """Return its alternatives, if it is a group of them that stands there once."""
        if self.again is None or (self.low, self.high) != (1, 1):
            return ()
        reader = replace(self.again, groups=dict(self.again.groups))
        reader.open()
        return reader.branches()


@dataclass(frozen=True, slots=True)
class _Sequence:
    """An outermost sequence: what the characters before and after must be, and the parts."""

    before: str
    parts: Sequence[_Part]
    after: str

    def text(self) -> str:
        return self.before + (_joined(self.parts) + self.after if self.after else _shortest(self.parts))

    def split(self, text: str) -> Sequence[str]:
        """Return one expression for every few alternatives of the part that has most of them."""
        choices = [part.choices() for part in self.parts[:-1]]
        most = max(choices, key=len, default=())
        if len(most) < _MANY:
            return [text]
        at = choices.index(most)
        size = max(_MANY, len(most) * _LARGE // len(text))
        return [
            replace(
                self,
                parts=[*self.parts[:at], _Part(f"(?:{'|'.join(few)})", 1, 1, None), *self.parts[at + 1 :]],
            ).text()
            for few in (most[first : first + size] for first in range(0, len(most), size))
        ]


def _joined(parts: Sequence[_Part]) -> str:
    return "".join(_repeated(one.text, one.low, one.high) for one in parts)


def _shortest(parts: Sequence[_Part]) -> str:
    """Write a sequence without what its end may have more: that says nothing about whether it occurs."""
    at = len(parts)
    while at and not parts[at - 1].low:
        at -= 1
    if not at:
        return ""
    *others, last = parts[:at]
    text = last.text
    if last.again is not None:
        reader = replace(last.again, groups=dict(last.again.groups))
        reader.open()
        branches = reader.branches(ends=True)
        if not all(branches):
            return _shortest(others)
        text = f"(?:{'|'.join(branches)})"
    return _joined(others) + _repeated(last.text, last.low - 1, last.low - 1) + text


def _said(branches: Sequence[str], *, negative: bool) -> str:
    """Return the class that a look-around leaves, as far as its branches are single characters."""
    singles = [single[1][1:-1] for branch in branches if (single := _ONE_CLASS.fullmatch(branch))]
    if negative:
        return f"[{_complement(''.join(singles).replace(_HIGH, ''))}{_HIGH}]" if singles else ""
    return f"[{''.join(singles)}]" if len(singles) == len(branches) else ""


def _repeated(text: str, low: int, high: int | None) -> str:
    if (low, high) == (1, 1):
        return text
    if high == 0:
        return ""
    if high is None or high - low > _COUNTED:
        return f"{text}{{{low},}}"
    return f"{text}{{{low},{high}}}"


def _literal(character: str) -> tuple[str, bool]:
    inner = _member(character)
    return f"[{inner}]", _HIGH in inner


def _member(character: str) -> str:
    return f"\\x{ord(character):02x}" if ord(character) < 128 else _FOLDED.get(character, "") + _HIGH


def _complement(inner: str) -> str:
    """Return the ASCII characters that are in none of these items, as the inside of a class."""
    taken = regex.compile(f"[{inner}]") if inner else None
    text = ""
    start = None
    for code in range(129):
        free = code < 128 and not (taken and taken.match(chr(code)))
        if free and start is None:
            start = code
        elif not free and start is not None:
            text += f"\\x{start:02x}" + (f"-\\x{code - 1:02x}" if code - 1 > start else "")
            start = None
    return text
