"""Recorded traffic of real SDKs goes out with none of the secrets that were planted in it."""

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

from scrubrelay.core.errors import Reason
from scrubrelay.core.ledger import Fate
from scrubrelay.testing import MiniSentry, Received
from tests.crash.load import books, settled, unbalanced
from tests.helpers.http import send
from tests.helpers.relay import Relay

# What a text, its place or its key gives away; names and street addresses have no pattern.
_BY_PATTERN = frozenset(
    (
        *("email", "idn_email", "ipv4", "ipv6", "card", "card_sp", "card_dash", "amex", "iban", "iban_sp"),
        *("ssn", "phone", "jwt", "pem", "ghp", "aws_id", "google", "stripe"),
    )
)
_BY_CONTEXT = frozenset(("apikey", "password", "urlpw", "bearer", "basic", "aws_secret"))
_KINDS = _BY_PATTERN | _BY_CONTEXT


@pytest.fixture(scope="module")
def check(recordings: Path) -> ModuleType:
    """The checker that comes with the recordings."""
    sys.path.insert(0, str(recordings))
    module = import_module("check")
    manifest = orjson.loads((recordings / "corpus" / "manifest.json").read_bytes())
    module._man = {one["name"]: one for one in manifest["captures"]}
    return module


def _pieces(body: bytes, framing: Mapping[str, Any]) -> Iterable[bytes]:
    if framing["type"] != "chunked":
        return [body]
    ends = [sum(framing["chunks"][: n + 1]) for n in range(len(framing["chunks"]))]
    return [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@dataclass(frozen=True)
class Recording:
    """A request as an SDK sent it."""

    name: str
    about: Mapping[str, Any]
    body: bytes

    @property
    def head(self) -> str:
        """The request line and the headers, but for those that name the old connection."""
        sent = [
            (name, text)
            for name, text in self.about["headers"]
            if not name.startswith((":", "Host", "Connection"))
        ]
        lines = [
            f"{self.about['method']} {self.about['target'].removeprefix('http://sentry.invalid')} HTTP/1.1"
        ]
        lines += [f"{name}: {text}" for name, text in sent]
        if self.about["http"] == "HTTP/2":
            lines.append(f"Content-Length: {len(self.body)}")
        return "\n".join(lines)

    async def fire(self, relay: Relay) -> int:
        """Send it; return the status."""
        framing = self.about["framing"]
        pieces = _pieces(self.body, framing)
        return (await send(relay.port, self.head, pieces, chunked=framing["type"] == "chunked")).status


@pytest.fixture(scope="module")
def recorded(recordings: Path) -> list[Recording]:
    """Every recording."""
    paths = sorted((recordings / "corpus").glob("*.bin"))
    return [
        Recording(p.stem, orjson.loads(p.with_suffix(".json").read_bytes()), p.read_bytes()) for p in paths
    ]


def leaked(check: ModuleType, recorded: Iterable[Recording], accepted: Iterable[Received]) -> list[str]:
    """Return kind, recording and place of each literal that came out; each project's literals are its own."""
    outputs: dict[int, list[bytes]] = defaultdict(list)
    for one in accepted:
        outputs[one.project_id].append(one.body)
    found = set()
    for recording in recorded:
        for body in outputs[recording.about["project"]]:
            leaks = check.leaks(recording.name, {"target": "", "headers": []}, body)
            found |= {
                f"{one['kind']} in {recording.name} at {one['pos']}" for one in leaks if one["kind"] in _KINDS
            }
    return sorted(found)


@pytest.mark.timeout(300)
async def test_no_planted_secret_leaves(
    new_relay: Callable[..., Relay], recorded: list[Recording], check: ModuleType
):
    async with MiniSentry() as sentry:
        relay = new_relay(f'[upstream]\nurl = "{sentry.url}"\n')
        await asyncio.to_thread(relay.start)
        statuses = Counter([await recording.fire(relay) for recording in recorded])
        assert max(statuses) < 500
        await settled(relay)
    assert leaked(check, recorded, sentry.accepted) == []
    assert len(sentry.accepted) > 200
    assert unbalanced(relay) == []
    assert {account.fate for account, _ in books(relay)} <= {*Fate, *Reason}
