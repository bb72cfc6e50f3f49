"""What any store promises, whatever it is made of."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, Protocol

from scrubrelay.core.errors import Reason
from scrubrelay.core.evidence import Evidence
from scrubrelay.core.ledger import Booking, Fate, Imbalance
from scrubrelay.core.pipeline import Clean
from scrubrelay.core.policy.caps import Claim
from scrubrelay.core.wire.ratelimits import RateLimits
from scrubrelay.service.stores.audit import AuditStore
from scrubrelay.service.stores.firsts import FirstStore
from scrubrelay.service.stores.issues import IssueStore
from scrubrelay.service.stores.switches import SwitchStore

Quantities = tuple[tuple[str, int], ...]
Route = tuple[str, int, str]
"""What rate limits are kept under: `Target.route`."""


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How a store behaves.

    Args:
        durability: Whether a commit is on the platter ("fsync") or with the operating system ("os").
        max_bytes: Most bytes of envelopes that wait.
        keep_envelopes: Without targets: how many of the last envelopes are kept to look at.
        slot: Which of the worker processes this is; None for one that only looks on, as the CLI does.
        slots: How many workers there are.
        max_issues: How many issues are counted; those that were seen least recently go first.
    """

    durability: Literal["fsync", "os"] = "fsync"
    max_bytes: int = 2 * 2**30
    keep_envelopes: int = 200
    slot: int | None = 0
    slots: int = 1
    max_issues: int = 100_000


@dataclass(frozen=True, slots=True)
class Entry:
    """An envelope that came in, and what became of its items so far.

    Args:
        project_id: The number in the app's DSN.
        key: The public key in the app's DSN.
        event_id: 32 hex digits, if it has one.
        received_at: Seconds since the epoch.
        clean: What may leave; None if nothing is left of it.
        targets: Names of the targets it goes to; none in inspect mode.
        kept: What goes on: data category and quantity.
        dropped: What does not: data category, reason and quantity.
        limited: Those of `targets` that want none of it for longer than it could wait.
        evidence: What became of each item, for the audit.
        claim: Whose count its event is held against.
        capped: How many events were dropped for that count; with any, none is admitted.
    """

    project_id: int
    key: str
    event_id: str | None
    received_at: float
    clean: Clean | None
    targets: tuple[str, ...]
    kept: Quantities = ()
    dropped: tuple[tuple[str, Reason, int], ...] = ()
    limited: frozenset[str] = frozenset()
    evidence: tuple[Evidence, ...] = ()
    claim: Claim | None = None
    capped: int = 0


