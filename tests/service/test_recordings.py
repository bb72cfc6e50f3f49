"""Every request that real SDKs were recorded to send is answered as Sentry would answer it."""

from pathlib import Path

import orjson
import pytest

from scrubrelay.core.project import PassThrough, Projects
from tests.helpers.http import Answer, send
from tests.service.conftest import REDACTOR

UNKNOWN = {"security", "minidump", "otlp", "cors-preflight"}
"""Kinds of requests whose endpoints are not there yet."""


@pytest.fixture
def projects() -> Projects:
    return Projects(passing=PassThrough(REDACTOR))


async def fire(port: int, recording: dict, body: bytes) -> Answer:
    """Send a recorded request with its own headers, in its own chunks."""
    dropped = {"host", "connection"}
    headers = [
        (name, value)
        for name, value in recording["headers"]
        if name.lower() not in dropped and name[0] != ":"
    ]
    framing = recording["framing"]
    chunked = framing["type"] == "chunked"
    names = {name.lower() for name, _ in headers}
    if not chunked and body and "content-length" not in names:  # HTTP/2 needed none
        headers.append(("Content-Length", str(len(body))))
    sizes = [size for size in framing["chunks"] if size] if chunked else []
    ends = [*(sum(sizes[:count]) for count in range(1, len(sizes))), len(body)]  # two recordings miss a chunk
    pieces = [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    lines = [
        f"{recording['method']} {recording['target']} HTTP/1.1",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return await send(port, "\n".join(lines), pieces, chunked=chunked)


def expected(recording: dict) -> int:
    """Return the status: Spotlight's `/stream` is not Sentry's, the rest is known or not there yet."""
    return 404 if recording["kind"] in UNKNOWN or recording["path"].startswith("/stream") else 200


async def test_every_recording_is_answered_as_sentry_would(relay, recordings: Path):
    wrong = {}
    for path in sorted((recordings / "corpus").glob("*.json")):
        if path.stem == "manifest":
            continue
        recording = orjson.loads(path.read_bytes())
        answer = await fire(relay.port, recording, path.with_suffix(".bin").read_bytes())
        if answer.status != expected(recording):
            wrong[path.stem] = (answer.status, expected(recording), answer.body[:200])
    assert not wrong
