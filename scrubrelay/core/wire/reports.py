"""Client reports: what the relay dropped, in the words that Sentry's statistics know.

Source: https://develop.sentry.dev/sdk/telemetry/client-reports/.
"""

from collections import Counter
from collections.abc import Iterable

import orjson

from scrubrelay.core.errors import Reason
from scrubrelay.core.wire.envelope import Item

REPORTED: dict[Reason, str | None] = {
    Reason.NOT_UNDERSTOOD: "internal_sdk_error",
    Reason.UNDECODABLE: "internal_sdk_error",
    Reason.TOO_DEEP: "internal_sdk_error",
    Reason.TIMED_OUT: "internal_sdk_error",
    Reason.TOO_LARGE: "invalid",
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


def client_report(counts: Iterable[tuple[Reason, str, int]], now: float) -> Item | None:
    """Return the item that reports what was dropped; None if there is nothing to tell.

    Args:
        counts: Reason, data category, quantity.
        now: Seconds since the epoch.
    """
    totals: Counter[tuple[str, str]] = Counter()
    for reason, category, quantity in counts:
        name = REPORTED[reason]
        if name is not None and quantity > 0:
            totals[name, category] += quantity
    if not totals:
        return None
    discarded = [
        {"reason": reason, "category": category, "quantity": quantity}
        for (reason, category), quantity in sorted(totals.items())
    ]
    payload = orjson.dumps({"timestamp": now, "discarded_events": discarded})
    return Item({"type": "client_report", "length": len(payload)}, payload)
