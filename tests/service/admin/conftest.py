"""An admin listener beside a relay, in this process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from aiohttp import web

from scrubrelay.service.admin.listener import Admin
from scrubrelay.service.admin.route import Services
from scrubrelay.service.admin.tokens import Gate
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.listener.server import Listener as Answering
from scrubrelay.service.process.peers import Peers, Window
from scrubrelay.service.process.reload import Configuration, Source
from tests.helpers.http import Answer, send

OWN = "the-token-that-the-relay-made"
READER = "token-for-" + "reading"
WRITER = "token-for-" + "writing"
TOKENS = f"""
[[admin.tokens]]
name = "dashboard"
token = "{READER}"
[[admin.tokens]]
name = "on-call"
token = "{WRITER}"
scope = "write"
"""


@dataclass
class Listener:
    """A running admin listener."""

    port: int
    services: Services
    token: str = OWN

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Send a request with the good token, unless another `Authorization` is given; empty sends none."""
        given = {"Authorization": f"Bearer {self.token}", **headers}
        data = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        lines = [f"{method} http://localhost{path} HTTP/1.1", f"Content-Length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in given.items() if value]
        return await send(self.port, "\n".join(lines), [data])

    async def get(self, path: str, **headers: str) -> Answer:
        """GET a path."""
        return await self.ask("GET", path, **headers)


@pytest.fixture
def config() -> str:
    """The configuration file's text."""
    return ""


@pytest.fixture
def environ() -> Mapping[str, str]:
    """The environment variables."""
    return {}


@pytest.fixture
def slots() -> int:
    """How many workers there should be; one is."""
    return 1


@pytest.fixture
async def admin(relay, config, environ, slots, tmp_path: Path):
    """An admin listener beside a relay."""
    path = tmp_path / "scrubrelay.toml"
    path.write_text(config)
    configuration = Configuration(Source(path, environ))
    peers = Peers(tmp_path, slots)
    window = web.ServerRunner(
        web.Server(Window(0, configuration, relay.outbox.targets, relay.watch, relay.outbox.trail.flush)),
        shutdown_timeout=1.0,
    )
    await peers.open(0, window)
    services = Services(configuration, relay.outbox, SystemClock(), peers)
    gate = Gate(lambda: configuration.settings.admin, OWN, services.clock)
    runner = web.ServerRunner(Answering(Admin(services, gate)), shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield Listener(runner.addresses[0][1], services, WRITER if config else OWN)
    await runner.cleanup()
    await peers.close()
    await window.cleanup()
