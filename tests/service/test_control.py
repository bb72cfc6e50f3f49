"""Several worker processes, looked at and controlled as one relay."""

import asyncio
import http.client
import time

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.helpers.http import post
from tests.helpers.relay import KEY, TOKEN, Relay

ENVELOPE = b'{"event_id":"%b"}\n{"type":"event"}\n{"message":"hello"}' % (b"a" * 32)
TARGET = f"/api/1/envelope/?sentry_key={KEY}"


def ask(relay: Relay, method: str, path: str, body: object = None) -> bytes:
    """Ask the admin listener."""
    connection = http.client.HTTPConnection("127.0.0.1", relay.admin_port, timeout=60)
    try:
        data = None if body is None else orjson.dumps(body)
        connection.request(method, path, data, {"Authorization": f"Bearer {TOKEN}"})
        return connection.getresponse().read()
    finally:
        connection.close()


def until_both(relay: Relay) -> None:
    """Return when both workers answer."""
    deadline = time.monotonic() + 60
    while len(relay.admin("/api/status")["workers"]) < 2:
        assert time.monotonic() < deadline, relay.log()
        time.sleep(0.05)


@pytest.fixture
async def relay(start_relay):
    """A relay of two workers."""
    relay = await asyncio.to_thread(start_relay, "[server]\nworkers = 2\n")
    await asyncio.to_thread(until_both, relay)
    return relay


async def test_requests_of_all_workers_are_counted(relay):
    for _ in range(30):
        await post(relay.port, TARGET, ENVELOPE)
    await post(relay.port, TARGET, b"no envelope")
    text = (await asyncio.to_thread(ask, relay, "GET", "/metrics")).decode()
    (requests,) = (
        family
        for family in text_string_to_metric_families(text)
        if family.name == "scrubrelay_request_duration_seconds"
    )
    counts = [one for one in requests.samples if one.name.endswith("_count")]
    assert {one.labels["worker"] for one in counts} == {"0", "1"}
    of_envelopes = [one for one in counts if one.labels["endpoint"] == "envelope"]
    assert sum(one.value for one in of_envelopes if one.labels["status"] == "200") == 30
    assert sum(one.value for one in of_envelopes if one.labels["status"] == "400") == 1


SLOW = """[[pattern]]
id = "slow.z"
label = "[z]"
match = '(?: z | zz )+ (?! z ) (?= b )'
"""


async def test_strings_on_which_a_pattern_was_too_slow_are_counted_in_whatever_worker(start_relay, tmp_path):
    (tmp_path / "slow.toml").write_text(SLOW)
    config = (
        f'[server]\nworkers = 2\n[redaction]\nbudget = "10ms"\npattern_files = ["{tmp_path}/slow.toml"]\n'
    )
    relay = await asyncio.to_thread(start_relay, config)
    await asyncio.to_thread(until_both, relay)
    for number in range(20):
        evil = b'{"event_id":"%032x"}\n{"type":"event"}\n{"message":"%b"}' % (number, b"z" * (100 + number))
        assert (await post(relay.port, TARGET, evil)).status == 200
    text = (await asyncio.to_thread(ask, relay, "GET", "/metrics")).decode()
    families = {one.name: one for one in text_string_to_metric_families(text)}
    counts = families["scrubrelay_pattern_timeouts"].samples
    assert {one.labels["pattern"] for one in counts} == {"slow.z"}
    assert {one.labels["worker"] for one in counts} <= {"0", "1"}
    assert sum(one.value for one in counts) == 20


async def test_the_stop_reaches_every_worker_within_a_second_and_survives_a_restart(relay):
    await asyncio.to_thread(ask, relay, "POST", "/api/capture", {"capture": "off"})
    await asyncio.sleep(1.0)  # the promise itself
    for _ in range(20):
        assert (await post(relay.port, TARGET, ENVELOPE)).status == 200
    assert relay.admin("/api/status")["store"]["kept"] == 0
    await asyncio.to_thread(relay.stop)
    await asyncio.to_thread(relay.start)
    for _ in range(20):
        await post(relay.port, TARGET, ENVELOPE)
    status = await asyncio.to_thread(relay.admin, "/api/status")
    assert (status["capture"]["state"], status["store"]["kept"]) == ("off", 0)
    dropped = [line["quantity"] for line in status["ledger"] if line["fate"] == "capture_off"]
    assert dropped == [40]


async def test_a_reload_answers_for_every_worker(relay):
    answer = orjson.loads(await asyncio.to_thread(ask, relay, "POST", "/api/reload"))
    assert (answer["taken"], [one["worker"] for one in answer["workers"]]) == (True, [0, 1])


async def test_decisions_of_all_workers_are_seen(relay):
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.admin_port)
    writer.write(
        f"GET /api/tail HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
    )
    workers: set[int] = set()
    async with asyncio.timeout(60):
        while len(workers) < 2:
            await post(relay.port, TARGET, ENVELOPE)
            line = await reader.readline()
            if line.startswith(b'{"at"'):
                workers.add(orjson.loads(line)["worker"])
    writer.close()
