"""What an upstream's answer means for the envelope that was sent, and how an envelope is addressed to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from scrubrelay.core.errors import BadRequest
from scrubrelay.core.wire.envelope import Envelope, decode, encode
from scrubrelay.core.wire.ratelimits import RateLimit, RateLimits

# Sentry shifts every timestamp by `received - sent_at` from 55 minutes on; below a minute nobody can tell.
_WAIT_THAT_SHOWS = 60.0
# As Relay: a second after the first network error, a minute at most (`retry_delay`, `max_retry_interval`).
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 60.0
_LONGEST_ASKED_DELAY = 300.0  # as Sentry's own processing caps Retry-After
_OUTAGES = frozenset({502, 503, 504})
_NO_LIMITS = RateLimits()


@dataclass(frozen=True, slots=True)
class Target:
    """One server that a project's envelopes go to.

    Args:
        name: Its stable name in the ledger and on the command line; no secret.
        url: Its envelope endpoint.
        key: The public key it knows the project by.
        project_id: The id it knows the project by.
        encoding: Compression towards it; every server reads gzip.
        keys: Our client keys -> its own, for the trace header.
    """

    name: str
    url: str
    key: str
    project_id: int
    encoding: Literal["gzip", "zstd", "identity"] = "gzip"
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def dsn(self) -> str:
        """The public DSN an app would use to reach it directly."""
        place = urlsplit(self.url)
        prefix = place.path.rpartition("/api/")[0]
        return f"{place.scheme}://{self.key}@{place.netloc}{prefix}/{self.project_id}"

    @property
    def route(self) -> tuple[str, int, str]:
        """What its rate limits are kept under: they hold for a project there, not for a whole server."""
        return (self.name, self.project_id, self.key)


@dataclass(frozen=True, slots=True)
class Sent:
    """The upstream has it.

    Args:
        limits: What it wants no more of, for now; also said with a 200.
    """

    limits: RateLimits = _NO_LIMITS


@dataclass(frozen=True, slots=True)
class Retry:
    """The upstream could not take it now.

    Args:
        after: Seconds it asked to wait, if it did.
        limits: Its rate limits if that is why; empty when the upstream was not reached or is down.
    """

    after: float | None = None
    limits: RateLimits = _NO_LIMITS


@dataclass(frozen=True, slots=True)
class Refused:
    """The upstream will never take it.

    Args:
        status: What it answered.
    """

    status: int


Reply = Sent | Retry | Refused


def judge(status: int | None, headers: Mapping[str, str], now: float) -> Reply:
    """Return what an answer means.

    Args:
        status: The HTTP status; None when there was no answer.
        headers: Of the answer.
        now: Seconds since the epoch.
    """
    if status is None or status in _OUTAGES:
        return Retry(_asked_delay(headers))
    if status == 429:
        return Retry(_asked_delay(headers), RateLimits.parse(headers, status, now))
    if 200 <= status < 300:
        return Sent(RateLimits.parse(headers, status, now))
    return Refused(status)


def _asked_delay(headers: Mapping[str, str]) -> float | None:
    asked = next((text for name, text in headers.items() if name.lower() == "retry-after"), "").strip()
    return min(float(asked), _LONGEST_ASKED_DELAY) if asked.isascii() and asked.isdecimal() else None


def backoff(attempt: int, draw: float) -> float:
    """Return seconds to wait before the next try: exponential, with full jitter.

    Args:
        attempt: How many tries have failed, from 1.
        draw: A random number, 0 ≤ draw < 1.
    """
    ceiling = min(_LONGEST_DELAY, _FIRST_DELAY * 2.0 ** min(attempt, 16))
    return max(_FIRST_DELAY / 4, ceiling * draw)


def common(of_each: Iterable[RateLimits], now: float) -> RateLimits:
    """Return what all of several targets limit, each category until the first of them takes it again."""
    every = [limits.active(now) for limits in of_each]
    if len(every) == 1:
        return every[0]
    names = {name for limits in every for limit in limits.limits for name in limit.categories or {""}}
    shared = (
        (name, min((limits.limited(name, now) for limits in every), default=0.0)) for name in sorted(names)
    )
    return RateLimits(
        tuple(
            RateLimit(frozenset({name} if name else ()), now + left, "key", None)
            for name, left in shared
            if left > 0
        )
    )


def address(clean: bytes, target: Target, waited: float) -> bytes:
    """Return an envelope as it goes to `target`; only the first line is touched.

    Args:
        clean: An encoded envelope.
        target: Where it goes.
        waited: Seconds it has spent here.
    """
    first, newline, rest = clean.partition(b"\n")
    try:
        headers = decode(first).headers
    except BadRequest:
        return clean
    changed = _addressed(headers, target, waited)
    if changed == headers:
        return clean
    return encode(Envelope(changed, ())).rstrip(b"\n") + newline + rest


def _addressed(headers: Mapping[str, Any], target: Target, waited: float) -> dict[str, Any]:
    changed = dict(headers)
    if "dsn" in changed:
        changed["dsn"] = target.dsn
    trace = changed.get("trace")
    key = trace.get("public_key") if isinstance(trace, dict) else None
    if isinstance(trace, dict) and isinstance(key, str) and key in target.keys:
        changed["trace"] = {**trace, "public_key": target.keys[key]}
    if waited > _WAIT_THAT_SHOWS and "sent_at" in changed:
        changed["sent_at"] = _shifted(changed["sent_at"], waited)
    return changed


def _shifted(sent_at: Any, waited: float) -> Any:
    """Move a timestamp; whatever is none stays as it is, for upstream to judge."""
    if not isinstance(sent_at, str):
        return sent_at
    try:
        moment = datetime.fromisoformat(sent_at)
        moved = moment + timedelta(seconds=waited)
    except (ValueError, OverflowError):
        return sent_at
    utc = moved.astimezone(UTC) if moved.tzinfo else moved
    return utc.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
