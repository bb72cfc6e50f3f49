"""Client reports: what the relay dropped, in the words that Sentry's statistics know.

Source: https://develop.sentry.dev/sdk/telemetry/client-reports/.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from scrubrelay.core.errors import Reason
from scrubrelay.core.wire.envelope import Item

REPORTED: dict[Reason, str | None] = {
    Reason.NOT_UNDERSTOOD: "internal_sdk_error",
    Reason.UNDECODABLE: "internal_sdk_error",
    Reason.TOO_DEEP: "internal_sdk_error",
    Reason.TIMED_OUT: "internal_sdk_error",
    Reason.TOO_LARGE: "invalid",
    Reason.SURPLUS: "invalid",
    Reason.CAPTURE_OFF: "ignored",
    Reason.IGNORED_ERROR: "ignored",
    Reason.ERROR_MESSAGE: "ignored",
    Reason.RELEASE: "ignored",
    Reason.ENVIRONMENT: "ignored",
    Reason.CLIENT_ADDRESS: "ignored",
    Reason.LOCALHOST: "ignored",
    Reason.BROWSER_EXTENSION: "ignored",
    Reason.LEGACY_BROWSER: "ignored",
    Reason.WEB_CRAWLER: "ignored",
    Reason.HEALTH_CHECK: "ignored",
    Reason.TRIVIAL_TRANSACTION: "ignored",
    Reason.CSP_NOISE: "ignored",
    Reason.CAPPED: "ratelimit_backoff",
    Reason.SAMPLED: "sample_rate",
    Reason.RATE_LIMITED: "ratelimit_backoff",
    Reason.STORE_FULL: "queue_overflow",
    Reason.REFUSED: "send_error",
    Reason.EXPIRED: "network_error",
    Reason.PURGED: "send_error",
    Reason.NO_UPSTREAM: None,
}
"""What a client report calls each reason; None for what has no upstream to tell."""


_DISCARDED: Final = "discarded_events"
_FILTERED: Final = "filtered_events"

RELAY_LISTS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.IGNORED_ERROR: (_FILTERED, "error-message"),
    Reason.ERROR_MESSAGE: (_FILTERED, "error-message"),
    Reason.RELEASE: (_FILTERED, "release-version"),
    Reason.ENVIRONMENT: (_FILTERED, "environment"),
    Reason.CLIENT_ADDRESS: (_FILTERED, "ip-address"),
    Reason.LOCALHOST: (_FILTERED, "localhost"),
    Reason.BROWSER_EXTENSION: (_FILTERED, "browser-extensions"),
    Reason.LEGACY_BROWSER: (_FILTERED, "legacy-browsers"),
    Reason.WEB_CRAWLER: (_FILTERED, "web-crawlers"),
    Reason.HEALTH_CHECK: (_FILTERED, "filtered-transaction"),
    Reason.TRIVIAL_TRANSACTION: (_FILTERED, "filtered-transaction"),
    Reason.CSP_NOISE: (_FILTERED, "invalid-csp"),
    Reason.CAPPED: ("rate_limited_events", "issue_cap"),
    # A sampling rule has a number there, and anything else is not understood; 0 is none of Sentry's.
    Reason.SAMPLED: ("filtered_sampling_events", "Sampled:0"),
}
"""For what a policy drops: the list that is for relays, and what Sentry's own relay would write there."""


def client_report(
    counts: Iterable[tuple[Reason, str, int]], now: float, *, relay_lists: bool = False
) -> Item | None:
    """Return the item that reports what was dropped; None if there is nothing to tell.

    Args:
        counts: Reason, data category, quantity.
        now: Seconds since the epoch.
        relay_lists: Whether what a policy dropped stands in the lists that are for relays.
    """
    totals: dict[str, Counter[tuple[str, str]]] = {}
    for reason, category, quantity in counts:
        place = RELAY_LISTS.get(reason) if relay_lists else None
        name = REPORTED[reason]
        if name is not None and quantity > 0:
            listed, word = place or (_DISCARDED, name)
            totals.setdefault(listed, Counter())[word, category] += quantity
    if not totals:
        return None
    lists = {
        listed: [
            {"reason": word, "category": category, "quantity": quantity}
            for (word, category), quantity in sorted(sums.items())
        ]
        for listed, sums in sorted(totals.items())
    }
    payload = orjson.dumps({"timestamp": now, **lists})
    return Item({"type": "client_report", "length": len(payload)}, payload)