@dataclass(frozen=True, slots=True)
class Parcel:
    """One envelope on its way to one target.

    Args:
        id: Ascending in the order of arrival; also what the command line calls it.
        envelope_id: Shared by the parcels of one envelope.
        target: The target's name.
        project_id: As the app knows it.
        key: As the app knows it.
        event_id: 32 hex digits, if it has one.
        received_at: Seconds since the epoch.
        since: When its wait began, for its age: on arrival, or when an operator put it back.
        categories: The data categories in it; none if Sentry counts nothing in it.
        size: Bytes of the envelope.
        clean: The envelope; None if it is in the store only.
        attempt: How many tries have failed.
    """

    id: int
    envelope_id: int
    target: str
    project_id: int
    key: str
    event_id: str | None
    received_at: float
    since: float
    categories: tuple[str, ...]
    size: int
    clean: Clean | None
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of a parcel's wait.

    Args:
        id: Of the parcel.
        fate: It was forwarded, or dropped for a reason; `Reason.REFUSED` makes it a dead letter.
        at: When, in seconds since the epoch.
        status: What upstream answered, if it did.
    """

    id: int
    fate: Literal[Fate.FORWARDED] | Reason
    at: float
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """Drops that have not been reported to one target yet.

    Args:
        project_id: As the apps know it.
        key: As the apps know it.
        target: The target's name.
        counts: Reason, data category and quantity.
    """

    project_id: int
    key: str
    target: str
    counts: tuple[tuple[Reason, str, int], ...]


class State(IntEnum):
    """Where a stored parcel stands."""

    WAITING = 0
    """It will be sent."""
    DEAD = 1
    """Upstream refused it; it stays a while, for an operator to look at, retry or purge."""
    KEPT = 2
    """Inspect mode: it has nowhere to go."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A stored parcel as an operator sees it.

    Args:
        id: What `outbox show|retry|purge` take.
        state: Waiting, dead or kept.
        project_id: As the app knows it.
        target: The target's name, empty for none.
        event_id: 32 hex digits, if it has one.
        received_at: Seconds since the epoch.
        size: Bytes of the envelope.
        status: What upstream answered, if it refused.
        quantities: Data categories and quantities in it.
    """

    id: int
    state: State
    project_id: int
    target: str
    event_id: str | None
    received_at: float
    size: int
    status: int | None
    quantities: Quantities


@dataclass(frozen=True, slots=True)
class Status:
    """How full a store is.

    Args:
        used_bytes: Bytes of envelopes in it, each with an allowance for its row.
        max_bytes: Where it refuses more.
        waiting: Parcels to be sent.
        dead: Dead letters.
        kept: Envelopes kept in inspect mode.
        oldest: When the oldest waiting parcel was received.
    """

    used_bytes: int
    max_bytes: int
    waiting: int
    dead: int
    kept: int
    oldest: float | None


Report = Callable[[Pending], Clean | None]


class Store(Protocol):
    """An outbox and its ledger; every call is one transaction, durable when its future is done.

    Futures are done in the order of the calls, and so are the ids of the parcels that they bring.

    All but `count` raise `StoreUnavailable` when the store cannot write or read; it recovers by itself.
    """

    async def open(self) -> None:
        """Open it, making it if there is none; take over what an earlier worker of this slot left."""

    async def close(self) -> None:
        """Commit what is under way and let go of it."""

    @property
    def writable(self) -> bool:
        """Whether the last commit succeeded."""

    @property
    def audit(self) -> AuditStore:
        """What it keeps for the audit."""

    @property
    def switches(self) -> SwitchStore:
        """What it keeps of the emergency stop."""

    @property
    def issues(self) -> IssueStore:
        """What it counts for the caps."""

    @property
    def firsts(self) -> FirstStore:
        """What it counts for the sampling."""

    def append(self, entry: Entry) -> asyncio.Future[Sequence[Parcel]]:
        """Keep an envelope and book it; what has a claim is counted with it, in the same transaction.

        The future raises `RateLimited` if the store is full, and what `Count.admit` does; then nothing is
        kept or counted.
        """

    def count(self, entry: Entry) -> asyncio.Future[None]:
        """Book an envelope of which nothing is kept, in a sum with others.

        The future is done once it is committed, and never fails: what cannot be written now is, later on.
        """

    def settle(self, settlements: Iterable[Settlement]) -> asyncio.Future[int]:
        """End the wait of parcels, in no hurry; the future tells how many had not been settled before."""

    async def flush(self) -> None:
        """Return when everything asked for so far is committed."""

    async def waiting(self, target: str, after: int, limit: int, max_bytes: int) -> Sequence[Parcel]:
        """Read the next parcels of this slot for a target: at most `limit`, of about `max_bytes`."""

    async def newest(self) -> Sequence[tuple[str, int]]:
        """Return for each target with waiting parcels of this slot the id of its last."""

    async def body(self, envelope_id: int) -> Clean | None:
        """Read an envelope; None if it is gone."""

    async def save_limits(self, route: Route, limits: RateLimits, now: float) -> None:
        """Add to what a route has limited."""

    async def limits(self, now: float) -> Sequence[tuple[Route, RateLimits]]:
        """Read what all workers were told to hold back."""

    async def check(self) -> None:
        """See whether it can write again, if it could not; to be called every second or so."""

    async def claim(self) -> Sequence[Parcel]:
        """Take over what operators have put back, as if it had just arrived; bodies stay in the store."""

    async def take_reports(self, now: float, every: float, report: Report) -> Sequence[Parcel]:
        """Turn unreported drops into envelopes, for each project and target at most one `every` seconds."""

    async def prune(self, now: float, dead_age: float) -> None:
        """Forget dead letters that are too old or too many, and give free pages back."""

    async def listed(self, state: State | None = None, after: int = 0, limit: int = 100) -> Sequence[Listed]:
        """Return stored parcels in the order of arrival."""

    async def show(self, parcel_id: int) -> Clean | None:
        """Return the envelope of a parcel; None if there is no such parcel."""

    async def retry(self, parcel_ids: Sequence[int] | None, now: float) -> int:
        """Let dead letters wait again, all with None; return how many. A worker has to `claim` them."""

    async def purge(self, state: State, parcel_ids: Sequence[int] | None, now: float) -> int:
        """Remove parcels of a state, all with None; return how many."""

    async def books(self, since: float = 0.0) -> Sequence[Booking]:
        """Return the ledger's sums from the hour of `since` on; what waits is always included."""

    async def balance(self) -> Sequence[Imbalance]:
        """Return where the books do not balance, or do not agree with the parcels that are there."""

    async def status(self) -> Status:
        """Return how full it is."""
