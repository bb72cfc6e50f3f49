"""Names that hide their value: compared word by word; by an expression only where one is given."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, NamedTuple

import regex

from scrubrelay.core.redaction.detectors.finders import compiled
from scrubrelay.core.redaction.detectors.pattern import Pattern

MAX_NAME = 256
"""A longer key is text, not a name; it is scanned as such."""
_LONGEST_RUN = 6
# Words that names are glued to without a mark: `githubtoken`. No other word of any language ends so.
_ENDINGS: Final = frozenset(
    [
        "password",
        "passwd",
        "passphrase",
        "apikey",
        "secretkey",
        "accesskey",
        "privatekey",
        "secret",
        "token",
        "credentials",
    ]
)
_PATIENCE = 0.05
"""Seconds that an expression may take on a name, which then counts as found."""
_SEGMENT = regex.compile(r"\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}\p{M}]+|\p{N}+")


def segments(name: str) -> list[str]:
    """Split a name where a reader would, in lower case.

    >>> segments("userPassword"), segments("X-API-Key2"), segments("__session__0")
    (['user', 'password'], ['x', 'api', 'key', '2'], ['session', '0'])
    """
    return [segment.lower() for segment in _SEGMENT.findall(name)]


def compact(name: str) -> str:
    """Join a name's words: what `api_key`, `apiKey` and `API key` have in common."""
    return "".join(segments(name))


def runs(words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield every run of words, joined: `api_key_id` gives api, apikey, apikeyid, key, keyid, id."""
    for start in range(len(words)):
        joined = ""
        for end in range(start, min(start + _LONGEST_RUN, len(words))):
            joined += words[end]
            yield start, end + 1, joined


class Name(NamedTuple):
    """A key, read.

    Args:
        text: As it is written.
        words: Its words; none if it is too long for a name.
        runs: All runs of them: `cardNumber` gives card, number, cardnumber.
    """

    text: str
    words: Sequence[str]
    runs: AbstractSet[str]

    @classmethod
    def of(cls, text: str) -> "Name":
        """Read a key."""
        words = segments(text) if len(text) <= MAX_NAME else []
        return cls(text, words, {*words} if len(words) < 2 else {run for _, _, run in runs(words)})


@dataclass(frozen=True, slots=True)
class _KeyRule:
    pattern: Pattern
    words: frozenset[str]
    names: frozenset[str]
    safe: frozenset[str]
    expression: "regex.Pattern[str] | None"

    def hides(self, name: str, whole: str, found: AbstractSet[str]) -> bool:
        """Tell by a name as it is written, joined, and all its runs of words."""
        if not found.isdisjoint(self.safe):
            return False
        return whole in self.names or not found.isdisjoint(self.words) or self._matches(name)

    def _matches(self, name: str) -> bool:
        if self.expression is None:
            return False
        try:
            return self.expression.search(name, timeout=_PATIENCE) is not None
        except TimeoutError:
            return True


class KeyRules:
    """All sensitive-key patterns of a library.

    Args:
        patterns: Those with `words`, `names` or `key_match`, in the order in which they are asked.
        safe: Names that no pattern may hide.
    """

    def __init__(self, patterns: Iterable[Pattern], safe: Iterable[str] = ()) -> None:
        self._safe = frozenset(map(compact, safe))
        self._rules = tuple(
            _KeyRule(
                one,
                _compacted(one.words),
                _compacted(one.names),
                _compacted(one.safe),
                compiled(one.key_match) if one.key_match else None,
            )
            for one in patterns
        )
        # Hardly any name holds a word of any rule: one look tells so.
        self._words = frozenset[str]().union(*(one.words for one in self._rules))
        self._names = frozenset[str]().union(*(one.names for one in self._rules))
        self._expressions = any(one.expression for one in self._rules)

    def match(self, name: Name, off: AbstractSet[str] = frozenset()) -> Pattern | None:
        """Return the pattern that hides the value under a name; those that are off do not."""
        text, words, found = name
        if len(text) > MAX_NAME:
            return None
        whole = "".join(words)
        endings = {end for end in _ENDINGS if words and words[-1].endswith(end)}
        if not (self._expressions or whole in self._names or self._holds_word(found, whole, endings)):
            return None
        found = {*found, whole}
        if not found.isdisjoint(self._safe):
            return None
        ways = (found, found | endings) if endings else (found,)
        hiding = (one.pattern for way in ways for one in self._rules if one.hides(text, whole, way))
        return next((pattern for pattern in hiding if pattern.id not in off), None)

    def _holds_word(self, found: AbstractSet[str], whole: str, endings: AbstractSet[str]) -> bool:
        return whole in self._words or not (found.isdisjoint(self._words) and endings.isdisjoint(self._words))


def _compacted(entries: Iterable[str]) -> frozenset[str]:
    return frozenset(map(compact, entries))
