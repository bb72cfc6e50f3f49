"""Why a string was left: the patterns that came near it, and what said no."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import regex

from scrubrelay.core.redaction.detectors.keys import runs, segments
from scrubrelay.core.redaction.detectors.library import Library, Rule, group_of
from scrubrelay.core.redaction.detectors.pattern import Pattern, compile_match
from scrubrelay.core.redaction.document.places import Node, Tree
from scrubrelay.core.redaction.text.marks import Marks

_BUDGET: Final = 0.5
"""Seconds that one pattern may take on one string: somebody waits for the answer, but just one."""
_SHORTEST: Final = 4
"""Letters of a keyword below which every second text has it."""
_LONGEST: Final = 32_768


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A pattern that looked at a string, or would have, and cut nothing; holds no text of the string.

    Args:
        path: Where, dotted from the root of the payload.
        pattern: The pattern's id.
        why: What said no.
    """

    path: str
    pattern: str
    why: str


class Explainer:
    """Looks at strings that scrubbing left, without the engine and with every rule.

    Args:
        library: The rules.
        marks: What is no text of anybody.
        tree: What the rules make of paths.
    """

    def __init__(self, library: Library, marks: Marks, tree: Tree) -> None:
        self._rules = library.rules
        self._marks = marks
        self._tree = tree

    def document(self, document: Any, kind: str) -> Iterator[NearMiss]:
        """Yield what came near in a parsed document that was scrubbed, string by string.

        Args:
            document: As it goes out.
            kind: The type of its item.
        """
        yield from self._value(document, self._tree.root(kind), ())

    def _value(self, value: Any, node: Node, path: tuple[str, ...]) -> Iterator[NearMiss]:
        if isinstance(value, dict):
            for key, one in value.items():
                if path or key != "_meta":
                    yield from self._value(one, self._tree.child(node, key), (*path, key))
        elif isinstance(value, list):
            for number, one in enumerate(value):
                yield from self._value(one, self._tree.child(node, "*"), (*path, str(number)))
        elif isinstance(value, str) and value and node.hider is None:
            for pattern, why in self.text(value, node):
                yield NearMiss(".".join(path), pattern.id, why)

    def text(self, text: str, node: Node) -> Iterator[tuple[Pattern, str]]:
        """Yield the patterns that came near a string, and what said no."""
        text = text[:_LONGEST]
        lowered = text.lower()
        for rule in self._rules:
            why = self._why(rule, text, lowered, node)
            if why:
                yield rule.pattern, why

    def _why(self, rule: Rule, text: str, lowered: str, node: Node) -> str:
        keyword = next((word for word in rule.keywords if word in lowered), "")
        if rule.keywords and not keyword:
            return ""
        try:
            spans = self._spans(rule.pattern, text)
        except TimeoutError:
            return "it would run out of its budget on this string"
        if not spans:
            said = len(keyword) >= _SHORTEST and rule.index not in node.place.excluded
            return f"its keyword {keyword!r} is there, its shape is not" if said else ""
        return self._objection(rule, text, spans, node)

    def _spans(self, pattern: Pattern, text: str) -> list[tuple[int, int]]:
        """Return where the bare shape matches, whatever its other demands; marks are no matches."""
        if pattern.literals is not None:
            return []
        cut = group_of(pattern)
        spans = (found.span(cut) for found in compile_match(pattern).finditer(text, timeout=_BUDGET))
        return [(start, end) for start, end in spans if start < end and not self._marks.only(text[start:end])]

    def _objection(self, rule: Rule, text: str, spans: list[tuple[int, int]], node: Node) -> str:
        pattern = rule.pattern
        valid = [text[at:end] for at, end in spans if rule.validate is None or rule.validate(text[at:end])]
        if not valid:
            return f"its shape is there, its checksum ({pattern.validator}) says no"
        if rule.index in node.place.excluded:
            return "it would cut, but does not look at this path (only_at, not_at, or a rule)"
        if rule.context and rule.index not in node.place.told and not self._has_context(rule, text):
            words = ", ".join(pattern.context[:_SHORTEST])
            return f"its shape is there, but none of its context words ({words}, …)"
        if rule.context and rule.index not in node.place.told:
            return f"its context word is not within {pattern.near} characters"
        if pattern.entropy or pattern.allow:
            return "its shape is there, but its `entropy` or `allow` lets it stay"
        return ""

    def _has_context(self, rule: Rule, text: str) -> bool:
        found = {run for _, _, run in runs(segments(_LABEL.sub(" ", text)))}
        return not found.isdisjoint(rule.context)


_LABEL: Final = regex.compile(r"\[[^\[\]]*\]")
