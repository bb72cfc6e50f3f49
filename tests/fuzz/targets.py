"""What is fuzzed: each target takes any bytes and raises only if a promise is broken."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from scrubrelay.config.build import build
from scrubrelay.config.filters import FilterSettings, filters_of
from scrubrelay.config.load import load
from scrubrelay.config.sampling import SamplingSettings, sampling_of
from scrubrelay.core.errors import ScrubrelayError, Unscrubbable
from scrubrelay.core.inspection import Circumstances, inspect
from scrubrelay.core.policy.caps import Cap
from scrubrelay.core.policy.client import Client
from scrubrelay.core.policy.groups import GROUPS
from scrubrelay.core.policy.policies import Policies
from scrubrelay.core.project import Project
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.auth import read_auth
from scrubrelay.core.wire.encoding import inflate
from scrubrelay.core.wire.envelope import Envelope, Item, decode, encode
from scrubrelay.core.wire.items import ITEMS, quantities
from scrubrelay.core.wire.ratelimits import RateLimits
from scrubrelay.core.wire.store import envelope_of_store

_ENCODINGS = ("gzip", "deflate", "br", "zstd")


@cache
def _redactor() -> Redactor:
    return build(load(None, {})).find("0" * 32, 1).redactor


def envelope(data: bytes) -> None:
    """Decoding refuses or reads; what it read is written so that it reads the same."""
    with suppress(ScrubrelayError):
        first = decode(data)
        again = decode(encode(first))
        assert [one.payload for one in again.items] == [one.payload for one in first.items]
        assert all(quantities(one) is not None for one in first.items)


def inflating(data: bytes) -> None:
    """A body inflates within its limit or is refused."""
    with suppress(ScrubrelayError):
        assert len(inflate(data[1:], _ENCODINGS[data[0] % 4] if data else "gzip", 1 << 20)) <= 1 << 20


def store(data: bytes) -> None:
    """A legacy body becomes an envelope that can be sent on, or is refused."""
    with suppress(ScrubrelayError):
        decode(encode(envelope_of_store(data, 0.0)))


def headers(data: bytes) -> None:
    """Headers of clients and of upstreams are read or refused, whatever they hold."""
    text = data.decode("latin-1")
    with suppress(ScrubrelayError):
        read_auth({"X-Sentry-Auth": "Sentry " + text}, {})
    told = RateLimits.parse({"X-Sentry-Rate-Limits": text, "Retry-After": text}, 429, 0.0).header(0.0)
    assert told.isprintable()


def document(data: bytes) -> None:
    """A JSON document is scrubbed or refused; scrubbed again it stays as it is."""
    try:
        once, _ = _redactor().json_document(data)
    except Unscrubbable:
        return
    twice, found = _redactor().json_document(once)
    assert (twice, found) == (once, ())


@cache
def _choosy() -> Project:
    """A project with every policy on."""
    filters = FilterSettings(
        ignore_errors=["Key*", {"type": "*", "status": "4xx"}, {"tags": {"a": "b*"}}],
        error_messages=["a*b", "/(?:a|aa)+$/"],
        releases=["*-dev"],
        environments=["dev"],
        client_addresses=["192.0.2.0/24"],
        groups=GROUPS,
        trivial_transactions=[{"ops": "queue.*", "shorter_than": "5ms"}],
    )
    rules = [{"what": what, "rate": 0.5, "release": "*"} for what in ("traces", "errors", "logs")]
    sampling = SamplingSettings(rule=rules, minimum_per_hour=1)
    policies = Policies(filters_of(filters), sampling_of(sampling), Cap(1))
    return Project(1, "0" * 32, "", _redactor(), policies=policies)


def policies(data: bytes) -> None:
    """Whatever a payload is, policies decide; and what is kept and what is dropped is all of it."""
    for kind in ITEMS:
        one = Item({"type": kind}, data)
        client = Client("192.0.2.7" if data[:1] == b"\n" else None, "Mozilla/5.0")
        inspection = inspect(Envelope({}, (one,)), _choosy(), Circumstances(client=client))
        pairs = zip(inspection.envelope.items, inspection.fates, strict=True)
        ends = [quantities(item) if fate is None else fate.quantities for item, fate in pairs]
        assert sum((Counter(dict(end)) for end in ends), Counter()) == Counter(dict(quantities(one)))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "envelope": envelope,
    "inflate": inflating,
    "store": store,
    "headers": headers,
    "document": document,
    "policies": policies,
}
