"""An event's key is the same before and after scrubbing, so that it is known without scrubbing."""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scrubrelay.core.errors import BadRequest, Unscrubbable
from scrubrelay.core.policy.grouping.fingerprint import IssueKeys, issue_keys
from scrubrelay.core.redaction.detectors.library import Library, select
from scrubrelay.core.redaction.detectors.pattern import Pack, parse_pack
from scrubrelay.core.redaction.formats.json import dumps, loads_exact
from scrubrelay.core.redaction.redactor import Policy, Redactor
from scrubrelay.core.wire.encoding import inflate
from scrubrelay.core.wire.envelope import decode
from scrubrelay.core.wire.store import envelope_of_store
from tests.helpers.compiled import library_of_packs
from tests.helpers.issues import CASES, Case, Event, event, failure, frame
from tests.helpers.material import RECORDINGS

PATTERNS = Path(__file__).parents[3] / "patterns"
USERS = ("jane.doe@example.com", "li@mail.example.org", "someone.else+tag@shop.example.net")
PLACES: Mapping[str, Callable[[str], Event]] = {
    "value": lambda text: event("perl", failure("Died", f"failed for {text} at once")),
    "type": lambda text: event("perl", failure(f"Died {text}", "")),
    "message": lambda text: {"message": f"failed for {text} at once"},
    "template": lambda text: {"logentry": {"message": f"{text} failed", "formatted": "x"}},
    "function": lambda text: event("python", failure("E", "v", frame(f"run {text}", file="a.py"))),
    "script": lambda text: event("javascript", failure("E", "v", frame(f"Error: {text}.run"))),
    "file": lambda text: event("python", failure("E", "v", frame("f", file=f"/srv/{text}/a.py"))),
    "path": lambda text: event("python", failure("E", "v", frame("f", abs_path=f"/srv/{text}"))),
    "module": lambda text: event("java", failure("E", "v", frame("f", module=f"org.{text}"))),
    "line": lambda text: event("ruby", failure("E", "v", frame("f", line=f"  send({text})"))),
    "native": lambda text: event("native", failure("E", "v", frame(f"void f({text})::g"))),
    "fingerprint": lambda text: {"message": "m", "fingerprint": ["mine", text]},
    "tag": lambda text: {"message": "m", "fingerprint": ["{{ tags.who }}"], "tags": {"who": text}},
    "host": lambda text: {"hpkp": {"hostname": text}},
}


@pytest.fixture(scope="module")
def packs() -> tuple[Pack, ...]:
    return tuple(parse_pack(path.read_text(), path.name) for path in sorted(PATTERNS.glob("*.toml")))


@pytest.fixture(scope="module")
def library(packs: tuple[Pack, ...]) -> Library:
    return library_of_packs(select(packs, ["default"]))


@pytest.fixture(scope="module")
def redactor(library: Library) -> Redactor:
    return Redactor(library, Policy(budget=5))


def both(redactor: Redactor, payload: bytes) -> tuple[IssueKeys, IssueKeys]:
    """Return the keys of the raw and of the scrubbed event."""
    scrubbed, _ = redactor.json_document(payload)
    read = [loads_exact(one)[0] for one in (payload, scrubbed)]
    raw, left = (issue_keys(one, redactor.remains) for one in read)
    return raw, left


def keys(redactor: Redactor, found: Event) -> tuple[str, ...]:
    return issue_keys(found, redactor.remains).keys


@pytest.mark.parametrize("place", PLACES)
def test_whatever_a_pattern_finds_leaves_the_key(place: str, packs, redactor) -> None:
    """Every example of every pattern, in every text that an event is grouped by."""
    texts = [
        example.text
        for pack in packs
        for pattern in pack.patterns
        for example in pattern.examples
        if not example.key and len(example.text) < 400
    ]
    differing = []
    for text in texts:
        raw, scrubbed = both(redactor, dumps(PLACES[place](text)))
        if raw.keys != scrubbed.keys:
            differing.append(text)
    assert len(texts) > 500
    assert differing == []


@pytest.mark.parametrize("action", ["replace", "mask", "partial", "hash", "remove"])
@pytest.mark.parametrize("place", PLACES)
def test_so_does_every_action(place: str, action: str, library) -> None:
    redactor = Redactor(library, Policy(action=action, hash_key=b"k" * 32, budget=5))
    raw, scrubbed = both(redactor, dumps(PLACES[place](USERS[0])))
    assert raw.keys == scrubbed.keys


@pytest.mark.parametrize("action", ["replace", "hash", "remove"])
@pytest.mark.parametrize("place", PLACES)
def test_one_issue_is_not_one_per_user(place: str, action: str, library) -> None:
    redactor = Redactor(library, Policy(action=action, hash_key=b"k" * 32, budget=5))
    if action == "hash" and place not in {"value", "message", "template"}:
        pytest.skip("a hashed text outside of messages is told apart by Sentry too")
    assert len({keys(redactor, PLACES[place](f"for {user}")) for user in USERS}) == 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_where_nothing_is_found_it_is_the_key_of_sentry(case: Case, redactor: Redactor) -> None:
    assert set(issue_keys(case.event, redactor.remains).hashes) == case.hashes


def recorded(check: Any) -> Iterator[tuple[str, bytes]]:
    """Yield the events that real SDKs sent."""
    for name in check.manifest():
        meta, body = check.load(name)
        encoding = {key.lower(): value for key, value in meta["headers"]}.get("content-encoding")
        try:
            body = inflate(body, encoding, 10**8)
            envelope = envelope_of_store(body, 0.0) if "/store" in meta["path"] else decode(body)
        except BadRequest:
            continue
        yield from ((name, item.payload) for item in envelope.items if item.type == "event")


@pytest.mark.skipif(not (RECORDINGS / "check.py").exists(), reason="no recordings here")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_key_of_what_real_sdks_sent_is_that_of_what_is_left_of_it(redactor: Redactor) -> None:
    spec = importlib.util.spec_from_file_location("check", RECORDINGS / "check.py")
    assert spec is not None
    assert spec.loader is not None
    check, path = importlib.util.module_from_spec(spec), list(sys.path)
    spec.loader.exec_module(check)
    sys.path[:] = path
    differing, changed = [], 0
    for name, payload in recorded(check):
        try:
            raw, scrubbed = both(redactor, payload)
        except Unscrubbable:
            continue
        changed += issue_keys(loads_exact(payload)[0]).keys != raw.keys
        if raw.keys != scrubbed.keys:
            differing.append(name)
    assert differing == []
    assert changed > 10, "with nothing to cut this would show nothing"
