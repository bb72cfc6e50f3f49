r"""Regular expressions of Go (RE2's syntax) and of Rust, written as `regex` reads them in verbose mode.

Both are without look-around, and differ in what a word is: Go's `\w`, `\d`, `\s` and `\b` know ASCII only.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Literal

import regex

from scrubrelay.config.foreign.re2_class import (
    COMMENT,
    ForeignError,
    escaped,
    one_of,
    read_class,
    read_escape,
)

Dialect = Literal["go", "rust"]
_FLAGS: Final = regex.compile(r"\(\?([A-Za-z]*)(?:-([A-Za-z]+))?([:)])")
_OURS: Final = "ims"
"""Flags that mean the same here; the others are resolved while reading."""
_KNOWN: Final[Mapping[Dialect, str]] = {"go": "imsU", "rust": "imsUxu"}
_NAMED: Final = regex.compile(r"\(\?P?<(\w+)>")
_QUOTED: Final = regex.compile(r"\\Q(.*?)(?:\\E|\Z)", regex.DOTALL)
_COUNT: Final = regex.compile(r"\{\d+(?:,\d*)?\}")
_BORDER: Final = regex.compile(r"\\b\{(start|end|start-half|end-half)\}|\\[<>]")
_BORDERS: Final = {
    "start": r"(?:(?<!\w)(?=\w))",
    "end": r"(?:(?<=\w)(?!\w))",
    "start-half": r"(?<!\w)",
    "end-half": r"(?!\w)",
}


@dataclass(frozen=True, slots=True)
class Translated:
    """An expression, and where its parts came from."""

    text: str
    groups: int
    _made: tuple[int, ...]
    _from: tuple[int, ...]

    def origin(self, at: int) -> int:
        """Return where in the foreign expression that stands which became position `at` here."""
        index = bisect_right(self._made, at) - 1
        return self._from[index] if index >= 0 else 0


def translate(expression: str, cut: int = 0, dialect: Dialect = "go") -> Translated:
    """Return an expression of Go or Rust for `regex`'s verbose mode.

    Args:
        expression: As `regexp.MustCompile` or `Regex::new` takes it.
        cut: The number of the group to be called `cut`; then no other group captures.
        dialect: Whose it is.

    Raises:
        ForeignError: It says something that cannot be said here, or means nothing there.
    """
    return _Translator(expression, cut, dialect).run()


@dataclass(frozen=True, slots=True)
class _Scope:
    """An open group: what flags opened in it since its start or the last `|`, and what held before it."""

    start: int
    before: frozenset[str]
    opened: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Translator:
    """Goes through an expression from left to right.

    A flag in the middle of a group holds to the group's end, over every `|`: it becomes a group of its own
    in each of the branches.
    """

    source: str
    cut: int
    dialect: Dialect
    at: int = 0
    groups: int = 0
    out: list[str] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    scopes: list[_Scope] = field(default_factory=lambda: [_Scope(0, frozenset())])
    on: frozenset[str] = frozenset()
    last: int = -1
    """Where in `out` the last atom begins; -1 if there is none to repeat."""
    repeated: bool = False

    def run(self) -> Translated:
        self.on = frozenset("u" if self.dialect == "rust" else "")
        while self.at < len(self.source):
            self.step()
        if len(self.scopes) > 1:
            raise ForeignError("missing )", len(self.source))
        self.put(")" * len(self.scopes[0].opened))
        made = accumulate(map(len, self.out[:-1]), initial=0)
        return Translated("".join(self.out), self.groups, tuple(made), tuple(self.origins))

    def put(self, text: str, used: int = 0) -> None:
        self.origins.append(self.at)
        self.out.append(text)
        self.at += used

    def atom(self, text: str, used: int) -> None:
        self.last, self.repeated = len(self.out), False
        self.put(text, used)

    def step(self) -> None:
        character = self.source[self.at]
        if character == "\\":
            self.escape()
        elif character == "[":
            text, end = read_class(self.source, self.at, self.dialect, self.on)
            self.atom(text, end - self.at)
        elif character == "(":
            self.group()
        elif character == ")":
            self.close()
        elif character == "|":
            opened = self.scopes[-1].opened
            self.put(")" * len(opened) + "|" + "".join(opened), 1)
            self.last = -1
        elif counted := self.quantifier():
            self.repeat(counted)
        elif "x" in self.on and (skipped := COMMENT.match(self.source, self.at)):
            self.at = skipped.end()
        else:
            self.character(character)

    def character(self, character: str) -> None:
        if character == "$" and "m" not in self.on:
            self.atom(r"\Z", 1)  # `$` would also hold before a line's end that is the last character
        elif character in "^$.":
            self.atom(character, 1)
        else:
            self.atom(escaped(character), 1)

    def quantifier(self) -> str:
        if self.source[self.at] in "*+?":
            return self.source[self.at]
        found = _COUNT.match(self.source, self.at)
        if found is None and self.source[self.at] == "{" and self.dialect == "rust":
            raise ForeignError("a repetition that does not say how often", self.at)
        return found[0] if found else ""

    def repeat(self, counted: str) -> None:
        """Write a repetition; Rust's `a*+` repeats `a*`, where here it would give nothing back."""
        if self.last < 0:
            raise ForeignError("nothing to repeat", self.at)
        if self.repeated:
            if self.dialect == "go":
                raise ForeignError("multiple repeat", self.at)
            self.out[self.last] = f"(?:{self.out[self.last]}"
            self.out[-1] += ")"
        lazy = self.source.startswith("?", self.at + len(counted))
        self.put(counted + ("?" if lazy != ("U" in self.on) else ""), len(counted) + lazy)
        self.repeated = True

    def close(self) -> None:
        if len(self.scopes) == 1:
            raise ForeignError("unbalanced )", self.at)
        scope = self.scopes.pop()
        inner = self.out[scope.start + 1 :]
        if not scope.opened and (one := one_of(inner, everything="s" in self.on)):
            # `(.|\s)*` takes no time there, and here doubles with each character that both could take.
            self.out[scope.start + 1 :] = [one]
            self.origins[scope.start + 2 :] = []
        self.put(")" * len(scope.opened) + ")", 1)
        self.on, self.last, self.repeated = scope.before, scope.start, False

    def group(self) -> None:
        flags = _FLAGS.match(self.source, self.at)
        if flags is not None:
            self.flags(flags)
            return
        named = _NAMED.match(self.source, self.at)
        if named is None and self.source.startswith("(?", self.at):
            raise ForeignError(f"a group that {self.dialect.capitalize()} does not know", self.at)
        self.groups += 1
        opening = "(?P<cut>" if self.groups == self.cut else "(?:" if self.cut else "("
        self.open(opening, len(named[0]) if named else 1)

    def open(self, opening: str, used: int) -> None:
        self.scopes.append(_Scope(len(self.out), self.on))
        self.put(opening, used)
        self.last = -1

    def flags(self, flags: "regex.Match[str]") -> None:
        on, off, end = flags[1], flags[2] or "", flags[3]
        if strange := set(on + off) - set(_KNOWN[self.dialect]):
            raise ForeignError(f"the flag {min(strange)}", self.at)
        ours, not_ours = (_only(text) for text in (on, off))
        opening = f"(?{ours}{'-' + not_ours if not_ours else ''}:"
        if end == ":":
            self.open(opening, len(flags[0]))
        elif not ours and not not_ours:
            self.at += len(flags[0])
        elif not self.out and not not_ours:
            self.put(f"(?{ours})", len(flags[0]))  # at the very start it holds everywhere
        else:
            self.scopes[-1].opened.append(opening)
            self.put(opening, len(flags[0]))
        self.on = (self.on | set(on)) - set(off)
        self.last = -1

    def escape(self) -> None:
        if self.dialect == "rust" and (found := _BORDER.match(self.source, self.at)):
            self.atom(_BORDERS[found[1] or ("start" if found[0] == r"\<" else "end")], len(found[0]))
            return
        if self.dialect == "go" and (found := _QUOTED.match(self.source, self.at)):
            for one in found[1]:  # each by itself: what follows repeats the last
                self.atom(escaped(one), 0)
            self.at = found.end()
            return
        following = self.source[self.at + 1 : self.at + 2]
        if following == "z":
            self.atom(r"\Z", 2)
        elif following == "A":
            self.atom(r"\A", 2)
        elif following and following in "bB":
            self.atom(rf"\{following}" if "u" in self.on else rf"(?a:\{following})", 2)
        else:
            text, end = read_escape(self.source, self.at, self.dialect, self.on)
            self.atom(text, end - self.at)


def _only(flags: Sequence[str]) -> str:
    return "".join(one for one in _OURS if one in flags)
