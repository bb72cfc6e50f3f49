"""Errors that are expected, by the type of their exception and what else must hold."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from scrubrelay.core.errors import Reason
from scrubrelay.core.policy.event import Event, Thrown
from scrubrelay.core.policy.filters import ERRORS, Filter
from scrubrelay.core.policy.globs import Expression, Glob, Globs, in_any
from scrubrelay.core.policy.status import Status, status_of


@dataclass(frozen=True, slots=True)
class Ignored:
    """A kind of error that is expected: all that is said here must hold.

    Args:
        types: The type of an exception of its chain; big and small letters differ, as in code.
        message: That exception's text, with or without its type; for an event without one, its message.
        status: The status code that the exception stands for.
        fields: `level`, `logger`, `transaction`, `environment`, `release` -> what the event's is like.
        tags: A tag's name -> what its value is like.
        match: Whether any exception of the chain counts, or only the outermost.
        shown: What the filter is called in messages.
    """

    types: Globs | None = None
    message: Glob | Expression | None = None
    status: Status | None = None
    fields: Mapping[str, Globs] = field(default_factory=dict)
    tags: Mapping[str, Globs] = field(default_factory=dict)
    match: Literal["any", "outermost"] = "any"
    shown: str = ""

    def hits(self, event: Event) -> bool:
        """Tell whether an event is one of them."""
        return self._of_event(event) and self._of_exceptions(event)

    def _of_event(self, event: Event) -> bool:
        if not all(globs.matches(getattr(event, name)) for name, globs in self.fields.items()):
            return False
        return all(globs.matches(event.tags.get(name, "")) for name, globs in self.tags.items())

    def _of_exceptions(self, event: Event) -> bool:
        chain = event.exceptions if self.match == "any" else event.exceptions[-1:]
        if not chain and self.types is None and self.status is None:
            return self.message is None or in_any(self.message, event.messages, event)
        return any(self._of_one(event, one) for one in chain)

    def _of_one(self, event: Event, thrown: Thrown) -> bool:
        if self.types is not None and not any(self.types.matches(name) for name in thrown.names):
            return False
        if self.status is not None:
            code = status_of(event, thrown)
            if code is None or not self.status.holds(code):
                return False
        return self.message is None or in_any(self.message, (thrown.line, thrown.value), event)


def ignore_errors(kinds: Iterable[Ignored]) -> Iterator[Filter]:
    """Yield the filters of expected errors."""
    for one in kinds:
        yield Filter(f"ignore_errors {one.shown}", Reason.IGNORED_ERROR, ERRORS, one.hits)
