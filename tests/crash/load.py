"""Apps that post events and remember which of them they were told are safe."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp

from scrubrelay.core.ledger import Account, Fate, Imbalance, imbalances
from scrubrelay.testing import MiniSentry, make_event
from tests.helpers.relay import KEY, Relay

PROJECT = 42
_PAUSE = (
    0.01  # between two events of one app: some hundreds a second in all, which leaves room for the others
)
_TIMEOUT = 60.0
_DRAIN_TIMEOUT = 60.0


class Load:
    """What the apps have seen so far."""

    def __init__(self, relay: Relay, padding: int) -> None:
        self._url = f"{relay.url}/api/{PROJECT}/envelope/?sentry_key={KEY}"
        self._padding = "x " * (padding // 2)
        self.acknowledged: list[str] = []
        """The ids of the events that were answered 200."""
        self.answers: Counter[int] = Counter()
        """How often each status was answered; 0 is a connection that failed."""
        self.stopped = False
        self._answered = asyncio.Event()

    async def acknowledges(self, more: int) -> None:
        """Return when so many more events have been acknowledged."""
        wanted = len(self.acknowledged) + more
        await self._until(lambda: len(self.acknowledged) >= wanted)

    async def answers_with(self, *statuses: int) -> None:
        """Return when one more event was answered with one of these statuses."""
        before = [self.answers[status] for status in statuses]
        await self._until(lambda: [self.answers[status] for status in statuses] != before)

    async def _until(self, done: Callable[[], bool]) -> None:
        async with asyncio.timeout(_TIMEOUT):
            while not done():
                self._answered.clear()
                await self._answered.wait()

    async def post_on(self, session: aiohttp.ClientSession) -> None:
        """Be one app: post until stopped, whatever is answered."""
        while not self.stopped:
            event_id = uuid.uuid4().hex
            status = await self._post(
                session, make_event(event_id, message=f"{self._padding} mara@example.com")
            )
            self.answers[status] += 1
            self.acknowledged += [event_id] * (status == 200)
            self._answered.set()
            await asyncio.sleep(_PAUSE)

    async def _post(self, session: aiohttp.ClientSession, body: bytes) -> int:
        try:
            async with session.post(self._url, data=body) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0


@asynccontextmanager
async def loading(relay: Relay, apps: int = 6, padding: int = 500) -> AsyncIterator[Load]:
    """Let some apps post for the length of a block."""
    load = Load(relay, padding)
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
        for _ in range(apps):
            group.create_task(load.post_on(session))
        try:
            yield load
        finally:
            load.stopped = True


async def missing(sentry: MiniSentry, load: Load) -> set[str]:
    """Return what was acknowledged and has not arrived; waits until nothing is missing, or for a minute."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_TIMEOUT):
            while set(load.acknowledged) - set(sentry.event_ids()):
                await sentry.received(len(sentry.accepted) + 1, _DRAIN_TIMEOUT)
    return set(load.acknowledged) - set(sentry.event_ids())


def books(relay: Relay) -> list[tuple[Account, int]]:
    """Return the relay's ledger as its admin listener shows it."""
    lines = [dict(line) for line in relay.admin("/api/status")["ledger"]]
    return [(Account(**{name: line[name] for name in Account._fields}), line["quantity"]) for line in lines]


def unbalanced(relay: Relay) -> list[Imbalance]:
    """Return where the ledger does not balance."""
    return imbalances(books(relay))


def _at_targets(relay: Relay) -> Counter[str]:
    fates: Counter[str] = Counter()
    for account, quantity in books(relay):
        fates[account.fate] += quantity if account.target else 0
    return fates


async def settled(relay: Relay) -> Counter[str]:
    """Return the quantities at the targets by fate, once nothing waits any more."""
    deadline = time.monotonic() + _TIMEOUT
    while (fates := await asyncio.to_thread(_at_targets, relay))[Fate.WAITING]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"something still waits: {fates}")
        await asyncio.sleep(0.1)
    return fates
