"""Which rules could match a string at all: one pass of a multi-pattern engine, or simply every rule."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from importlib.metadata import version
from threading import Lock
from typing import Any, Final, Protocol

import regex

from scrubrelay.core.redaction.pattern import Pattern
from scrubrelay.core.redaction.superset import UnsupportedError, superset

try:
    import hyperscan
except ImportError:
    hyperscan = None  # type: ignore[assignment]  # no wheel for this machine: the relay works without it, slower

# In UTF-8: where characters without width, look-alikes and other digits start.
_UNUSUAL: Final = (
    r"\xc2\xad|\xcd\x8f|[\xd8-\xe1\xea\xef\xf0]|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xa9]"
)
_ESCAPES: Final = r"%[0-9A-Fa-f]{2}|\\[uUxX/]|\\[nrt](?:[A-Za-z0-9_]{8}|[0-9+(])|\x1b\[[0-9;]{0,16}m"
TRIGGERS: Final = (
    rf"{_ESCAPES}|&(?:#[0-9xX]|[A-Za-z]{{2,8}};)|{_UNUSUAL}",
    r"[\x22\x27][ \t\r\n]*(?:[:,]|=>)",
    r"[?&][\w.%+\[\]\x80-\xfe-]+=",
    r"[^A-Za-z0-9+/_=-](?:[CDI-Za-f][A-Za-z0-9+/_-]{3}){4}",
)
"""What makes other readings of a text worth trying (encodings, structure, queries, base64), numbered last."""
# They fold to ASCII letters in `regex`, and the engine knows only ASCII: such a text is for every rule.
_FOLDING: Final = regex.compile("[\u0130\u0131\u017f\u212a]")
_DIGEST: Final = 16
_SUSPECT: Final = 3000
"""Characters of a shape from which on the engine may find it too large."""
_GROUP: Final = 20
"""Patterns without keywords compiled together: of these, twice as many take far more than twice as long."""
_THREADS: Final = 2
"""Each takes some dozen megabytes while it compiles."""


class Prefilter(Protocol):
    """Points at rules; never misses one that would match."""

    def candidates(self, text: str) -> Sequence[int]:
        """Return the indices of the rules to be tried on this text, in order, then the triggers."""
        ...

    def of_each(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return the candidates of each text: faster than asking one by one."""
        ...

    def serialised(self) -> bytes:
        """Return what `prefilter` takes to be ready sooner; empty if there is nothing to gain."""
        ...


