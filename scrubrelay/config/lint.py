"""What is suspicious about pattern files that are not wrong."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any, Final, Literal

import regex

from scrubrelay.config.anatomy import UnreadableError, anatomy, loops, samples
from scrubrelay.config.foreign.gitleaks import CATEGORY
from scrubrelay.core.policy.grouping.parameterise import placeholders
from scrubrelay.core.redaction.detectors.examples import check_examples
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import MIN_EXAMPLES, Pack, Pattern, compile_match
from scrubrelay.core.redaction.redactor import Redactor

_OFTEN: Final = 0.02
"""Of the ordinary strings: a pattern that finds something in more of them is no pattern of something rare."""
_PROBES: Final = (40, 2000)
"""Characters: at 40 what doubles with every character runs away, at 2000 what grows with their cube."""
_TAILS: Final = ("\x00", "!", "")
_SHORTEST: Final = 3

_NO_TEXT: Final = regex.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\#[^\n]*", regex.DOTALL)
_SLASHES: Final = regex.compile(r"/.+/[a-z]*", regex.DOTALL)
_SETS: Final = regex.compile(r"(?<!\\)\[[^\]\\]*&&")
_TWO_WORDS: Final = regex.compile(r"[^\W_]+[ ]+[^\W_]+")

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that was noticed; never holds text of the user's events."""

    level: Level
    code: str
    pattern: str
    text: str

    def __str__(self) -> str:
        where = f"{self.pattern}: " if self.pattern else ""
        return f"{self.level}: {where}{self.text} [{self.code}]"

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return asdict(self)


def lint(packs: Sequence[Pack], others: Library, budget: float) -> Iterator[Remark]:
    """Yield what is suspicious about packs.

    Args:
        packs: The user's own, already read without a mistake.
        others: What is on beside them.
        budget: Seconds that one pattern may take on one string.
    """
    patterns = [pattern for pack in packs for pattern in pack.patterns]
    for note in chain.from_iterable(pack.notes for pack in packs):
        yield Remark("note", "ignored", "", note)
    redactor = Redactor(others)
    for pattern in patterns:
        # Alone, and without the engine: what another pattern would cut is not counted.
        alone = Redactor(Library([pattern], engine=False))
        checks = (
            _backtracking(pattern, budget),
            _often(pattern, alone),
            _proof(pattern),
            _label(pattern),
            _spaces(pattern),
            _dialect(pattern),
        )
        yield from (Remark("warning", code, pattern.id, text) for code, text in chain(*checks))
        siblings = [one for one in patterns if one is not pattern]
        more = chain(_overlap(pattern, redactor, siblings, others), _keywords(pattern), _names(pattern))
        yield from (Remark("warning", code, pattern.id, text) for code, text in more)
    library = Library([*patterns, *others.patterns], engine=False)
    for problem in check_examples(library, patterns):
        yield Remark("error", "example", "", problem)


@cache
def ordinary() -> tuple[str, ...]:
    """Return strings as they stand in events, none of which is anybody's secret."""
    return tuple((files("scrubrelay") / "config" / "ordinary.txt").read_text("utf-8").splitlines())


Found = Iterator[tuple[str, str]]


def _backtracking(pattern: Pattern, budget: float) -> Found:
    try:
        found = list(loops(anatomy(pattern.match)))
    except UnreadableError:
        return
    if any(loop.ambiguous for loop in found):
        yield "backtracking", "a repetition inside a repetition can take one text in many ways"
    compiled = compile_match(pattern)
    for length, text in (
        (n, text) for loop in found for pump in loop.pumps for n, text in _probes(loop.before, pump)
    ):
        try:
            compiled.search(text, timeout=budget)
        except TimeoutError:
            told = (
                f"takes longer than its budget ({budget * 1000:g}ms) on {length} characters that do not match"
            )
            yield "backtracking", f"{told}; such a string is hidden whole"
            return


def _probes(before: str, pump: str) -> Iterator[tuple[int, str]]:
    for length in _PROBES:
        for tail in _TAILS:
            yield length, before + pump * (length // len(pump)) + tail


def _often(pattern: Pattern, alone: Redactor) -> Found:
    if pattern.is_key:
        return
    hits = [text for text in ordinary() if alone.text(text)[1]]
    if len(hits) > len(ordinary()) * _OFTEN:
        shown = hits[0][:60]
        yield (
            "matches-much",
            f"finds something in {len(hits)} of {len(ordinary())} ordinary strings: {shown!r}",
        )


def _proof(pattern: Pattern) -> Found:
    given = len(pattern.examples), len(pattern.counterexamples)
    if min(given) < MIN_EXAMPLES and CATEGORY not in pattern.categories:  # its files have no place for them
        counted = f"{given[0]} examples and {given[1]} counterexamples"
        yield "no-examples", f"{counted}: two of each would prove what it cuts and what it leaves"


def _label(pattern: Pattern) -> Found:
    inner = pattern.label[1:-1]
    if placeholders(inner) != inner:
        yield "label", f"Sentry's grouping takes part of {pattern.label} for a number: issues may split"


def _spaces(pattern: Pattern) -> Found:
    if two := _TWO_WORDS.search(_NO_TEXT.sub("\0", pattern.match)):
        yield (
            "spaces",
            f"spaces mean nothing in match: {two[0]!r} finds {two[0].replace(' ', '')!r}; write [ ] or \\x20",
        )


def _dialect(pattern: Pattern) -> Found:
    if _SLASHES.fullmatch(pattern.match.strip()):
        yield "dialect", "the slashes are a part of the expression, and no flags follow them: write (?i)..."
    if _SETS.search(pattern.match):
        yield "dialect", "&& in a class is the character &: write (?= [...] ) before it"


def _overlap(pattern: Pattern, others: Redactor, siblings: Sequence[Pattern], library: Library) -> Found:
    near = Redactor(Library(siblings, engine=False)) if siblings and pattern.examples else None
    by: set[str] = set()
    for example in pattern.examples:
        for redactor in filter(None, (others, near)):
            by |= {one.pattern for one in redactor.text(example.text, example.key)[1]}
    same = [one.id for one in (*siblings, *library.patterns) if one.match and one.match == pattern.match]
    by |= set(same)
    by.discard(pattern.id)
    if by:
        yield "overlap", f"its examples are also found by {', '.join(sorted(by))}"


def _keywords(pattern: Pattern) -> Found:
    if not pattern.keywords or not pattern.match:
        return
    words = [word.lower() for word in pattern.keywords]
    texts: Iterable[str] = ()
    with suppress(UnreadableError):
        texts = samples(anatomy(pattern.match))
    compiled = compile_match(pattern)
    for text in (*texts, *(example.text for example in pattern.examples)):
        if not any(word in text.lower() for word in words) and (found := compiled.search(text)):
            yield "keywords", f"{found[0][:60]!r} matches, but has none of its keywords: it will not be found"
            return


def _names(pattern: Pattern) -> Found:
    short = [name for name in (pattern.literals.names if pattern.literals else ()) if len(name) < _SHORTEST]
    if short:
        yield (
            "short-names",
            f"{len(short)} names of fewer than {_SHORTEST} characters will be found everywhere",
        )
