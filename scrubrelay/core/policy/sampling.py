"""Which share of traces goes on, so that what is counted from them is still right.

One draw holds for a whole trace, on every relay and in every project: what has a share of 0.3 keeps all
traces that a share of 0.1 keeps. It is the head's own `sample_rand` where there is one; else a keyed hash of
the trace id, which is another number than the one that Sentry's servers draw from the same id: were it the
same, their sampling would keep all of what is left, or nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, Literal

from scrubrelay.core.policy.containers import entries_of, with_only
from scrubrelay.core.policy.event import DEFAULT_ENVIRONMENT, Event, attributes_of
from scrubrelay.core.policy.globs import Globs
from scrubrelay.core.wire.envelope import Item
from scrubrelay.core.wire.trace import NO_TRACE, Trace, trace_id

What = Literal["traces", "errors", "logs"]
WHAT: Final[Mapping[str, What]] = {
    "transaction": "traces",
    "span": "traces",
    "event": "errors",
    "log": "logs",
}
"""What an item type is to sampling; others are never sampled."""

_CONTAINERS: Final = frozenset({"span", "log"})

BUSY: Final = 10_000
"""Transactions a day from which on a project in production is sampled twice as hard by the preset."""

_KEY: Final = b"scrubrelay: which traces go on"
_PRESET: Final[Mapping[str, float]] = {
    "development": 1.0,
    "dev": 1.0,
    "local": 1.0,
    "staging": 0.3,
    "stage": 0.3,
    "production": 0.1,
    "prod": 0.1,
}
_PRESET_BUSY: Final = 0.05
_OWN: Final = ("timestamp", "span_id", "start_timestamp")


@dataclass(frozen=True, slots=True)
class Unit:
    """What one decision is about: a transaction, a span, a line of a log or an error.

    Args:
        what: Which of them.
        trace_id: The trace that it belongs to, empty if unknown.
        own: What tells it from others where there is no trace.
        trace: What is known of that trace.
        transaction: The name of the transaction at the head of the trace, else of its own.
        op: Its operation.
        release: That of the head, else its own.
        environment: That of the head, else its own.
        tags: Its tags or attributes.
    """

    what: What
    trace_id: str = ""
    own: bytes = b""
    trace: Trace = NO_TRACE
    transaction: str = ""
    op: str = ""
    release: str = ""
    environment: str = DEFAULT_ENVIRONMENT
    tags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_event(cls, event: Event, what: What) -> "Unit":
        """Return what is to be decided about an item that is one thing."""
        trace = event.trace if event.trace_id == event.trace.id else NO_TRACE
        head = trace if what == "traces" else NO_TRACE
        return cls(
            what,
            event.trace_id,
            event.item.payload,
            trace,
            head.transaction or event.transaction,
            event.op or _text(event.fields.get("op")),
            head.release or event.release,
            head.environment or event.environment,
            event.tags,
        )

    @classmethod
    def of_entry(cls, entry: Any, number: int, event: Event, what: What) -> "Unit":
        """Return what is to be decided about one entry of a container."""
        fields = entry if isinstance(entry, dict) else {}
        own_id = trace_id(fields.get("trace_id")) or event.trace.id
        trace = event.trace if own_id == event.trace.id else NO_TRACE
        head = trace if what == "traces" else NO_TRACE
        tags = attributes_of(fields)
        return cls(
            what,
            own_id,
            "|".join((str(number), *(str(fields.get(name)) for name in _OWN if name in fields))).encode(
                errors="backslashreplace"
            ),
            trace,
            head.transaction or tags.get("sentry.segment.name", ""),
            tags.get("sentry.op", ""),
            head.release or tags.get("sentry.release", ""),
            head.environment or tags.get("sentry.environment", DEFAULT_ENVIRONMENT),
            tags,
        )

    def is_kept(self, share: float) -> bool:
        """Tell whether it is one of the share that goes on."""
        if share >= 1:
            return True
        if (rand := self._rand) is not None:
            return rand < self._rate * share
        return _hashed(self.trace_id.encode() or self.own) < share

    @property
    def drawn_by(self) -> Literal["sample_rand", "trace id", "itself"]:
        """What decides: the number of the head, else the trace's id, else itself."""
        if self._rand is not None:
            return "sample_rand"
        return "trace id" if self.trace_id else "itself"

    @property
    def _rate(self) -> float:
        """The share that the SDK kept; it sends errors and logs whether their trace was drawn or not."""
        return (self.trace.rate or 1.0) if self.what == "traces" else 1.0

    @property
    def _rand(self) -> float | None:
        """The head's number; one that the SDK would not have kept was not drawn for this decision."""
        rand = self.trace.rand
        return rand if rand is not None and rand < self._rate else None


def _hashed(seed: bytes) -> float:
    digest = blake2b(seed, digest_size=8, key=_KEY).digest()
    return (int.from_bytes(digest) >> 11) / 2**53


@dataclass(frozen=True, slots=True)
class Rule:
    """A share for what is like this; all that is said must hold.

    Args:
        share: From 0 to 1.
        name: What it is called in the configuration.
        what: What it is about.
        fields: `transaction`, `op`, `release`, `environment` -> what they are like.
        tags: A tag's or an attribute's name -> what its value is like.
    """

    share: float
    name: str = ""
    what: What = "traces"
    fields: Mapping[str, Globs] = field(default_factory=dict)
    tags: Mapping[str, Globs] = field(default_factory=dict)

    def holds(self, unit: Unit) -> bool:
        """Tell whether it is about this."""
        if self.what != unit.what:
            return False
        if not all(globs.matches(getattr(unit, name)) for name, globs in self.fields.items()):
            return False
        return all(globs.matches(unit.tags.get(name, "")) for name, globs in self.tags.items())


