"""What nobody wants to see in Sentry: the first filter that hits an item ends it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from scrubrelay.core.errors import Reason
from scrubrelay.core.policy.event import CONTAINERS, Event
from scrubrelay.core.policy.globs import Expression, Glob, Globs, in_any

NEVER: Final = frozenset({"session", "sessions", "check_in", "client_report"})
"""Item types that no policy drops: without them Sentry's own numbers and alarms are wrong."""

ERRORS: Final = frozenset({"event"})
TRANSACTIONS: Final = frozenset({"transaction"})
REQUESTS: Final = frozenset({"event", "transaction"})
SOURCED: Final = CONTAINERS | {"event", "transaction", "feedback", "replay_event", "profile", "profile_chunk"}
"""Item types that say from which release and environment they come."""

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter.

    Args:
        name: What it is called in the configuration.
        reason: Why an item is dropped that it hits.
        types: The item types it looks at; None looks at all but those of `NEVER`.
        hits: Whether it hits an item; never fails.
        of_payload: Whether it asks for the payload.
    """

    name: str
    reason: Reason
    types: frozenset[str] | None
    hits: Callable[[Event], bool]
    of_payload: bool = True

    def looks_at(self, event: Event) -> bool:
        """Tell whether an item is one of those that it is for, and can be read."""
        wanted = event.type not in NEVER if self.types is None else event.type in self.types
        return wanted and (not self.of_payload or event.document is not None)


@dataclass(frozen=True, slots=True)
class Filters:
    """All filters of a project, in the order in which they are tried."""

    filters: tuple[Filter, ...] = ()

    def first(self, event: Event) -> Filter | None:
        """Return the filter that ends an item, None if it goes on."""
        return next((one for one in self.filters if one.looks_at(event) and one.hits(event)), None)

    def tried(self, event: Event) -> Iterator[tuple[Filter, bool]]:
        """Yield all the filters that look at an item, each with whether it hits."""
        return ((one, one.hits(event)) for one in self.filters if one.looks_at(event))


NO_FILTERS: Final = Filters()


def client_addresses(networks: Sequence[Network]) -> Filter:
    """Return the filter of the sender's address, whatever it sends."""

    def hits(event: Event) -> bool:
        try:
            address = ip_address(event.client.address or "")
        except ValueError:
            return False
        other = IPv6Address(f"::ffff:{address}") if address.version == 4 else address.ipv4_mapped
        return any(one in network for network in networks for one in (address, other) if one)

    return Filter("client_addresses", Reason.CLIENT_ADDRESS, None, hits, of_payload=False)


def releases(globs: Iterable[Glob]) -> Iterator[Filter]:
    """Yield the filters of releases."""
    for glob in globs:
        yield Filter(f'releases "{glob.source}"', Reason.RELEASE, SOURCED, partial(_of_release, glob))


def _of_release(glob: Glob, event: Event) -> bool:
    return glob.matches(event.release)


def environments(globs: Iterable[Glob]) -> Iterator[Filter]:
    """Yield the filters of environments."""
    for glob in globs:
        hits = partial(_of_environment, glob)
        yield Filter(f'environments "{glob.source}"', Reason.ENVIRONMENT, SOURCED, hits)


def _of_environment(glob: Glob, event: Event) -> bool:
    return glob.matches(event.environment)


def error_messages(matchers: Iterable[Glob | Expression]) -> Iterator[Filter]:
    """Yield the filters of messages: of the event, and of each exception with and without its type."""
    for matcher in matchers:
        hits = partial(_of_message, matcher)
        yield Filter(f'error_messages "{matcher.source}"', Reason.ERROR_MESSAGE, ERRORS, hits)


def _of_message(matcher: Glob | Expression, event: Event) -> bool:
    return in_any(matcher, _messages(event), event)


def _messages(event: Event) -> Iterator[str]:
    yield from event.messages
    for one in event.exceptions:
        yield from filter(None, dict.fromkeys((one.line, one.value)))


@dataclass(frozen=True, slots=True)
class Trivial:
    """Transactions that say nothing: all that is said here must hold.

    Args:
        names: What the transaction's name is like; None says nothing about it.
        ops: What its operation is like; None says nothing about it.
        shorter_than: Seconds it took less than.
    """

    names: Globs | None = None
    ops: Globs | None = None
    shorter_than: float | None = None

    def hits(self, event: Event) -> bool:
        """Tell whether a transaction is one of them."""
        if self.names is not None and not self.names.matches(event.transaction):
            return False
        if self.ops is not None and not self.ops.matches(event.op):
            return False
        seconds = event.seconds
        return self.shorter_than is None or (seconds is not None and 0 <= seconds < self.shorter_than)


def trivial_transactions(kinds: Iterable[Trivial]) -> Iterator[Filter]:
    """Yield the filters of trivial transactions."""
    for number, one in enumerate(kinds, start=1):
        yield Filter(
            f"trivial_transactions number {number}", Reason.TRIVIAL_TRANSACTION, TRANSACTIONS, one.hits
        )
