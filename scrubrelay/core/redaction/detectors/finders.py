"""Ways of finding beside a plain expression: lists of literals, and matches that must prove themselves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Final, Literal, Protocol

import regex

from scrubrelay.core.redaction.validators.looks import entropy as entropy_of

Target = Literal["cut", "match", "line"]
_WORD: Final = regex.compile(r"[^\W_]+")
_BETWEEN: Final = regex.compile(r"[\s._-]+")
_APOSTROPHE: Final = str.maketrans("’ʼ`", "'''")
_WIDEST: Final = 12
"""Characters between two words of one name: more are two names."""


class Found(Protocol):
    """One match, as far as it is asked about."""

    def span(self, group: int | str = 0, /) -> tuple[int, int]:
        """Return where it stands."""
        ...


class Finder(Protocol):
    """What a rule looks for; an expression of `regex` is one."""

    def finditer(self, string: str, /, *, timeout: float | None = None) -> Iterator[Found]:
        """Yield what is found, from left to right.

        Raises:
            TimeoutError: It took longer than `timeout` seconds.
        """
        ...


class Search(Protocol):
    """How a finder is asked."""

    def __call__(self, string: str, /, *, timeout: float | None = None) -> Iterator[Found]:
        """Yield what is found, as `Finder.finditer` does."""
        ...


class Expression:
    """An expression compiled when it is first used: of a library's hundreds, events ask for some dozens.

    Args:
        text: As in `match`, known to compile.

    Attributes:
        finditer: As in `Finder`; that of the compiled expression from the second time on.
    """

    __slots__ = ("_text", "finditer")
    finditer: Search

    def __init__(self, text: str) -> None:
        self._text = text
        self.finditer = self._first

    def _first(self, string: str, /, *, timeout: float | None = None) -> Iterator[Found]:
        self.finditer = compiled(self._text).finditer
        return self.finditer(string, timeout=timeout)


@dataclass(frozen=True, slots=True)
class Allow:
    """Finds that stay after all.

    Args:
        regexes: Any of them must occur in the target (expressions as in `match`).
        words: Any of them must occur in the cut, in upper or lower case.
        target: What the expressions look at: the cut, all that matched, or its line.
        both: Whether it takes an expression and a word.
    """

    regexes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    target: Target = "cut"
    both: bool = False


@dataclass(frozen=True, slots=True)
class Literals:
    """Names to be found as they are; equal to others of the same digest, whatever file they came from."""

    source: str = field(compare=False, repr=False)
    names: tuple[str, ...] = field(compare=False, repr=False)
    case: bool
    digest: str

    @classmethod
    def of(cls, source: str, text: str, *, case: bool = False) -> "Literals":
        """Return the names of a text, one a line; empty lines and lines that begin with `#` are none."""
        lines = (line.strip() for line in text.splitlines())
        names = tuple(line for line in lines if line and not line.startswith("#"))
        digest = blake2b("\n".join(names).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return cls(source, names, case, digest)

    def wordless(self) -> list[str]:
        """Return the names without a letter or digit: they cannot be found as words."""
        return [name for name in self.names if not _WORD.search(name)]


@dataclass(frozen=True, slots=True)
class Span:
    """A find of nothing but a start and an end."""

    start: int
    end: int

    def span(self, group: int | str = 0, /) -> tuple[int, int]:
        """Return where it stands; every group is the whole."""
        del group
        return self.start, self.end


class Phrases:
    """Finds names in one pass over the words of a text, however many names there are.

    `regex` takes nine seconds to compile 100,000 names and eight to look through ten kilobytes for them.
    A name is a sequence of words. Where it has a space, a dot, a hyphen or an underscore between two of
    them, the text may have any of these, and several; anything else must stand there as it is.
    """

    def __init__(self, literals: Literals) -> None:
        self._fold = str if literals.case else str.casefold
        self._phrases: set[str] = set()
        self._lengths: dict[str, tuple[int, ...]] = {}
        for name in literals.names:
            words = list(_WORD.finditer(name))
            if words:
                self._phrases.add(self._phrase(name, words))
                first, known = self._fold(words[0][0]), self._lengths.get(self._fold(words[0][0]), ())
                if len(words) not in known:
                    self._lengths[first] = tuple(sorted((*known, len(words)), reverse=True))

    def finditer(self, string: str, /, *, timeout: float | None = None) -> Iterator[Span]:
        """Yield the names, the longest where several begin at one place; never takes long."""
        del timeout
        if self._lengths.keys().isdisjoint(map(self._fold, _WORD.findall(string))):
            return
        words = list(_WORD.finditer(string))
        at = 0
        while at < len(words):
            count = self._longest(string, words, at)
            if count:
                yield Span(words[at].start(), words[at + count - 1].end())
            at += count or 1

    def _longest(self, text: str, words: Sequence["regex.Match[str]"], at: int) -> int:
        """Return how many words the longest name at this word has; 0 if there is none."""
        for length in self._lengths.get(self._fold(words[at][0]), ()):
            within = words[at : at + length]
            if len(within) == length and self._phrase(text, within) in self._phrases:
                return length
        return 0

    def _phrase(self, text: str, words: Sequence["regex.Match[str]"]) -> str:
        parts = [self._fold(words[0][0])]
        for before, word in pairwise(words):
            parts += (_between(text[before.end() : word.start()]), self._fold(word[0]))
        return "".join(parts)


class Proven:
    """An expression whose matches count only if they are random enough, and not allowed to stay.

    Args:
        expression: What matches, known to compile; compiled when it is first used.
        cut: The group that is cut, None for the first that holds something; the whole match if it is empty.
        entropy: Bits a character (Shannon) that a cut must have more than; 0 for no such demand.
        allow: What stays.
    """

    def __init__(
        self, expression: str, cut: int | str | None, entropy: float, allow: Sequence[Allow]
    ) -> None:
        self._expression = expression
        self._cut = cut
        self._entropy = entropy
        self._asked = allow

    @cached_property
    def _matching(self) -> "regex.Pattern[str]":
        return compiled(self._expression)

    @cached_property
    def _allow(self) -> Sequence[tuple[Allow, Sequence["regex.Pattern[str]"], Sequence[str]]]:
        return [(one, [*map(compiled, one.regexes)], [*map(str.lower, one.words)]) for one in self._asked]

    def finditer(self, string: str, /, *, timeout: float | None = None) -> Iterator[Span]:
        """Yield the cuts; each expression of `allow` may take as long on one of them.

        Raises:
            TimeoutError: It took longer.
        """
        for match in self._matching.finditer(string, timeout=timeout):
            start, end = self._span(match)
            if start < end and not self._stays(match, start, end, timeout):
                yield Span(start, end)

    def _span(self, match: "regex.Match[str]") -> tuple[int, int]:
        groups = range(1, len(match.groups()) + 1) if self._cut is None else (self._cut,)
        spans = (match.span(group) for group in groups)
        return next((span for span in spans if span[0] < span[1]), match.span())

    def _stays(self, match: "regex.Match[str]", start: int, end: int, timeout: float | None) -> bool:
        text = match.string
        if self._entropy and entropy_of(text[start:end]) <= self._entropy:
            return True
        targets: Mapping[Target, str] = {
            "cut": text[start:end],
            "match": match[0],
            "line": _line(text, match.start(), match.end()),
        }
        lowered = text[start:end].lower()
        for allow, expressions, words in self._allow:
            told = any(one.search(targets[allow.target], timeout=timeout) for one in expressions)
            worded = any(word in lowered for word in words)
            if (told and worded) if allow.both else (told or worded):
                return True
        return False


class Whole:
    """Finds a whole string if an expression matches anywhere in it.

    Args:
        finder: What must find something.
    """

    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    def finditer(self, string: str, /, *, timeout: float | None = None) -> Iterator[Span]:
        """Yield all of the string, or nothing.

        Raises:
            TimeoutError: It took longer.
        """
        if any(found.span() for found in self._finder.finditer(string, timeout=timeout)):
            yield Span(0, len(string))


# A user's expression is compiled where it is read and where it is used; `regex` itself remembers 500.
@lru_cache(maxsize=2048)
def compiled(expression: str) -> "regex.Pattern[str]":
    """Compile an expression of a pattern file: always verbose, always the first version of the syntax.

    Raises:
        regex.error: It is none.
    """
    return regex.compile(expression, regex.VERBOSE | regex.VERSION0)


def mistake(error: "regex.error", expression: str, at: int | None = None) -> str:
    """Return what is wrong with an expression, and in which line and column of it.

    Args:
        error: What compiling it raised.
        expression: As it is written in the file.
        at: Where in it; where the error says, if it is compiled as it is written.
    """
    # The stubs of `regex` do not know what its error tells.
    position = getattr(error, "pos", None) or 0
    return f"{place_in(expression, position if at is None else at)}: {getattr(error, 'msg', error)}"


def place_in(text: str, at: int) -> str:
    """Return the line and the column of a position."""
    before = text[:at]
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def _between(text: str) -> str:
    plain = _BETWEEN.sub(" ", text)
    # What is too far apart equals nothing: no name has a line break in it.
    return plain.translate(_APOSTROPHE) if len(text) <= _WIDEST else "\n"


def _line(text: str, start: int, end: int) -> str:
    last = text.find("\n", end)
    return text[text.rfind("\n", 0, start) + 1 : len(text) if last < 0 else last]
