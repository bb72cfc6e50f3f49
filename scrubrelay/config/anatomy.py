"""What an expression is made of: texts that it matches, and the loops in it that could run away."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final

import regex

_SKIPPED: Final = regex.compile(r"(?:\s+|#[^\n]*)*")
_FLAGS: Final = regex.compile(r"\(\?[a-zA-Z]*(?:-[a-z]+)?\)")
_OPEN: Final = regex.compile(r"\((?:\?(?:P<\w+>|>|[a-z]*(?:-[a-z]+)?:))?+(?!\?)")
_LOOK: Final = regex.compile(r"\(\?<?[=!]")
_CLASS: Final = regex.compile(r"\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]", regex.DOTALL)
_ESCAPE: Final = regex.compile(
    r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[pP]\{[^}]*\}|.)", regex.DOTALL
)
_WIDTHLESS: Final = regex.compile(r"\\[bBAZzGmMK]|[\^$]|\(\?a:\\[bB]\)")
_COUNT: Final = regex.compile(r"(?:([*+?])|\{(\d*)(,?)(\d*)\})([?+]?)")
_LIKED: Final = "a0bxAZ9-_ ./:=@#'\"\t\n"
"""What samples are made of, the most ordinary first."""
_ALL: Final = (*_LIKED, *(one for code in range(32, 127) if (one := chr(code)) not in _LIKED), "é", "中")


class UnreadableError(ValueError):
    """The expression says something that is not looked into, a back-reference for instance."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part: one character of some, branches of sequences, or a repetition of its only branch's only part.

    Args:
        chars: The characters it can be, for a single one; the most ordinary first.
        branches: What it is made of, for a group.
        low: How often at least.
        endless: Whether there is no end to how often.
        fixed: Whether what it took is never given back.
    """

    chars: tuple[str, ...] = ()
    branches: tuple[tuple["Node", ...], ...] = ()
    low: int = 1
    endless: bool = False
    fixed: bool = False

    def sample(self) -> str:
        """Return a short text that it matches."""
        inner = self.chars[0] if self.chars else "".join(one.sample() for one in (self.branches or ((),))[0])
        return inner * self.low

    def all_chars(self) -> frozenset[str]:
        """Return the characters that can stand anywhere in it."""
        below = (one.all_chars() for one in chain.from_iterable(self.branches))
        return frozenset(self.chars).union(*below)


@dataclass(frozen=True, slots=True)
class Loop:
    """A repetition without an end.

    Args:
        before: A text that leads to it.
        pumps: Texts that it takes again and again.
        ambiguous: Whether it can take one text in many ways.
    """

    before: str
    pumps: tuple[str, ...]
    ambiguous: bool


def anatomy(expression: str) -> tuple[tuple[Node, ...], ...]:
    """Return the branches of an expression in verbose mode.

    Raises:
        UnreadableError: It cannot be read.
    """
    reader = _Reader(expression)
    branches = reader.branches()
    if reader.at < len(expression):
        raise UnreadableError
    return branches


def samples(branches: Iterable[Sequence[Node]]) -> Iterator[str]:
    """Yield a text for each branch, and for each branch of groups that are all of a branch."""
    for branch in branches:
        if len(branch) == 1 and branch[0].branches:
            yield from samples(branch[0].branches)
        else:
            yield "".join(one.sample() for one in branch)


def loops(branches: Iterable[Sequence[Node]], before: str = "") -> Iterator[Loop]:
    """Yield the repetitions without an end, the outer before the inner."""
    for branch in branches:
        lead = before
        for node in branch:
            if node.endless and not node.fixed:
                chars = node.all_chars()
                pumps = ("".join(_once(node)), *(one for one in _LIKED if one in chars))
                yield Loop(lead, tuple(dict.fromkeys(filter(None, pumps))), _ambiguous(node))
            yield from loops(node.branches, lead)
            lead += node.sample()


def _once(node: Node) -> Iterator[str]:
    if node.chars:
        yield node.chars[0]
    for one in (node.branches or ((),))[0]:
        yield one.sample() or (next(_once(one), "") if one.endless else "")


def _ambiguous(node: Node) -> bool:
    """Tell whether a loop holds a loop and nothing that must stand between, or two branches alike."""
    for branch in node.branches:
        inner = [one for one in branch if one.endless and not one.fixed]
        if inner and all(one is inner[0] or not one.low for one in branch):
            return True
    firsts = [frozenset(one[0].chars) for one in node.branches if len(one) == 1 and one[0].chars]
    return any(one & other for at, one in enumerate(firsts) for other in firsts[:at])


@dataclass(slots=True)
class _Reader:
    source: str
    at: int = 0

    def branches(self) -> tuple[tuple[Node, ...], ...]:
        found = [self.branch()]
        while self.peek() == "|":
            self.at += 1
            found.append(self.branch())
        return tuple(found)

    def branch(self) -> tuple[Node, ...]:
        nodes: list[Node] = []
        while self.peek() not in ("", "|", ")"):
            if self.take(_FLAGS) or self.take(_WIDTHLESS):
                continue
            if self.take(_LOOK):
                self.branches()
                self.expect_close()
                self.take(_COUNT)
                continue
            nodes.append(self.repeated(self.atom()))
        return tuple(nodes)

    def peek(self) -> str:
        self.take(_SKIPPED)
        return self.source[self.at : self.at + 1]

    def take(self, expression: "regex.Pattern[str]") -> str:
        found = expression.match(self.source, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def expect_close(self) -> None:
        if self.peek() != ")":
            raise UnreadableError
        self.at += 1

    def atom(self) -> Node:
        if opened := self.take(_OPEN):
            inner = self.branches()
            self.expect_close()
            return Node(branches=inner, fixed=opened == "(?>")
        text = self.take(_CLASS) or self.take(_ESCAPE)
        if not text:
            text = self.source[self.at]
            self.at += 1
            if text in "(*+?":
                raise UnreadableError
        if len(text) == 2 and text[0] == "\\" and text[1] in "123456789":
            raise UnreadableError
        return Node(_chars(text))

    def repeated(self, node: Node) -> Node:
        self.peek()
        found = _COUNT.match(self.source, self.at)
        if not found:
            return node
        self.at = found.end()
        sign, least, comma, most, greed = found.groups()
        low = int(sign == "+") if sign else int(least or 0)
        endless = sign in ("*", "+") or bool(comma and not most)
        fixed = greed == "+" or node.fixed
        if node.chars:
            return Node(node.chars, low=low, endless=endless, fixed=fixed)
        return Node(branches=node.branches, low=low, endless=endless, fixed=fixed)


@lru_cache(maxsize=4096)
def _chars(text: str) -> tuple[str, ...]:
    try:
        one = regex.compile(text, regex.VERSION0)
    except regex.error as error:
        raise UnreadableError from error
    found = tuple(character for character in _ALL if one.fullmatch(character))
    if not found and len(text) > 1:
        found = tuple(one_char for code in range(0x80) if one.fullmatch(one_char := chr(code)))
    return found or (text[-1],)
