"""Which issue an event belongs to, before it is sent: the hashes that Sentry would group it by.

The recipe is that of Sentry's grouping `newstyle:2023-01-11`. What only the server knows stays out: source
maps, symbols, a project's own rules, and issues merged later.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Any, Final

import regex

from scrubrelay.core.policy.grouping.chains import MOST_EXCEPTIONS, Failure, telling
from scrubrelay.core.policy.grouping.frames import Cut, Values, text
from scrubrelay.core.policy.grouping.parameterise import LONGEST, parameterise
from scrubrelay.core.policy.grouping.security import report
from scrubrelay.core.policy.grouping.stack_rules import NO_RULES, StackRules
from scrubrelay.core.policy.grouping.trace import VARIANTS, Trace, Ways
from scrubrelay.core.policy.grouping.variables import DEFAULT, message, resolved

RECIPE: Final = 2
"""The version of the recipe, for who compares keys of two relays.

It is not part of what caps count by: where a new recipe comes to the same hash, the count goes on.
"""
_CHECKSUM: Final = regex.compile(r"[0-9a-f]{32}")
_MESSAGES: Final = 4 * LONGEST
_NOTHING: Final = "nothing to group by"
_TYPED: Final = regex.compile(r"(\w+):([^\n]*)\Z")


@dataclass(frozen=True, slots=True)
class IssueKeys:
    """What an event is grouped by.

    Args:
        hashes: What Sentry computes: of the app's frames, then of all if they differ. Two events are of one
            issue if they share one.
        how: What they are made of: paths and kinds, and the texts too if asked.
        stable: One more, of type and message, where names of functions hold for one build only; else empty.
        recipe: The version of the recipe.
    """

    hashes: tuple[str, ...]
    how: tuple[str, ...] = ()
    stable: str = ""
    recipe: int = RECIPE

    @property
    def keys(self) -> tuple[str, ...]:
        """What a cap counts by: an event that shares any of them is of the same issue."""
        return (*self.hashes, self.stable) if self.stable else self.hashes


def issue_keys(
    event: Any, cut: Cut | None = None, *, rules: StackRules = NO_RULES, show: bool = False
) -> IssueKeys:
    """Return what an event is grouped by. Never raises, whatever JSON it is given.

    Args:
        event: The payload, parsed: a dict, if it is an event at all.
        cut: What redaction makes of a text under a dotted path. With it the key of a raw event is that of the
            scrubbed one; without it, only as far as values have the shapes of `parameterise`.
        rules: The project's own rules for stack traces, as in Sentry's settings.
        show: Whether `how` tells the texts themselves.
    """
    if not isinstance(event, dict):  # whatever was sent where an event belongs
        return IssueKeys((_hashed(()),), (_NOTHING,))
    reading = _Reading(event, cut, rules)
    parts = resolved(event, reading.exceptions, reading.ways)
    checksum = event.get("checksum")
    if isinstance(checksum, str) and checksum:
        found = checksum if _CHECKSUM.fullmatch(checksum) else _hashed((checksum,))
        return IssueKeys((found,), _told([("checksum", checksum)], show=show))
    if DEFAULT not in parts:
        return IssueKeys((_hashed(parts),), _told([("fingerprint", part) for part in parts], show=show))
    variants = reading.variants()
    hashes = dict.fromkeys(_salted(parts, values) for values in variants)
    values = variants[-1] if variants else []
    salt = [("fingerprint", part) for part in parts if part != DEFAULT]
    if not hashes:
        return IssueKeys((_hashed(()),), _told(salt, show=show) or (_NOTHING,))
    return IssueKeys(tuple(hashes), _told([*salt, *values], show=show), reading.stable(parts))


class _Reading:
    """One event, looked through for what tells its issue."""

    def __init__(self, event: Mapping[str, Any], cut: Cut | None, rules: StackRules) -> None:
        self._event = event
        self._cut = cut
        self.ways = Ways(text(event.get("platform")), cut, rules)
        self._failures: list[Failure] = []
        self._start, self.exceptions = self._raw_exceptions()

    def variants(self) -> list[Values]:
        """Return what counts: of the app's frames, of all frames; or one, where there are no frames."""
        for found in (self._chain, self._thread, self._stack):
            variants = found()
            if any(values for values, _ in variants):
                with_frames = [values for values, has_frames in variants if has_frames]
                return with_frames or [variants[0][0]]
        values = self._template() or report(self._event, self._cut) or self._message()
        return [values] if values else []

    def stable(self, parts: Iterable[str]) -> str:
        """Return a hash of types and messages if the frames are those of one build; else nothing."""
        if not any(one.trace.is_built for one in self._failures):
            return ""
        values: list[str] = []
        for one in self._failures:
            values += (one.type, one.message())
        return _hashed(["build:", *parts, *values])

    def _raw_exceptions(self) -> tuple[int, list[Mapping[str, Any]]]:
        found = _listed(self._event, "exception", "sentry.interfaces.Exception")
        start = max(0, len(found) - MOST_EXCEPTIONS)
        exceptions = [_normal(one) for one in found[start:] if isinstance(one, dict)]
        exceptions = [
            one for one in exceptions if one.get("type") or one.get("value")
        ]  # others are no errors
        stack = self._event.get("stacktrace")
        if len(found) == len(exceptions) == 1 and isinstance(stack, dict):
            exceptions[0] = {**exceptions[0], "stacktrace": stack}
        return start, exceptions

    def _chain(self) -> list[tuple[Values, bool]]:
        self._failures = [
            Failure(one, f"exception.values.{at}", self.ways)
            for at, one in enumerate(self.exceptions, self._start)
        ]
        if not self._failures:
            return []
        for one in self._failures:  # all messages together take no longer than some of the longest
            one.share = min(LONGEST, _MESSAGES // len(self._failures))
        chosen = telling(self._failures)
        framed = {variant: any(one.trace.values[variant] for one in chosen) for variant in VARIANTS}
        return [
            ([value for one in chosen for value in one.values(variant)], framed[variant])
            for variant in VARIANTS
            if framed[variant] or not any(framed.values())
        ]

    def _thread(self) -> list[tuple[Values, bool]]:
        """Of several threads only the one that crashed, or is current, or is alone."""
        threads = [one for one in _listed(self._event, "threads") if isinstance(one, dict)]
        for mark in ("crashed", "current", ""):
            marked = [one for one in threads if not mark or one.get(mark) is True]
            if len(marked) == 1:
                return self._of(marked[0].get("stacktrace"), "threads.values.stacktrace")
        return []

    def _stack(self) -> list[tuple[Values, bool]]:
        stack = self._event.get("stacktrace") or self._event.get("sentry.interfaces.Stacktrace")
        return self._of(stack, "stacktrace")

    def _of(self, raw: Any, where: str) -> list[tuple[Values, bool]]:
        trace = Trace(raw, where, self.ways)
        return [(trace.values[variant], bool(trace.values[variant])) for variant in VARIANTS]

    def _template(self) -> Values:
        template = self._event.get("template")
        if not isinstance(template, dict):
            return []
        return [
            (f"template.{name}", self._cut(found, f"template.{name}") if self._cut is not None else found)
            for name in ("filename", "context_line")
            if (found := text(template.get(name)))
        ]

    def _message(self) -> Values:
        found = message(self._event, template=True)
        if not found:
            return []
        found = parameterise(self._cut(found, "logentry.message") if self._cut is not None else found)
        return [("message", found)] if found else []


def _listed(event: Mapping[str, Any], *names: str) -> list[Any]:
    """Return a list that SDKs write as `{"values": [...]}`, as itself, or as its only member."""
    for name in names:
        found = event.get(name)
        if isinstance(found, dict):
            found = found.get("values", [found])
        if isinstance(found, list):
            return found
    return []


def _normal(exception: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the exception with its type, if it stands before its message only."""
    value = exception.get("value")
    if exception.get("type") or not isinstance(value, str):
        return exception
    typed = _TYPED.match(value[:LONGEST])
    return exception if typed is None else {**exception, "type": typed[1], "value": typed[2].strip()}


def _salted(parts: Iterable[str], values: Values) -> str:
    texts = [found for _, found in values]
    whole: list[str] = []
    for part in parts:
        whole += texts if part == DEFAULT else (part,)
    return _hashed(whole)


def _hashed(texts: Iterable[str]) -> str:
    return md5(_bytes("".join(texts)), usedforsecurity=False).hexdigest()


def _bytes(found: str) -> bytes:
    return found.encode("utf-8", "surrogatepass")


def _told(values: Values, *, show: bool) -> tuple[str, ...]:
    return tuple(f"{name} = {found}" if show else name for name, found in values)
