"""`[[redaction.rule]]`: what the configuration wants done at some paths, beside what holds everywhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.rules.selectors import Selector

ANYTHING: Final = "anything"
"""Names the whole value in a rule, as in Sentry's own rules."""
HIDER: Final = "rules."
"""What the ids of patterns begin with that stand for a rule of the configuration: its number follows."""
TEXT: Final = "text"
"""The kind of data found inside a text: nothing in it is safe for its path."""


@dataclass(frozen=True, slots=True)
class PathRule:
    """One rule.

    Args:
        where: The values that it is about, and all that is in them.
        patterns: The ids that are looked for there (switched on there if they are not on anyway).
        whole: The value itself is hidden, whatever it is.
        action: What becomes of it; None for what would become of it anyway.
        safe: Nothing is done there: `patterns` do not look, and with `whole` none does.
    """

    where: Selector
    patterns: frozenset[str] = frozenset()
    whole: bool = False
    action: str | None = None
    safe: bool = False

    def covers(self, path: Sequence[str], kind: str) -> bool:
        """Tell whether the rule is about the value at a path."""
        if self.safe and kind == TEXT:
            return False
        return self.where.covers(path, "event" if kind == TEXT else kind, sure=self.safe)

    @property
    def goes_down(self) -> bool:
        """Whether what holds for a value holds for all in it; an exception in the selector forbids that."""
        return not self.where.negates


@dataclass(frozen=True, slots=True, eq=False)
class Stance:
    """What the rules that cover a path make of it, together: the last one that speaks of a pattern counts.

    Args:
        off: The ids that do not look here.
        hider: Hides the whole value.
        actions: Pattern id to the action here and the number of the rule that says so.
    """

    off: frozenset[str] = frozenset()
    hider: Pattern | None = None
    actions: Mapping[str, tuple[str | None, int]] = field(default_factory=dict)


class PathRules:
    """All rules of a project.

    Args:
        rules: In the order of the configuration.
        dormant: The ids that are on only where a rule says so.
        known: All ids there are.
    """

    def __init__(self, rules: Sequence[PathRule], dormant: frozenset[str], known: frozenset[str]) -> None:
        self._rules = tuple(rules)
        self._dormant = dormant
        self._known = known
        self._hiders = tuple(
            Pattern(f"{HIDER}{number}", "[hidden]", "A rule of the configuration hides this value.")
            for number in range(1, len(rules) + 1)
        )
        self._stances: dict[frozenset[int], Stance] = {}

    def own(self, hider: Pattern) -> tuple[str | None, int]:
        """Return the action of the rule that a hider stands for, and its number; nothing for others."""
        if not is_of_rule(hider):
            return None, 0
        number = int(hider.id.removeprefix(HIDER))
        return self._rules[number - 1].action, number

    @property
    def hiders(self) -> tuple[Pattern, ...]:
        """What hides whole values, for each rule one."""
        return self._hiders

    def __bool__(self) -> bool:
        return bool(self._rules)

    def covering(self, path: Sequence[str], kind: str, above: frozenset[int]) -> frozenset[int]:
        """Return the numbers of the rules that cover a path, given those that cover what it is in."""
        return frozenset(
            number
            for number, rule in enumerate(self._rules, start=1)
            if (number in above and rule.goes_down) or rule.covers(path, kind)
        )

    def stance(self, covering: frozenset[int]) -> Stance:
        """Return what these rules make of a path."""
        known = self._stances.get(covering)
        if known is None:
            known = self._stances[covering] = self._settled(sorted(covering))
        return known

    def _settled(self, numbers: Sequence[int]) -> Stance:
        off = set(self._dormant)
        hider: Pattern | None = None
        actions: dict[str, tuple[str | None, int]] = {}
        for number in numbers:
            rule = self._rules[number - 1]
            if rule.safe:
                off |= self._known if rule.whole else rule.patterns
                hider = None if rule.whole else hider
                continue
            off -= rule.patterns
            actions.update((name, (rule.action, number)) for name in rule.patterns)
            if rule.whole:
                hider = self._hiders[number - 1]
                actions[hider.id] = (rule.action, number)
        return Stance(frozenset(off), hider, actions)


def is_of_rule(pattern: Pattern) -> bool:
    """Tell whether a pattern stands for a rule that hides whole values."""
    return pattern.id.startswith(HIDER) and pattern.id[len(HIDER) :].isdecimal()
