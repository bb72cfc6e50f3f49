"""Which exceptions of a chain or a group tell the issue."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from scrubrelay.core.policy.grouping.frames import Values, text
from scrubrelay.core.policy.grouping.parameterise import LONGEST, READ, parameterise
from scrubrelay.core.policy.grouping.trace import Trace, Ways

MOST_EXCEPTIONS: Final = 50
"""The newest of a chain: as many as Sentry's SDKs send at most."""


class Failure:
    """One exception, as far as it tells the issue.

    Args:
        raw: As the SDK wrote it.
        where: Its dotted path.
        ways: How it is read.

    Attributes:
        share: Characters of its message that are looked at.
    """

    __slots__ = (
        "_cut", "_ns_error", "_rest", "_value", "_where", "id", "is_group", "parent", "share",
        "trace", "type",
    )  # fmt: skip

    def __init__(self, raw: Mapping[str, Any], where: str, ways: Ways) -> None:
        cut = ways.cut
        self.type = text(raw.get("type"))
        if cut is not None and self.type:
            self.type = cut(self.type, "exception.values.*.type")
        self._value: str = raw["value"] if isinstance(raw.get("value"), str) else ""
        self._cut, self._where = cut, where
        self.share = LONGEST
        mechanism = raw.get("mechanism")
        mechanism = mechanism if isinstance(mechanism, dict) else {}
        self.id, self.parent = _id(mechanism.get("exception_id")), _id(mechanism.get("parent_id"))
        self.is_group = mechanism.get("is_exception_group") is True
        self._ns_error = _ns_error(mechanism)
        thrown = {}
        if ways.rules.rules:
            kind = text(mechanism.get("type"))
            thrown = {"type": self.type, "value": self._left()[:LONGEST], "mechanism": kind}
        self.trace = Trace(raw.get("stacktrace"), f"{where}.stacktrace", ways, thrown)
        self._rest: Values = [(f"{where}.mechanism.meta.ns_error", part) for part in self._ns_error if part]
        if self.type and mechanism.get("synthetic") is not True:
            self._rest.insert(0, (f"{where}.type", self.type))

    def values(self, variant: str) -> Values:
        """Return what counts of it, of the app's frames or of all."""
        frames = self.trace.values[variant]
        if frames:
            return frames + self._rest
        if variant == "system" and not self.trace:  # beside others with frames, it counts as the app's own
            return []
        message = "" if self._ns_error else self.message()
        return [*self._rest, (f"{self._where}.value", message)] if message else self._rest

    def likeness(self) -> tuple[object, ...]:
        """Return what members of a group are told apart by: all of it, whether it counts or not."""
        return self.type, self.message(), self._ns_error, self.trace.likeness()

    def message(self) -> str:
        """Return its message, with placeholders for values."""
        return parameterise(self._left()[: self.share])

    def _left(self) -> str:
        """Return its message as redaction leaves it."""
        found = self._value[:READ]
        return self._cut(found, "exception.values.*.value") if self._cut is not None else found


def _id(value: Any) -> int | None:
    """Return a number, also where a parser kept its spelling."""
    if isinstance(value, str):
        return int(value) if value.isdecimal() and len(value) < 16 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _ns_error(mechanism: Mapping[str, Any]) -> tuple[str, ...]:
    meta = mechanism.get("meta")
    error = meta.get("ns_error") if isinstance(meta, dict) else None
    if not isinstance(error, dict):
        return ()
    code = error.get("code")
    return text(error.get("domain")), str(code)[:32] if isinstance(code, int | str) else ""


def telling(failures: Sequence[Failure]) -> Sequence[Failure]:
    """Return those that count, in order: of a group its distinct members, or the one kind they are of.

    A chain without the SDK's numbering, or with one that cannot be, counts as it is.
    """
    if len(failures) < 2 or any(one.id is None for one in failures):
        return failures
    by_id: dict[int | None, Failure] = {}
    children: dict[int | None, list[Failure]] = {}
    for one in reversed(failures):
        by_id[one.id] = one
        if one.parent is not None:
            children.setdefault(one.parent, []).append(one)
    root = by_id.get(0)
    if root is None:
        return failures
    try:
        members = sorted(_members(root, children), key=lambda one: one.type or "None", reverse=True)
        distinct = [next(alike) for _, alike in groupby(members, Failure.likeness)]
        if len(distinct) == 1:
            return list(_first_path(distinct[0], children))
    except RecursionError:  # an exception that is its own cause
        return failures
    return [*distinct, root]


def _members(root: Failure, children: Mapping[int | None, list[Failure]]) -> Iterator[Failure]:
    """Yield the exceptions just below groups, in order, wherever they are in the tree."""
    waiting, met = [root], 0
    while waiting:
        one = waiting.pop()
        met += 1
        if met > 2 * MOST_EXCEPTIONS:
            raise RecursionError
        if one.is_group:
            waiting += reversed(children.get(one.id, []))
        else:
            yield one


def _first_path(one: Failure, children: Mapping[int | None, list[Failure]]) -> Iterator[Failure]:
    met = set()
    while one.id not in met:
        met.add(one.id)
        yield one
        below = children.get(one.id)
        if not below:
            return
        one = below[0]
    raise RecursionError