class EveryRule:
    """The prefilter of a machine without the engine."""

    def __init__(self, count: int) -> None:
        self._all = range(count + len(TRIGGERS))

    def candidates(self, text: str) -> Sequence[int]:
        """Return all rules."""
        del text
        return self._all

    def of_each(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return all rules for each."""
        return [self._all] * len(texts)

    def serialised(self) -> bytes:
        """Return nothing."""
        return b""


class Engine:
    """Hyperscan: many patterns in one pass, in linear time.

    Args:
        databases: Compiled from the rules and the triggers.
        always: The rules that it could not take.
        count: How many rules there are.
        digest: What the databases were compiled from.
    """

    def __init__(self, databases: Sequence[Any], always: Sequence[int], count: int, digest: bytes) -> None:
        self._databases = tuple(databases)
        self._scans = tuple(database.scan for database in self._databases)
        self._always = tuple(always)
        self._all = range(count + len(TRIGGERS))
        self._digest = digest
        # The engine's working memory serves one scan at a time.
        self._lock = Lock()

    def candidates(self, text: str) -> Sequence[int]:
        """Return the rules that the engine points at."""
        found: list[int] = [*self._always]
        framed = _framed(text)
        with self._lock:
            for scan in self._scans:
                scan(framed, _note, 0, found)
        return self._sorted(text, found)

    def of_each(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return the rules that the engine points at, for each text."""
        framed = [*map(_framed, texts)]
        found: list[list[int]] = [[*self._always] for _ in texts]
        with self._lock:
            # A database is megabytes: it is read by all texts while the processor has it at hand.
            for scan in self._scans:
                for data, of_this in zip(framed, found, strict=True):
                    scan(data, _note, 0, of_this)
        return [self._sorted(text, of_this) for text, of_this in zip(texts, found, strict=True)]

    def _sorted(self, text: str, found: list[int]) -> Sequence[int]:
        if not text.isascii() and _FOLDING.search(text):
            return self._all
        return sorted(set(found)) if len(found) > 1 else found

    def serialised(self) -> bytes:
        """Return the compiled databases, and by what they can be known."""
        dumps = [bytes(hyperscan.dumpb(database)) for database in self._databases]
        body = b"".join(len(dump).to_bytes(8, "big") + dump for dump in dumps)
        return self._digest + blake2b(body, digest_size=_DIGEST).digest() + body


class Joined:
    """Two prefilters as one: the rules of the second are numbered behind those of the first.

    Args:
        first: One, and how many rules it has.
        second: The other, and how many rules it has.
        gone: Rules of the first that are not pointed at any more.
    """

    def __init__(
        self, first: tuple[Prefilter, int], second: tuple[Prefilter, int], gone: AbstractSet[int]
    ) -> None:
        self._first, self._count = first
        self._second, self._more = second
        self._gone = gone

    def candidates(self, text: str) -> Sequence[int]:
        """Return what either points at; the triggers are the same for both, numbered last."""
        return self._both(self._first.candidates(text), self._second.candidates(text))

    def of_each(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Return what either points at, for each text."""
        return [*map(self._both, self._first.of_each(texts), self._second.of_each(texts))]

    def _both(self, first: Sequence[int], second: Sequence[int]) -> Sequence[int]:
        count, more = self._count, self._more
        found = {index if index < count else index + more for index in first if index not in self._gone}
        found.update(index + count for index in second)
        return sorted(found)

    def serialised(self) -> bytes:
        """Return nothing: what is joined is not kept."""
        return b""


def prefilter(patterns: Sequence[Pattern], *, engine: bool, saved: bytes = b"") -> Prefilter:
    """Return the best prefilter that this machine has.

    Args:
        patterns: The rules' patterns.
        engine: Whether to use the engine if it is there.
        saved: What `serialised` returned for the same patterns; anything else is ignored.
    """
    if not engine or hyperscan is None:
        return EveryRule(len(patterns))
    worded, free, always = _expressions(patterns)
    worded += [(len(patterns) + index, f"(?-i:{one})") for index, one in enumerate(TRIGGERS)]
    groups = [worded, *(free[at : at + _GROUP] for at in range(0, len(free), _GROUP))]
    digest = blake2b(repr((version("hyperscan"), groups)).encode(), digest_size=_DIGEST).digest()
    databases = _loaded(saved, digest)
    if databases is None:
        databases = []
        refused: set[int] = set()
        # The engine compiles without holding up Python, so that two processors take half the time.
        with ThreadPoolExecutor(_THREADS) as pool:
            for compiled, large in pool.map(_compiled, groups):
                databases += compiled
                refused.update(large)
        # What is too large as a shape is looked for by its keywords.
        words = [
            (index, _any_of(patterns[index].keywords))
            for index in sorted(refused)
            if patterns[index].keywords
        ]
        compiled, large = _compiled(words)
        databases += compiled
        always += [index for index in sorted(refused) if index in large or not patterns[index].keywords]
    return Engine(databases, always, len(patterns), digest)


def _framed(text: str) -> bytes:
    try:
        return b"\xff%b\xff" % text.encode()
    except UnicodeEncodeError:
        return b"\xff%b\xff" % text.encode("utf-8", "surrogatepass")


def _note(index: int, _start: int, _end: int, _flags: int, found: list[int]) -> None:
    found.append(index)


Numbered = tuple[int, str]


def _expressions(patterns: Sequence[Pattern]) -> tuple[list[Numbered], list[Numbered], list[int]]:
    """Return the shapes of rules that need a word, of those that do not, and the rules without a shape.

    The shape of a rule with keywords is rarer than its keywords, and costs the engine no more.
    """
    worded: list[Numbered] = []
    free: list[Numbered] = []
    always: list[int] = []
    for index, pattern in enumerate(patterns):
        try:
            shapes = superset(pattern.match)
        except UnsupportedError:
            shapes = [_any_of(pattern.keywords)]
        if all(shapes):
            (worded if pattern.keywords else free).extend((index, shape) for shape in shapes)
        else:
            always.append(index)
    return worded, free, always


def _any_of(keywords: Sequence[str]) -> str:
    return "|".join(
        "".join(f"\\x{ord(one):02x}" if one.isascii() else ".{1,4}" for one in word) for word in keywords
    )


def _compiled(numbered: Sequence[Numbered]) -> tuple[list[Any], list[int]]:
    """Compile a group; return its database, if there is one, and the rules that the engine refuses."""
    if not numbered:
        return [], []
    try:
        return [_database(numbered)], []
    except hyperscan.error:
        # It is the long ones that it refuses, as a rule; asking for each of hundreds takes seconds.
        suspects = [one for one in numbered if len(one[1]) >= _SUSPECT]
    refused = [one for one in suspects if not _takes(one)]
    refused = refused or [one for one in numbered if not _takes(one)]
    if not refused:  # each of them alone, but not together
        half = len(numbered) // 2
        parts = (_compiled(numbered[:half]), _compiled(numbered[half:]))
        return [one for made, _ in parts for one in made], [index for _, large in parts for index in large]
    databases, more = _compiled([one for one in numbered if one not in refused])
    return databases, [*(index for index, _ in refused), *more]


def _takes(one: Numbered) -> bool:
    try:
        _database([one])
    except hyperscan.error:
        return False
    return True


def _database(numbered: Sequence[Numbered]) -> Any:
    flags = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.encode() for _, expression in numbered],
        ids=[index for index, _ in numbered],
        flags=[flags] * len(numbered),
    )
    return database


def _loaded(saved: bytes, digest: bytes) -> list[Any] | None:
    """Return the databases of an earlier run; None unless they are whole and of the same patterns."""
    body = saved[2 * _DIGEST :]
    if saved[: 2 * _DIGEST] != digest + blake2b(body, digest_size=_DIGEST).digest():
        return None
    databases, at = [], 0
    while at < len(body):
        size = int.from_bytes(body[at : at + 8], "big")
        database = hyperscan.loadb(body[at + 8 : at + 8 + size], hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
        databases.append(database)
        at += 8 + size
    return databases
