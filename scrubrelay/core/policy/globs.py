"""Wildcards and regular expressions of a configuration, compiled so that no text can make them slow."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import regex

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.event import Event

MOST_BRANCHES: Final = 256
"""How many wildcards without braces one with braces may stand for."""

REGEX_SECONDS: Final = 0.05
"""How long an expression may look at one text."""

_TOKEN: Final = regex.compile(
    r"(?P<escaped>\\.)|(?P<set>\[!?\]?[^\]]*\])|(?P<any>\*+)|(?P<one>\?)|(?P<plain>.)", regex.DOTALL
)
_MAGIC: Final = frozenset("*?[]{}\\")
_BRACES: Final = regex.compile(r"((?:[^\\{}]|\\.)*)\{((?:[^\\{}]|\\.)*)\}(.*)", regex.DOTALL)
_UNPAIRED: Final = regex.compile(r"(?<!\\)(?:\\\\)*[{}]")
_EXPRESSION: Final = regex.compile(r"/(?P<source>.+)/(?P<flag>i?)", regex.DOTALL)


@dataclass(frozen=True, slots=True)
class Glob:
    """A wildcard for whole texts: `*`, `?`, `[a-z]`, `[!a]`, `{a,b}`; a backslash takes the meaning away.

    Args:
        source: As it was written.
        ignore_case: Whether big and small letters are the same.
    """

    source: str
    ignore_case: bool
    _matches: Callable[[str], object]

    @classmethod
    def parse(cls, source: str, *, ignore_case: bool = True) -> "Glob":
        """Compile it.

        Raises:
            ConfigError: A brace or bracket has no partner, or braces stand for too many.
        """
        if not source:
            raise ConfigError(["expected text; an empty wildcard matches nothing"])
        if not _MAGIC & set(source):
            return cls(source, ignore_case, _equal(source, ignore_case=ignore_case))
        branches = (_linear(one) for one in _unbraced(source))
        flags = regex.DOTALL | regex.VERSION0 | (regex.IGNORECASE if ignore_case else 0)
        return cls(source, ignore_case, regex.compile("|".join(branches), flags).fullmatch)

    def matches(self, text: str) -> bool:
        """Tell whether it is the whole text; takes time in proportion to its length at most."""
        return bool(self._matches(text))


@dataclass(frozen=True, slots=True)
class Globs:
    """Several wildcards, of which one is enough.

    Args:
        globs: In the order in which they are tried.
    """

    globs: tuple[Glob, ...]

    @classmethod
    def parse(cls, sources: Iterable[str], *, ignore_case: bool = True) -> "Globs":
        """Compile them.

        Raises:
            ConfigError: As `Glob.parse`.
        """
        return cls(tuple(Glob.parse(source, ignore_case=ignore_case) for source in sources))

    def matches(self, text: str) -> bool:
        """Tell whether one of them is the whole text."""
        return any(glob.matches(text) for glob in self.globs)


def _equal(source: str, *, ignore_case: bool) -> Callable[[str], bool]:
    if not ignore_case:
        return source.__eq__
    folded = source.casefold()
    return lambda text: text.casefold() == folded


def _unbraced(source: str) -> tuple[str, ...]:
    found = tuple(itertools.islice(_branches(source), MOST_BRANCHES + 1))
    if len(found) > MOST_BRANCHES:
        raise ConfigError([f"expected at most {MOST_BRANCHES} choices of all its braces together"])
    return found


def _branches(source: str) -> Iterator[str]:
    found = _BRACES.fullmatch(source)
    if not found:
        if _UNPAIRED.search(source):
            raise ConfigError(['expected a "}" for each "{", and none inside another'])
        yield source
        return
    before, choices, after = found.groups()
    for choice in regex.split(r"(?<!\\),", choices):
        yield from (f"{before}{choice}{rest}" for rest in _branches(after))


def _linear(source: str) -> str:
    """Return the expression of a wildcard without braces.

    The earliest place of each part between two stars is as good as any later one, so an atomic group holds
    on to it; what stands behind the last star has a fixed length, and is looked for at the end only.
    """
    parts: list[list[str]] = [[]]
    for token in _TOKEN.finditer(source):
        if token["any"]:
            parts.append([])
        else:
            parts[-1].append(_single(token))
    first, *rest = ("".join(part) for part in parts)
    if not rest:
        return first
    *middle, last = rest
    width = len(parts[-1])
    held = "".join(f"(?>.*?{part})" for part in middle if part)
    return f"{first}{held}" + (f"(?=.{{{width}}})(?>.*)(?<={last})" if width else ".*")


def _single(token: "regex.Match[str]") -> str:
    if token["one"]:
        return "."
    if not token["set"]:
        text = token[0]
        if text in ("[", "\\"):
            raise ConfigError([f'expected a partner for "{text}"'])
        return regex.escape(text[-1])
    inner = token["set"][1:-1]
    negated = inner.startswith("!")
    inner = inner.removeprefix("!")
    if not inner:
        raise ConfigError(['expected characters between "[" and "]"'])
    escaped = regex.sub(r"[\\\[\]^&|~]", r"\\\g<0>", inner)
    expression = f"[{'^' if negated else ''}{escaped}]"
    try:
        regex.compile(expression)
    except regex.error as error:
        raise ConfigError([f"expected a range such as [a-z]: {error}"]) from error
    return expression


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression, `/like this/` or `/this/i`; it looks anywhere in a text.

    Args:
        source: As it was written.
    """

    source: str
    _expression: "regex.Pattern[str]"

    @classmethod
    def parse(cls, source: str) -> "Expression":
        """Compile it.

        Raises:
            ConfigError: It is none, or matches every text.
        """
        found = _EXPRESSION.fullmatch(source)
        if not found:
            raise ConfigError(["expected an expression between two slashes"])
        try:
            compiled = regex.compile(found["source"], regex.IGNORECASE if found["flag"] else 0)
        except regex.error as error:
            raise ConfigError([f"expected a regular expression: {error}"]) from error
        if compiled.search(""):
            raise ConfigError(["expected an expression that does not match an empty text"])
        return cls(source, compiled)

    def found(self, text: str, event: Event) -> bool:
        """Tell whether it is somewhere in a text; out of time means no, and the event remembers it."""
        if event.late:
            return False
        try:
            return self._expression.search(text, timeout=REGEX_SECONDS) is not None
        except TimeoutError:
            event.late.append(self.source)
            return False


def message_matcher(source: str) -> Glob | Expression:
    """Return what a text for messages stands for: an expression between slashes, else a wildcard.

    Raises:
        ConfigError: As either of them.
    """
    expression = len(source) > 1 and source.startswith("/") and source.endswith(("/", "/i"))
    return Expression.parse(source) if expression else Glob.parse(source)


def in_any(matcher: Glob | Expression, texts: Iterable[str], event: Event) -> bool:
    """Tell whether one of some texts is matched."""
    if isinstance(matcher, Glob):
        return any(matcher.matches(text) for text in texts)
    return any(matcher.found(text, event) for text in texts)
