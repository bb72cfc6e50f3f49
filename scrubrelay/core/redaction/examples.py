"""Runs every pattern's examples and counterexamples through the whole library."""

from collections.abc import Iterator

from scrubrelay.core.redaction.library import Library
from scrubrelay.core.redaction.pattern import Pattern
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor

_BUDGET = 1.0
"""Examples are short; a busy machine must not make one fail."""


def check_examples(library: Library) -> list[str]:
    """Return one line for every example that does not become what its pattern promises."""
    redactor = Redactor(library, Policy(budget=_BUDGET))
    return [problem for pattern in library.patterns for problem in _check(redactor, pattern)]


def _check(redactor: Redactor, pattern: Pattern) -> Iterator[str]:
    for number, example in enumerate(pattern.examples, 1):
        became, redactions = redactor.text(example.text, example.key)
        if became != example.becomes:
            by = ", ".join(sorted({one.pattern for one in redactions})) or "nothing"
            yield f"{pattern.id}: example {number}: expected {example.becomes!r}, got {became!r} (by {by})"
    for number, counter in enumerate(pattern.counterexamples, 1):
        became, redactions = redactor.text(counter.text, counter.key)
        if any(one.pattern == pattern.id for one in redactions):
            yield f"{pattern.id}: counterexample {number}: became {became!r}, though {counter.why}"
