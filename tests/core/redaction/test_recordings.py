"""Recorded traffic of real SDKs: nothing that was planted in it comes out again."""

import importlib.util
import sys

import pytest

from scrubrelay.core.errors import BadRequest, Unscrubbable
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.encoding import inflate
from scrubrelay.core.wire.envelope import Envelope, decode, encode
from scrubrelay.core.wire.store import envelope_of_store
from tests.helpers.material import RECORDINGS

UNKNOWABLE = {"name", "username", "address"}
"""Kinds that no pattern can tell from other text."""
pytestmark = [
    pytest.mark.skipif(not (RECORDINGS / "check.py").exists(), reason="no recordings here"),
    # The checker that comes with the recordings leaves files to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def check():
    spec = importlib.util.spec_from_file_location("check", RECORDINGS / "check.py")
    module = importlib.util.module_from_spec(spec)
    path = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = path
    return module


def sent(check, name: str) -> Envelope | None:
    """Return what a client sent; None if it was no envelope."""
    meta, body = check.load(name)
    if not any(part in meta["path"] for part in ("/envelope", "/store", "/tunnel")):
        return None
    encoding = {key.lower(): value for key, value in meta["headers"]}.get("content-encoding")
    try:
        body = inflate(body, encoding, 10**8)
        return envelope_of_store(body, 0.0) if "/store" in meta["path"] else decode(body)
    except BadRequest:
        return None


def scrubbed(redactor: Redactor, envelope: Envelope) -> Envelope:
    items = []
    for item in envelope.items:
        try:
            items.append(redactor.item(item).item)
        except Unscrubbable:
            continue
    headers, _ = redactor.headers(envelope.headers)
    return Envelope({key: value for key, value in headers.items() if key != "dsn"}, tuple(items))


def test_no_planted_secret_survives(check, redactor):
    leaks = []
    for name in check.manifest():
        if envelope := sent(check, name):
            out = encode(scrubbed(redactor, envelope))
            found = check.leaks(name, {"target": "", "headers": []}, out)
            leaks += [(name, one["kind"], one["pos"]) for one in found if one["kind"] not in UNKNOWABLE]
    assert leaks == []


def test_what_was_scrubbed_stays_as_it_is(check, redactor):
    for name in check.manifest():
        if envelope := sent(check, name):
            once = scrubbed(redactor, envelope)
            again = [redactor.item(item) for item in once.items]
            assert [one.redactions for one in again] == [()] * len(again), name
