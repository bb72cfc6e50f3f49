"""Scrubs one string: looks until nothing is left to find, then says what was cut and where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from scrubrelay.core.redaction.library import Library
from scrubrelay.core.redaction.marks import Action, Marks
from scrubrelay.core.redaction.pattern import Pattern
from scrubrelay.core.redaction.places import Node
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.scanner import Scanner
from scrubrelay.core.redaction.spans import Cut, Finding, covering, replace, settle

SUBSTITUTED, REMOVED, MASKED, PSEUDONYMIZED = "s", "x", "m", "p"
KINDS: Final[Mapping[str, str]] = {
    "replace": SUBSTITUTED,
    "remove": REMOVED,
    "mask": MASKED,
    "partial": MASKED,
    "hash": PSEUDONYMIZED,
}
"""Actions, and what `_meta` calls them (relay-event-schema, `RemarkType`)."""
_ROUNDS: Final = 8
"""What a cut leaves may read differently than before; a text that is never at peace is hidden whole."""
_SAYS_NOTHING: Final = frozenset({"", "true", "false", "null", "none", "undefined", "nil"})
"""What Relay leaves under a sensitive key too: whether something was set is worth knowing."""
HIDDEN: Final = Pattern("scrubrelay.hidden", "[hidden]", "Nobody could look into it in time.")
CUSTOM_ID: Final = "keys.custom"


def custom(names: Iterable[str]) -> Pattern:
    """Return the pattern of the keys that the configuration names."""
    return Pattern(CUSTOM_ID, "[hidden]", "The configuration names this key.", words=tuple(names))


@dataclass(frozen=True, slots=True)
class Result:
    """A string in which something was found.

    Args:
        text: What stands there now.
        cuts: What was cut, in order, with its place in `text`.
    """

    text: str
    cuts: tuple[Cut, ...]


class Strings:
    """Scrubs strings by a library and a policy."""

    def __init__(self, library: Library, policy: Policy) -> None:
        self.marks = Marks({*(one.label for one in library.patterns), HIDDEN.label})
        self._prefilter = library.prefilter
        self._scanner = Scanner(library, self.marks, policy.budget)
        self._actions: Mapping[str, Action] = {
            one.id: policy.compile_action(one) for one in (*library.patterns, HIDDEN, custom(()))
        }

        self.remark_kinds: Mapping[str, str] = {
            one.id: KINDS[policy.action_for(one)] for one in (*library.patterns, HIDDEN, custom(()))
        }

    def scrub(self, text: str, node: Node) -> Result | None:
        """Return what becomes of a string; None if it stays as it is."""
        current = text
        cuts: list[Cut] = []
        for _ in range(_ROUNDS):
            findings = self.find(current, node)
            if not findings:
                return Result(current, tuple(cuts)) if cuts else None
            findings = covering(findings, cuts) if cuts else settle(findings)
            current, cuts = replace(current, findings, cuts, self.hide)
        return self.whole(text, HIDDEN)

    def find(self, text: str, node: Node) -> list[Finding]:
        """Return what stands in the text, unsettled."""
        candidates = self._prefilter.candidates(text)
        return self._scanner.find(text, node.place, candidates) if candidates else []

    def whole(self, text: str, pattern: Pattern) -> Result | None:
        """Return what becomes of a string that is hidden whole; None if there is nothing to hide any more."""
        if text.lower() in _SAYS_NOTHING or self.marks.value(text):
            return None
        hidden = self.hide(pattern, text)
        return Result(hidden, (Cut(0, len(hidden), pattern),))

    def hide(self, pattern: Pattern, text: str) -> str:
        """Return what stands in the place of a cut."""
        return self._actions[pattern.id](pattern, text)
