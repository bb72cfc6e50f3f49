"""Packs compiled into one library: rules, key patterns, and the prefilter in front of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import regex

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.detectors.finders import Expression, Finder, Phrases, Proven, Whole
from scrubrelay.core.redaction.detectors.keys import KeyRules, compact, segments
from scrubrelay.core.redaction.detectors.pattern import Pack, Pattern, compile_match, nearest
from scrubrelay.core.redaction.document.places import Globs, Index, Tree
from scrubrelay.core.redaction.engine.prefilter import Joined, Prefilter, prefilter
from scrubrelay.core.redaction.rules.rules import PathRules
from scrubrelay.core.redaction.text.marks import Marks
from scrubrelay.core.redaction.validators.table import VALIDATORS

SETS: Final = {"strict": "strict", "secrets-only": "secrets", "gdpr": "gdpr", "hipaa": "hipaa", "pci": "pci"}
"""Ready-made sets and the category that each consists of; `default` and `all` are not categories."""
FEW: Final = 3
"""Packs up to which a number with one check digit counts alone.

One such check lets a tenth of all numbers pass, and of a dozen countries one nearly always says yes.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A pattern with a shape, compiled.

    Args:
        index: Its place in the library.
        cut: The group that is cut, 0 for the whole match.
        context: Its context words, compacted.
        hints: One word of each, in lower case: without any there is no context.
    """

    index: int
    pattern: Pattern
    regex: Finder
    cut: str | int
    keywords: tuple[str, ...]
    context: frozenset[str]
    hints: tuple[str, ...]
    validate: Callable[[str], bool] | None
    only_at: Globs
    not_at: Globs


class Library:
    """Everything that is looked for, ready to be used from any number of redactors.

    Args:
        patterns: In the order of their packs; ids are unique.
        prefilter: Points at the rules that could match.
    """

    def __init__(
        self,
        patterns: Sequence[Pattern],
        *,
        engine: bool = True,
        saved: Callable[[str], bytes] = lambda _: b"",
        ready: tuple[Sequence[Rule], Prefilter] | None = None,
    ) -> None:
        self.patterns = tuple(patterns)
        rules = _rules([one for one in patterns if not one.is_key]) if ready is None else ready[0]
        self.rules = tuple(rules)
        self.key_patterns = tuple(one for one in patterns if one.is_key)
        self.prefilter: Prefilter = (
            prefilter([rule.pattern for rule in self.rules], engine=engine, saved=saved)
            if ready is None
            else ready[1]
        )
        self.labels = frozenset(one.label for one in patterns)

    @classmethod
    def compile(
        cls, packs: Sequence[Pack], *, engine: bool = True, saved: Callable[[str], bytes] = lambda _: b""
    ) -> "Library":
        """Compile packs (see `select`).

        Args:
            packs: What to look for.
            engine: Whether to use the multi-pattern engine where it is there.
            saved: Returns what `compiled` had under a name; anything else is ignored.

        Raises:
            ConfigError: Two packs use one pattern id.
        """
        patterns = [pattern for pack in packs for pattern in pack.patterns]
        twice = [name for name, times in Counter(one.id for one in patterns).items() if times > 1]
        if twice:
            raise ConfigError([f"pattern {name}: id: used by two packs" for name in twice])
        return cls(patterns, engine=engine, saved=saved)

    def extended(self, patterns: Sequence[Pattern]) -> "Library":
        """Return a library with more patterns, which replace those of the same id.

        Only they are compiled: hundredths of a second, where the whole library takes seconds.
        """
        replaced = {one.id for one in patterns}
        gone = {rule.index for rule in self.rules if rule.pattern.id in replaced}
        # A rule that is gone keeps its number, so that those behind it keep theirs.
        kept = [one for one in self.patterns if not (one.is_key and one.id in replaced)]
        shapes = [one for one in patterns if not one.is_key]
        second = (prefilter(shapes, engine=True), len(shapes))
        joined = Joined((self.prefilter, len(self.rules)), second, frozenset(gone))
        rules = (*self.rules, *_rules(shapes, len(self.rules)))
        return Library((*kept, *patterns), ready=(rules, joined))

    def compiled(self) -> Mapping[str, bytes]:
        """Return what the engine compiled now, by name, for the next start; nothing without one."""
        return self.prefilter.compiled()

    def tree(
        self,
        keys: KeyRules,
        marks: Marks,
        exempt: Mapping[tuple[str, ...], "regex.Pattern[str]"],
        rules: PathRules,
    ) -> Tree:
        """Return an empty memory of paths for these rules."""
        told_by: dict[str, set[int]] = {}
        for rule in self.rules:
            for word in rule.context:
                told_by.setdefault(word, set()).add(rule.index)
        restricted = [one for one in self.rules if one.only_at or one.not_at]
        located = {(one.only_at.key, one.not_at.key): (one.only_at, one.not_at) for one in restricted}
        alike: dict[tuple[frozenset[str], frozenset[str]], set[int]] = {}
        for rule in restricted:
            alike.setdefault((rule.only_at.key, rule.not_at.key), set()).add(rule.index)
        told = {word: frozenset(indices) for word, indices in told_by.items()}
        ids = {one.pattern.id: one.index for one in self.rules}
        by_globs = tuple((*located[globs], frozenset(indices)) for globs, indices in alike.items())
        whole = frozenset(one.index for one in self.rules if one.pattern.whole)
        return Tree(Index(by_globs, told, ids, whole), keys, marks, exempt, rules)


def _rules(patterns: Sequence[Pattern], first: int = 0) -> Iterator[Rule]:
    crowd = len({one.id.partition(".")[0] for one in patterns if one.weak}) > FEW
    for index, pattern in enumerate(patterns, first):
        finder, cut = _finder(pattern)
        context = pattern.context if crowd or not pattern.weak else ()
        yield Rule(
            index,
            pattern,
            finder,
            cut,
            tuple(word.lower() for word in pattern.keywords),
            frozenset(map(compact, context)),
            tuple({max(segments(words), key=len, default="") for words in context}),
            VALIDATORS[pattern.validator] if pattern.validator else None,
            Globs(pattern.only_at),
            Globs(pattern.not_at),
        )


def _finder(pattern: Pattern) -> tuple[Finder, str | int]:
    """Return what looks for a pattern, and the group of it that is cut."""
    if pattern.literals is not None:
        return Phrases(pattern.literals), 0
    cut = group_of(pattern)
    finder: Finder = Expression(pattern.match)
    if pattern.entropy or pattern.allow or pattern.first_group:
        group = None if pattern.first_group else cut
        finder, cut = Proven(pattern.match, group, pattern.entropy, pattern.allow), 0
    return (Whole(finder), 0) if pattern.whole else (finder, cut)


def group_of(pattern: Pattern) -> str | int:
    """Return the group of `match` that is cut, 0 for the whole match."""
    if "<cut>" not in pattern.match:
        return 0
    # Those of the relay's own packs are not compiled for it: in the tests the two ways say the same.
    if pattern.measured or "cut" in compile_match(pattern).groupindex:
        return "cut"
    return 0


def select(packs: Sequence[Pack], names: Iterable[str], disable: Iterable[str] = ()) -> tuple[Pack, ...]:
    """Keep the patterns that are switched on by the name of a set, pack, category or pattern.

    Raises:
        ConfigError: A name is none of these.
    """
    names, disable = tuple(names), tuple(disable)
    known = _names(packs)
    problems = [
        f"{name}: unknown pack, set, category or pattern{_meant(name, known)}"
        for name in (*names, *disable)
        if name not in known
    ]
    if problems:
        raise ConfigError(problems)
    kept = (
        replace(
            pack,
            patterns=tuple(
                one for one in pack.patterns if _on(pack, one, names) and not _named(pack, one, disable)
            ),
        )
        for pack in packs
    )
    return tuple(pack for pack in kept if pack.patterns)


def _meant(name: str, known: tuple[str, ...]) -> str:
    """Return what may have been meant; `email` is `contact.email` rather than what is spelled alike."""
    ends = [one for one in known if one.endswith(f".{name.removeprefix('@')}")]
    return f", did you mean {ends[0]!r}?" if ends else nearest(name, known)


def _names(packs: Sequence[Pack]) -> tuple[str, ...]:
    found = {"default", "all", *SETS}
    for pack in packs:
        found |= {pack.name, *pack.categories}
        for pattern in pack.patterns:
            found |= {pattern.id, *pattern.categories}
    return tuple(sorted(found))


def _on(pack: Pack, pattern: Pattern, names: Sequence[str]) -> bool:
    if "all" in names or (pattern.default and ("default" in names or "strict" in names)):
        return True
    return _named(pack, pattern, names)


def _named(pack: Pack, pattern: Pattern, names: Sequence[str]) -> bool:
    # A pack's own name stands for all its patterns; a category only for those that carry it.
    of = {pack.name, pattern.id, *pattern.categories}
    return any(name in of or SETS.get(name) in of for name in names)
