"""Rate limits as upstreams state them and SDKs obey them.

Grammar of `X-Sentry-Rate-Limits`: `retry_after:categories:scope[:reason[:namespaces]]`, comma-separated;
categories separated by `;`, none for all (https://develop.sentry.dev/sdk/expected-features/rate-limiting/).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_DEFAULT_SILENCE = 60  # seconds, after a 429 that says nothing else
_LONGEST_SILENCE = 7 * 86_400.0  # a typing error upstream must not silence an app for ever
_TOKEN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_SCOPES = frozenset({"organization", "project", "key"})


@dataclass(frozen=True, slots=True)
class RateLimit:
    """One limit.

    Args:
        categories: Data categories; none means all.
        until: When it ends, in seconds since the epoch.
        scope: `organization`, `project` or `key`.
        reason: The upstream's code for why.
    """

    categories: frozenset[str]
    until: float
    scope: str = "key"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RateLimits:
    """All limits that hold for one client key at one upstream.

    Args:
        limits: In no order; for one category the longest counts.
    """

    limits: tuple[RateLimit, ...] = ()

    @classmethod
    def parse(cls, headers: Mapping[str, str], status: int, now: float) -> "RateLimits":
        """Return what an answer states; a 429 without any header means a minute of silence for everything.

        Args:
            headers: Of the answer.
            status: Its HTTP status.
            now: Seconds since the epoch.
        """
        named = {name.lower(): value for name, value in headers.items()}
        stated = named.get("x-sentry-rate-limits", "")
        limits = tuple(limit for quota in stated.split(",") if (limit := _limit(quota, now)))
        if limits or status != 429:
            return cls(limits)
        wait = _seconds(named.get("retry-after", ""))
        return cls((RateLimit(frozenset(), now + (_DEFAULT_SILENCE if wait is None else wait)),))

    def active(self, now: float) -> "RateLimits":
        """Return those that still hold."""
        return RateLimits(tuple(limit for limit in self.limits if limit.until > now))

    def merge(self, other: "RateLimits") -> "RateLimits":
        """Return both; of two for the same categories and scope, the longer."""
        longest: dict[tuple[frozenset[str], str], RateLimit] = {}
        for limit in (*self.limits, *other.limits):
            known = longest.get((limit.categories, limit.scope))
            if known is None or known.until < limit.until:
                longest[limit.categories, limit.scope] = limit
        return RateLimits(tuple(longest.values()))

    def limited(self, category: str, now: float) -> float:
        """Return for how many seconds a data category is limited; 0 if it is not."""
        return max(0.0, max(self._ends(category), default=0.0) - now)

    def header(self, now: float) -> str:
        """Return the value for `X-Sentry-Rate-Limits`; empty if nothing is limited."""
        return ", ".join(_quota(limit, now) for limit in self.active(now).limits)

    def _ends(self, category: str) -> Iterable[float]:
        return (limit.until for limit in self.limits if not limit.categories or category in limit.categories)


def _limit(quota: str, now: float) -> RateLimit | None:
    """One element of the header; what cannot be read is passed over, as SDKs do."""
    seconds, *fields = (field.strip() for field in quota.split(":"))
    wait = _seconds(seconds)
    if wait is None or not fields:
        return None
    names, scope, reason = (*fields, "", "", "")[:3]
    if len(fields) > 3 and fields[3]:
        return None  # a limit on some namespaces of metrics only
    categories = frozenset(name for name in names.lower().split(";") if name)
    if not all(_TOKEN.issuperset(name) for name in categories):
        return None
    plain = reason if reason and _TOKEN.issuperset(reason.lower()) else None
    return RateLimit(categories, now + wait, scope if scope in _SCOPES else "key", plain)


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return min(seconds, _LONGEST_SILENCE) if seconds >= 0 else None


def _quota(limit: RateLimit, now: float) -> str:
    fields = [str(math.ceil(limit.until - now)), ";".join(sorted(limit.categories)), limit.scope]
    return ":".join(fields if limit.reason is None else [*fields, limit.reason])
