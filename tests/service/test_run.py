"""The process: it starts, shares its port among workers, reloads, and stops without losing anything."""

import asyncio
import os
import signal
import socket
import time

import orjson
import pytest

from scrubrelay.testing import MiniSentry
from tests.helpers.http import post, send
from tests.helpers.relay import KEY

EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc"
PAYLOAD = orjson.dumps({"event_id": EVENT_ID, "message": "mail to someone@example.com"})
ENVELOPE = b'{"event_id":"%b"}\n{"type":"event"}\n%b' % (EVENT_ID.encode(), PAYLOAD)
TARGET = f"/api/1/envelope/?sentry_key={KEY}"


def until(there, what: str, timeout: float = 60.0) -> None:
    """Wait for another process."""
    deadline = time.monotonic() + timeout
    while not there():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.parametrize("workers", [1, 2])
async def test_an_event_gets_through_scrubbed(start_relay, workers):
    async with MiniSentry() as sentry:
        relay = await asyncio.to_thread(
            start_relay, f'[upstream]\nurl = "{sentry.url}"\n[server]\nworkers = {workers}'
        )
        assert (await post(relay.port, TARGET, ENVELOPE)).json == {"id": EVENT_ID}
        (received,) = await sentry.received(1)
    assert (received.project_id, received.key, received.event_id) == (1, KEY, EVENT_ID)
    assert b"someone@example.com" not in received.body


def test_inspect_mode_says_what_to_paste_and_what_to_set(start_relay):
    relay = start_relay()
    assert f"scrubrelay listens on http://127.0.0.1:{relay.port}\n" in relay.log()
    assert f"@127.0.0.1:{relay.port}/1\n" in relay.log()
    assert "SCRUBRELAY_UPSTREAM_URL=" in relay.log()


def test_as_json_every_line_of_the_log_is_a_document(start_relay):
    relay = start_relay('[server]\nlog = "json"\nworkers = 2')
    until(lambda: f"scrubrelay listens on http://127.0.0.1:{relay.port}" in relay.log(), "a greeting")
    assert relay.stop() == 0
    events = [orjson.loads(line)["event"] for line in relay.log().splitlines()]
    assert ("greeting" in events, events[-1]) == (True, "stopped")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_to(start_relay, workers, number):
    relay = start_relay(f"[server]\nworkers = {workers}")
    relay.process.send_signal(number)
    assert relay.process.wait(15) == 0


async def test_what_is_in_flight_is_finished_before_it_stops(start_relay):
    relay = await asyncio.to_thread(start_relay)
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(f"POST {TARGET} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(ENVELOPE)}\r\n\r\n".encode())
    writer.write(ENVELOPE[:20])
    await asyncio.sleep(0.2)  # nothing tells from outside that a request has begun
    relay.process.terminate()
    await asyncio.to_thread(until, lambda: relay.status_of("/healthz") is None, "it still accepts")
    writer.write(ENVELOPE[20:])
    assert b"200 OK" in await reader.readline()
    writer.close()
    assert await asyncio.to_thread(relay.process.wait, 15) == 0
    relay.start()
    assert relay.admin("/api/status")["store"]["kept"] == 1


async def test_a_client_that_never_finishes_does_not_keep_it_from_stopping(start_relay):
    relay = await asyncio.to_thread(start_relay, "[server]\nshutdown_timeout = 1")
    _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(f"POST {TARGET} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nx".encode())
    await writer.drain()
    assert await asyncio.to_thread(relay.stop) == 0
    writer.close()


async def test_what_was_not_sent_is_sent_after_the_next_start(start_relay):
    sentry = MiniSentry()
    await sentry.up()
    await sentry.down()
    relay = await asyncio.to_thread(start_relay, f'[upstream]\nurl = "{sentry.url}"')
    assert (await post(relay.port, TARGET, ENVELOPE)).status == 200
    assert await asyncio.to_thread(relay.stop) == 0
    async with sentry:
        await asyncio.to_thread(relay.start)
        await sentry.received(1)


def test_a_killed_worker_is_replaced_in_its_slot(start_relay):
    relay = start_relay("[server]\nworkers = 2")
    until(lambda: len(relay.workers()) == 2, "two workers")
    first = relay.workers()
    os.kill(first[0], signal.SIGKILL)
    until(lambda: set(relay.workers()) - set(first) and len(relay.workers()) == 2, "a new worker")
    until(lambda: relay.status_of("/readyz") == 200, "an answer")
    assert relay.stop() == 0


def test_workers_do_not_outlive_a_killed_supervisor(start_relay):
    relay = start_relay("[server]\nworkers = 2")
    relay.process.kill()
    until(lambda: relay.status_of("/healthz") is None, "the workers are still there")


@pytest.mark.parametrize("workers", [1, 2])
async def test_sighup_reloads_every_worker(start_relay, workers):
    other = "b" * 32
    relay = await asyncio.to_thread(
        start_relay, f'[server]\nworkers = {workers}\n[[project]]\nid = 1\nkey = "{KEY}"\n'
    )
    file = relay.directory / "scrubrelay.toml"
    file.write_text(file.read_text() + f'[[project]]\nid = 2\nkey = "{other}"\n')
    relay.process.send_signal(signal.SIGHUP)
    await asyncio.to_thread(until, lambda: relay.log().count(" reloaded ") == workers, "all reloaded")
    answers = [await post(relay.port, f"/api/2/envelope/?sentry_key={other}", b"{}\n") for _ in range(8)]
    assert {answer.status for answer in answers} == {200}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_taken_port_is_an_error_not_a_silent_share(new_relay, workers):
    with socket.create_server(("127.0.0.1", 0)) as other:
        relay = new_relay(f"[server]\nworkers = {workers}", port=other.getsockname()[1])
        relay.start(ready=False)
        assert relay.process.wait(15) == 1
    assert "in use" in relay.log()


def test_two_workers_take_a_port_of_the_systems_choice(new_relay):
    relay = new_relay("[server]\nworkers = 2", port=0)
    relay.start(ready=False)
    until(lambda: "scrubrelay listens on http://127.0.0.1:" in relay.log(), "a greeting")
    relay.port = int(relay.log().partition("listens on http://127.0.0.1:")[2].split()[0])
    until(lambda: relay.status_of("/readyz") == 200, "an answer")
    assert relay.stop() == 0


async def test_an_unknown_key_is_forbidden(start_relay):
    relay = await asyncio.to_thread(start_relay, f'[[project]]\nid = 1\nkey = "{"b" * 32}"\n')
    answer = await post(relay.port, TARGET, ENVELOPE)
    assert (answer.status, answer.json["detail"]) == (403, "event submission rejected with_reason: ProjectId")


async def test_no_payload_in_the_log(start_relay):
    relay = await asyncio.to_thread(start_relay)
    for body in (b"hushhush", b"{}\n{}\nhushhush", b'{}\n{"type":"hush hush"}\nhushhush'):
        await post(relay.port, TARGET, body)
    await send(relay.port, "hushhush /hushhush hushhush")
    assert relay.stop() == 0
    assert "hush" not in relay.log()
