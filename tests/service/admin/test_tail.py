"""Decisions over HTTP, while they are made."""

import asyncio

import orjson
import pytest

ENVELOPE = b'{"event_id":"%b"}\n{"type":"event"}\n{"message":"hushhush"}\n{"type":"session"}\n{}' % (
    b"a" * 32
)


async def begin(admin, query: str = ""):
    reader, writer = await asyncio.open_connection("127.0.0.1", admin.port)
    head = f"GET /api/tail{query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {admin.token}\r\n\r\n"
    writer.write(head.encode())
    assert b"200 OK" in await reader.readline()
    async with asyncio.timeout(60):
        await reader.readuntil(b"\r\n\r\n1\r\n\n")  # the empty line that says that a worker is there
    return reader, writer


async def documents(reader, count: int) -> list[dict]:
    found = []
    async with asyncio.timeout(60):
        while len(found) < count:
            line = await reader.readline()
            if line.startswith(b'{"at"'):
                found.append(orjson.loads(line))
    return found


async def test_they_are_seen_while_they_are_made_without_payload(relay, admin):
    reader, writer = await begin(admin)
    await relay.envelope(ENVELOPE)
    event, session = await documents(reader, 2)
    assert (event["type"], event["decision"], event["redactions"]) == ("event", "kept", 1)
    assert (session["type"], session["event_id"]) == ("session", "a" * 32)
    assert "hushhush" not in str(event)
    writer.close()


async def test_a_reader_that_goes_is_forgotten(relay, admin):
    _, writer = await begin(admin)
    writer.close()
    async with asyncio.timeout(60):
        while relay.watch.tap.readers:
            await relay.envelope(ENVELOPE)
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "query", ["?decision=hushhush", "?project=x", "?hushhush=1", "?project=0", "?type=a&type=b"]
)
async def test_a_strange_query_is_refused(admin, query):
    answer = await admin.get(f"/api/tail{query}")
    assert (answer.status, answer.json["detail"]) == (400, "the query is not as it should be")


async def test_no_more_may_look_on_than_workers_take(admin):
    writers = [(await begin(admin))[1] for _ in range(16)]
    answer = await admin.get("/api/tail")
    assert (answer.status, answer.headers["retry-after"]) == (429, "10")
    for writer in writers:
        writer.close()
