"""Text that is data: reads JSON and Python's repr, whole or cut off, well enough to tell keys from values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import regex

START: Final = regex.compile(r"""[{\[(]\s{0,200}(?:\\{0,15}["'{\[(]|[bur]['"])""")
KEYED: Final = regex.compile(r"""["'][ \t\r\n]*(?:[:,]|=>)""")
"""Without this, there is neither a key nor a pair in it."""
_TOKEN: Final = regex.compile(
    r"""(?xs)
      (?P<e> \\{1,15} ["'] ) (?P<escaped> (?: (?! (?<! \\ ) (?P=e) ) . )*+ ) (?: (?P=e) | \Z )
    | " (?P<double> (?: [^"\\]++ | \\ . )*+ ) (?: " | \\? \Z )
    | ' (?P<single> (?: [^'\\]++ | \\ . )*+ ) (?: ' | \\? \Z )
    | (?<! [\w.] | \w\[ ) (?P<number>  # an index of an expression is no value
      -? \d [\d.eE+-]*+ )
    | (?P<mark> [{}\[\](),:] | => )
    """
)
_QUOTED: Final = ("escaped", "double", "single")
_OPEN, _CLOSE = frozenset("{[("), frozenset("}])")
_CLOSES_NEXT: Final = regex.compile(r"\s*+[\])]")
_DEEPEST: Final = 16
_CALLED: Final = regex.compile(r"[\w$\])]$")
# Functions that take a name and its value; others take a name and what to do without it, or with it.
_KEEPS: Final = regex.compile(
    r"(?i)(?:put|set|add|append|insert|header|of|entry|item|env|property|attribute|param|field|pair|cookie)$"
)
_LOOK_BACK: Final = 16
_NAMING: Final = frozenset({"key", "name"})


class Leaf(NamedTuple):
    """A string or number in structured text.

    Args:
        start: Where its content starts, quotes left out.
        end: Where it ends.
        path: The keys above it; `*` for a list.
        quoted: Whether it is a string.
    """

    start: int
    end: int
    path: tuple[str, ...]
    quoted: bool


@dataclass(slots=True)
class _Level:
    """An open bracket: the path below it, whether two are a name and its value, what has been read."""

    path: tuple[str, ...]
    mark: str
    paired: bool = False
    key: str | None = None
    last: tuple[int, int, bool] | None = None
    first: str | None = None
    count: int = 0
    name: str | None = None


def leaves(text: str, start: int) -> Iterator[Leaf]:
    """Yield the strings and numbers from `start` on, keys left out, each with its path."""
    stack = [_Level((), "")]
    for match in _TOKEN.finditer(text, start):
        mark = match["mark"]
        level = stack[-1]
        if mark is None:
            level.last = _content(match)
            if level.paired and level.count == 1 and level.first and _CLOSES_NEXT.match(text, match.end()):
                yield Leaf(*level.last[:2], (*level.path, level.first), level.last[2])
                level.last = None
        elif mark in (":", "=>"):
            if level.last is not None:
                level.key = text[level.last[0] : level.last[1]]
                level.last = None
        else:
            yield from _flush(text, level)
            if mark in _OPEN and len(stack) < _DEEPEST:
                paired = _pairs(text, match.start()) if mark == "(" else level.mark == mark == "["
                stack.append(_Level(_below(level), mark, paired))
            elif mark in _CLOSE and len(stack) > 1:
                stack.pop()
                stack[-1].key = None
            elif mark == ",":
                level.key = None
                level.count += 1
    yield from _flush(text, stack[-1])


def _pairs(text: str, at: int) -> bool:
    """Tell whether two in these parentheses are a name and its value: a tuple's, or such a call's."""
    before = text[max(0, at - _LOOK_BACK) : at]
    return not _CALLED.search(before) or bool(_KEEPS.search(before))


def _content(match: "regex.Match[str]") -> tuple[int, int, bool]:
    for group in _QUOTED:
        if match[group] is not None:
            return (*match.span(group), True)
    return (*match.span("number"), False)


def _below(level: _Level) -> tuple[str, ...]:
    return (*level.path, level.key if level.key is not None else "*")


def _flush(text: str, level: _Level) -> Iterator[Leaf]:
    if level.last is None:
        return
    start, end, quoted = level.last
    level.last = None
    key = level.key
    if key in _NAMING:
        level.name = text[start:end]
    elif key == "value" and level.name is not None:
        key = level.name
    elif key is None and level.count == 0:
        level.first = text[start:end]
    yield Leaf(start, end, (*level.path, key if key is not None else "*"), quoted)
