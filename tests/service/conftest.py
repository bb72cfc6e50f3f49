"""A relay in this process: the real intake, outbox and store behind a real socket, without an upstream."""

from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from aiohttp import web

from scrubrelay.core.pipeline import Clean
from scrubrelay.core.project import Limits, PassThrough, Project, Projects
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import parse_pack
from scrubrelay.core.redaction.redactor import Policy, Redactor
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.delivery.outbox import Outbox
from scrubrelay.service.listener.intake import Intake
from scrubrelay.service.listener.server import Listener, Server
from scrubrelay.service.process.watch import Watch
from scrubrelay.service.stores.base import Listed, StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore
from scrubrelay.service.telling.meters import Meters
from scrubrelay.service.telling.tap import Tap
from tests.helpers.http import Answer, post

KEY = "a" * 32
PACK = """
title = "One word"
categories = ["test"]
default = true
[[pattern]]
id = "test.word"
label = "[word]"
why = "a word that only the tests hide"
match = "hushhush"
example = [{ text = "a hushhush b", becomes = "a [word] b" }, { text = "hushhush", becomes = "[word]" }]
counterexample = [{ text = "hush", why = "half of it" }, { text = "loud", why = "none of it" }]
"""
REDACTOR = Redactor(Library.compile([parse_pack(PACK, "test.toml")]), Policy())
SMALL = Limits(max_body_bytes=300_000, max_inflated_bytes=1_000_000)


@dataclass
class Relay:
    """A running relay in inspect mode, and what it has kept."""

    port: int
    outbox: Outbox
    watch: Watch

    async def post(self, target: str, body: bytes, **headers: str) -> Answer:
        """POST a body."""
        return await post(self.port, target, body, **headers)

    async def envelope(self, body: bytes, **headers: str) -> Answer:
        """POST an envelope to project 1 with a good key."""
        return await self.post(
            "/api/1/envelope/", body, **{"X_Sentry_Auth": f"Sentry sentry_key={KEY}", **headers}
        )

    async def listed(self) -> Sequence[Listed]:
        """Return what is in the store."""
        return await self.outbox.store.listed()

    async def kept(self) -> list[Clean]:
        """Return every envelope in the store."""
        return [await self.outbox.store.show(one.id) or Clean(b"") for one in await self.listed()]

    async def ledger(self) -> dict[tuple[str, str], int]:
        """Return what was booked: (category, fate) -> quantity."""
        await self.outbox.store.flush()
        return {
            (account.category, account.fate): quantity
            for account, quantity in await self.outbox.store.books()
        }


@pytest.fixture
def projects() -> Projects:
    """Every key is accepted; a test that wants others overrides it by parametrizing."""
    return Projects(passing=PassThrough(REDACTOR), limits=SMALL)


@pytest.fixture
def listed_projects() -> Projects:
    """Only project 1 is accepted."""
    return Projects([Project(1, KEY, "shop", REDACTOR)], limits=SMALL)


@pytest.fixture
def store_options() -> StoreOptions:
    """How the store behaves."""
    return replace(StoreOptions(), durability="os")


@pytest.fixture
def ready():
    """What to ask whether the store can write; None asks the store."""
    return


@asynccontextmanager
async def relaying(store, projects, clock, ready=None):
    """Run a relay for the length of a block."""
    outbox = Outbox(store, projects.target, clock)
    await outbox.start()
    watch = Watch(Meters(clock), Tap())
    intake = Intake(lambda: projects, outbox, clock, watch=watch)
    server = Server(intake, ready or outbox.writable, outbox.switches.state, watch.meters)
    runner = web.ServerRunner(Listener(server), shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Relay(runner.addresses[0][1], outbox, watch)
    await runner.cleanup()
    await outbox.stop(1.0)


@pytest.fixture
async def relay(tmp_path, projects, store_options, ready):
    """A running relay."""
    store = SqliteStore(tmp_path / "relay.db", store_options)
    async with relaying(store, projects, SystemClock(), ready) as running:
        yield running
