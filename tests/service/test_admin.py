"""What operators see, and who may."""

from pathlib import Path

import pytest
from aiohttp import web

from scrubrelay.service.admin import Admin
from scrubrelay.service.reload import Configuration, Source
from scrubrelay.service.server import LISTENER
from tests.helpers.http import send
from tests.service.conftest import KEY

ENVELOPE = b'{}\n{"type":"session"}\n{}'
TOKEN = "a-token-of-the-tests"


@pytest.fixture
def environ() -> dict[str, str]:
    return {}


@pytest.fixture
async def admin(relay, environ, tmp_path: Path):
    """The port of an admin listener beside a relay."""
    (tmp_path / "scrubrelay.toml").write_text("")
    configuration = Configuration(Source(tmp_path / "scrubrelay.toml", environ))
    runner = web.ServerRunner(
        web.Server(Admin(configuration, relay.outbox), **LISTENER), shutdown_timeout=1.0
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def get(port: int, path: str, *headers: str):
    return await send(port, "\n".join((f"GET {path} HTTP/1.1", *headers)))


async def test_the_status_has_ledger_outbox_and_configuration(relay, admin):
    await relay.envelope(ENVELOPE)
    figures = (await get(admin, "http://localhost/api/status")).json
    configuration = figures["configuration"]
    assert configuration.pop("loaded_at") > 1e9
    assert configuration == {"generation": 1, "problems": [], "reloads": {"taken": 0, "refused": 0}}
    assert figures["store"]["kept"] == 1
    assert {
        "project_id": 1,
        "category": "session",
        "target": "",
        "fate": "received",
        "quantity": 1,
    } in figures["ledger"]


async def test_metrics_count_what_the_ledger_counts(relay, admin):
    await relay.envelope(ENVELOPE)
    text = (await get(admin, "http://localhost/metrics")).body.decode()
    line = 'scrubrelay_items_total{category="session",fate="received",project="1",target=""} 1.0'
    assert line in text.splitlines()
    assert "scrubrelay_outbox_kept 1.0" in text.splitlines()


@pytest.mark.parametrize("environ", [{"SCRUBRELAY_ADMIN_TOKEN": TOKEN}])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([], 401),
        ([f"Authorization: Bearer {TOKEN}x"], 401),
        ([f"Authorization: Basic {TOKEN}"], 401),
        (["Authorization: Bearer \u00fc"], 401),
        ([f"Authorization: Bearer {TOKEN}"], 200),
    ],
)
async def test_a_token_is_asked_for_where_one_is_set(admin, headers, status):
    assert (await get(admin, "/api/status", *headers)).status == status


@pytest.mark.parametrize(
    ("name", "status"), [("localhost", 200), ("127.0.0.1", 200), ("rebound.example", 403)]
)
async def test_without_a_token_a_foreign_name_is_refused(admin, name, status):
    assert (await get(admin, f"http://{name}/api/status")).status == status


async def test_no_web_page_may_read_it(admin):
    assert "access-control-allow-origin" not in (await get(admin, "http://localhost/api/status")).headers


async def test_other_paths_and_methods_are_refused(relay, admin):
    assert (await get(admin, f"http://localhost/api/1/envelope/?sentry_key={KEY}")).status == 404
    assert (await send(admin, "POST http://localhost/api/status HTTP/1.1")).status == 405
