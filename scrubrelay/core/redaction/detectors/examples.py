"""Runs every pattern's examples and counterexamples through the whole library."""

from collections.abc import Iterable, Iterator

from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor

_BUDGET = 1.0
"""Examples are short; a busy machine must not make one fail."""


def check_examples(library: Library, only: Iterable[Pattern] | None = None) -> list[str]:
    """Return one line for every example that does not become what its pattern promises.

    Args:
        library: What every example runs through.
        only: The patterns whose examples to run; all of the library without it.
    """
    redactor = Redactor(library, Policy(budget=_BUDGET))
    patterns = library.patterns if only is None else only
    return [problem for pattern in patterns for problem in _check(redactor, pattern)]


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
