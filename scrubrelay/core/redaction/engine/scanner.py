"""Finds patterns in one string: the prefilter points, `regex` decides, validators and context confirm."""

from collections.abc import Sequence
from typing import Final

import regex

from scrubrelay.core.errors import Reason, Unscrubbable
from scrubrelay.core.redaction.detectors.keys import runs, segments
from scrubrelay.core.redaction.detectors.library import Library, Rule
from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.document.places import Place
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.text.marks import Marks
from scrubrelay.core.redaction.text.spans import Finding

BRIEF: Final = 1024
"""Characters up to which no pattern that was measured takes longer than its budget, whatever they are."""
LATE: Final = "timed_out."


def late(pattern: Pattern) -> Pattern:
    """Return what hides a string whole on which a pattern ran out of its time."""
    return Pattern(f"{LATE}{pattern.id}", "[hidden]", "A pattern ran out of its time on this string.")


class Scanner:
    """Looks through strings with every rule of a library.

    Args:
        library: What to look for.
        marks: What earlier scrubbing left, which is no finding.
        policy: How long one rule may take on one string, and what follows if it takes longer.
    """

    def __init__(self, library: Library, marks: Marks, policy: Policy) -> None:
        self._library = library
        self._marks = marks
        self._budget = policy.budget
        self._drops = policy.on_timeout == "drop"

    def find(self, text: str, place: Place, candidates: Sequence[int]) -> list[Finding]:
        """Return what stands in the text, unsettled.

        Raises:
            Unscrubbable: A rule ran out of its time, and the policy is to drop what holds such a string.
        """
        found: list[Finding] = []
        lowered = ""
        rules = self._library.rules
        for index in candidates:
            if index >= len(rules):
                break
            if index in place.excluded:
                continue
            rule = rules[index]
            if rule.keywords:
                lowered = lowered or text.lower()
                if not any(word in lowered for word in rule.keywords):
                    continue
            told = not rule.context or index in place.told
            if not told:
                lowered = lowered or text.lower()
                if not any(word in lowered for word in rule.hints):
                    continue
            found += self._confirm(rule, text, told=told)
        return found

    def _confirm(self, rule: Rule, text: str, *, told: bool) -> list[Finding]:
        found: list[Finding] = []
        # Watching the clock takes a third of the time of looking at a short text.
        brief = rule.pattern.measured and len(text) <= BRIEF
        # A word of a label is none of the text's, whose whole it would take along.
        seen = self._marks.strip(text) if rule.pattern.whole else text
        matches = rule.regex.finditer(seen) if brief else rule.regex.finditer(seen, timeout=self._budget)
        try:
            for match in matches:
                start, end = (0, len(text)) if rule.pattern.whole else match.span(rule.cut)
                if (
                    start < end
                    and self._counts(rule, text[start:end])
                    and not self._marks.within(text, start, end)
                    and (told or self._near(rule, text, start, end))
                ):
                    found.append(Finding(start, end, rule.pattern))
        except TimeoutError as error:
            if self._drops:
                detail = f"pattern {rule.pattern.id} ran out of its budget"
                raise Unscrubbable(Reason.TIMED_OUT, detail) from error
            found.append(Finding(0, len(text), late(rule.pattern)))
        return found

    def _counts(self, rule: Rule, cut: str) -> bool:
        return not self._marks.only(cut) and (rule.validate is None or rule.validate(cut))

    def _near(self, rule: Rule, text: str, start: int, end: int) -> bool:
        """Tell whether a context word stands near; no mark is one, no word that the window cuts in two."""
        near = rule.pattern.near
        left = max(0, start - near)
        before, after = text[left:start], text[end : end + near]
        if left and text[left - 1].isalnum():
            before = before.lstrip(_ALNUM) if before.isascii() else _LEADING.sub("", before)
        if end + near < len(text) and text[end + near].isalnum():
            after = _TRAILING.sub("", after)
        sides = map(self._marks.strip, (before, after))
        return any(run in rule.context for side in sides for _, _, run in runs(segments(side)))


_ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LEADING = regex.compile(r"^[^\W_]+")
_TRAILING = regex.compile(r"[^\W_]+$")