@dataclass(frozen=True, slots=True)
class Share:
    """How much of what is like a unit goes on, and what says so.

    Args:
        share: From 0 to 1.
        name: Of the rule in the configuration; empty if nothing says anything.
    """

    share: float = 1.0
    name: str = ""


_ALL: Final = Share()


@dataclass(frozen=True, slots=True)
class Sampling:
    """The sampling of a project.

    Args:
        rules: The first that is about a unit counts, whatever the environment.
        rates: Shares of traces by environment; the first that matches counts.
        by_environment: Whether the preset holds for the rest.
        minimum: How many transactions of a name go on each hour before any share counts; 0 for none.
    """

    rules: tuple[Rule, ...] = ()
    rates: tuple[Rule, ...] = ()
    by_environment: bool = False
    minimum: int = 0

    def samples(self, what: What) -> bool:
        """Tell whether anything is said about this at all."""
        everywhere = self.by_environment or bool(self.rates)
        return (everywhere and what == "traces") or any(rule.what == what for rule in self.rules)

    def share(self, unit: Unit, daily: int) -> Share:
        """Return how much of what is like a unit goes on.

        Args:
            unit: What is to be decided about.
            daily: How many transactions the project has had within a day.
        """
        for rule in (*self.rules, *self.rates):
            if rule.holds(unit):
                return Share(rule.share, rule.name)
        if not self.by_environment or unit.what != "traces":
            return _ALL
        share = _PRESET.get(unit.environment.casefold())
        if share is None:
            return _ALL
        if share == _PRESET["production"] and daily > BUSY:
            share = _PRESET_BUSY
        return Share(share, 'preset "by-environment"')

    def cut(self, event: Event, daily: int) -> "Cut | None":
        """Return what is left of an item; None if nothing is said about such items, or it cannot be read."""
        what = WHAT.get(event.type)
        if what is None or not self.samples(what) or event.document is None:
            return None
        if what == "errors" and event.fields.get("type") == "feedback":
            return None
        entries = entries_of(event.document) if event.type in _CONTAINERS else None
        if entries is not None:
            return self._cut_entries(event, entries, what, daily)
        unit = Unit.of_event(event, what)
        share = self.share(unit, daily)
        return Cut(event.item if unit.is_kept(share.share) else None, unit, share)

    def first(self, event: Event, daily: int) -> str | None:
        """Return the name of a transaction that may be one of the first of its hour, if that is of use to it.

        A name that is a bare URL is as good as none: each visitor would bring a new one.
        """
        if not self.minimum or event.type != "transaction" or event.document is None:
            return None
        info = event.fields.get("transaction_info")
        if not event.transaction or (isinstance(info, dict) and info.get("source") == "url"):
            return None
        unit = Unit.of_event(event, "traces")
        return event.transaction if self.share(unit, daily).share < 1 else None

    def _cut_entries(self, event: Event, entries: Sequence[Any], what: What, daily: int) -> "Cut":
        units = [Unit.of_entry(one, number, event, what) for number, one in enumerate(entries)]
        shares = [self.share(unit, daily) for unit in units]
        kept = [unit.is_kept(one.share) for unit, one in zip(units, shares, strict=True)]
        left = [at for at, stays in enumerate(kept) if stays]
        # What the header can tell of is its own trace, wherever in the container that is.
        first = next((at for at in left if units[at].trace is not NO_TRACE), *left[:1] or [0])
        unit, share, several = units[first], shares[first], len({units[at].trace_id for at in left}) > 1
        if all(kept) or not left:
            return Cut(event.item if left else None, unit, share, several=several)
        name = shares[kept.index(False)].name
        item = with_only(event.item, kept) or event.item
        return Cut(item, unit, share, name, len(kept), several=several)


@dataclass(frozen=True, slots=True)
class Cut:
    """What is left of an item.

    Args:
        kept: The item, or a container with some of its entries; None if nothing is.
        unit: What was decided about, or the first entry that goes on.
        share: Of which it is one.
        name: What let go of the rest, if that is another than the share's.
        entries: How many there were, if some are gone.
        several: Whether what is left is of more than one trace.
    """

    kept: Item | None
    unit: Unit
    share: Share
    name: str = ""
    entries: int = 0
    several: bool = False


NO_SAMPLING: Final = Sampling()


def sampled(headers: Mapping[str, Any], unit: Unit, share: float, key: str) -> Mapping[str, Any]:
    """Return an envelope's headers with the rate that its trace has now, from which Sentry extrapolates.

    Args:
        headers: As they came.
        unit: The transaction or span that goes on.
        share: The share of which it is one.
        key: The project's public key, for a trace header where an old SDK sent none.
    """
    if share >= 1 or not unit.trace_id:
        return headers
    trace = headers.get("trace")
    if not isinstance(trace, dict):
        made = {"trace_id": unit.trace_id, "public_key": key, "sample_rate": repr(share)}
        return {**headers, "trace": made}
    if unit.trace is NO_TRACE:
        return headers
    rate = (unit.trace.rate or 1.0) * share
    written = rate if isinstance(trace.get("sample_rate"), int | float) else repr(rate)
    return {**headers, "trace": {**trace, "sample_rate": written}}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
