"""Every item type that SDKs send: what it counts as, what its payload is and what it goes with.

Sources: Relay's `ItemType` and `DataCategory`, https://develop.sentry.dev/sdk/data-model/envelope-items/.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import orjson

from scrubrelay.core.wire.envelope import Item

_KIB = 1024
_MIB = 1024 * _KIB


class Shape(Enum):
    """What a payload is, and so who can scrub it."""

    JSON = "a JSON document"
    CONTAINER = "a JSON document with a list `items`, counted by the header's `item_count`"
    TEXT = "lines of text"
    ATTACHMENT = "a file of any kind"
    REPLAY_RECORDING = "a JSON line, then a JSON array, plain or zlib-compressed"
    REPLAY_VIDEO = "a MessagePack map of a replay's parts"
    PROFILE_CHUNK = "a JSON document, with a binary part behind it if the header has `meta_length`"
    OPAQUE = "bytes of an unknown format"


@dataclass(frozen=True, slots=True)
class ItemKind:
    """What is known of an item type.

    Args:
        type: The item header's `type`.
        category: The data category it is limited by; None for what is never limited.
        shape: What its payload is.
        parent: Item types it goes with: dropped with all of them, it is dropped too.
        max_bytes: Most bytes of a payload (Relay's defaults, autumn 2026).
    """

    type: str
    category: str | None
    shape: Shape
    parent: tuple[str, ...] = ()
    max_bytes: int = _MIB


EVENTS: Final = ("event", "transaction", "feedback", "security")
"""Item types that make an event in Sentry, which others belong to."""

ITEMS: dict[str, ItemKind] = {
    kind.type: kind
    for kind in (
        ItemKind("event", "error", Shape.JSON),
        ItemKind("transaction", "transaction", Shape.JSON),
        ItemKind("security", "security", Shape.JSON),
        ItemKind("raw_security", "security", Shape.JSON),
        ItemKind("feedback", "feedback", Shape.JSON),
        ItemKind("user_report", "feedback", Shape.JSON, parent=("event", "transaction")),
        ItemKind("form_data", None, Shape.OPAQUE, parent=EVENTS),
        ItemKind("attachment", "attachment", Shape.ATTACHMENT, parent=EVENTS, max_bytes=200 * _MIB),
        ItemKind("unreal_report", "error", Shape.OPAQUE, max_bytes=200 * _MIB),
        ItemKind("session", "session", Shape.JSON, max_bytes=10 * _MIB),
        ItemKind("sessions", "session", Shape.JSON, max_bytes=10 * _MIB),
        ItemKind("client_report", None, Shape.JSON, max_bytes=100 * _KIB),
        ItemKind("profile", "profile", Shape.JSON, parent=("transaction",), max_bytes=50 * _MIB),
        ItemKind("profile_chunk", "profile_chunk", Shape.PROFILE_CHUNK, max_bytes=50 * _MIB),
        ItemKind("profile_chunk_ui", "profile_chunk_ui", Shape.PROFILE_CHUNK, max_bytes=50 * _MIB),
        ItemKind("replay_event", "replay", Shape.JSON, parent=("replay_recording",)),
        ItemKind(
            "replay_recording",
            "replay",
            Shape.REPLAY_RECORDING,
            parent=("replay_event",),
            max_bytes=10 * _MIB,
        ),
        ItemKind("replay_video", "replay", Shape.REPLAY_VIDEO, max_bytes=10 * _MIB),
        ItemKind("check_in", "monitor", Shape.JSON, max_bytes=100 * _KIB),
        ItemKind("log", "log_item", Shape.CONTAINER, max_bytes=12 * _MIB),
        ItemKind("trace_metric", "trace_metric", Shape.CONTAINER, max_bytes=12 * _MIB),
        # One legacy span is a document, a v2 container holds `items`: the same scrubber reads both.
        # Beside a transaction are spans of its own, which an SDK had no room for in it.
        ItemKind("span", "span", Shape.CONTAINER, parent=("transaction",), max_bytes=12 * _MIB),
        ItemKind("metric_buckets", "metric_bucket", Shape.JSON),
        ItemKind("statsd", "metric_bucket", Shape.TEXT),
        ItemKind("metric_meta", "metric_bucket", Shape.JSON),
    )
}
"""Every item type by its name; another one is bytes of an unknown format."""


def kind_of(item: Item) -> ItemKind:
    """Return what is known of the item's type; for an unknown one, that its format is unknown."""
    return ITEMS.get(item.type) or ItemKind(item.type, "default", Shape.OPAQUE)


def quantities(item: Item) -> tuple[tuple[str, int], ...]:
    """Return what Sentry counts the item as: pairs of data category and number.

    A payload that cannot be read counts once; nothing is ever counted as nothing but what has no category.
    """
    count = _COUNTS.get(item.type)
    if count is not None:
        return count(item)
    category = kind_of(item).category
    return () if category is None else ((category, 1),)


def _transaction(item: Item) -> tuple[tuple[str, int], ...]:
    """A transaction is also one span, and each of its children is another."""
    spans = _document(item).get("spans")
    return (("transaction", 1), ("span", 1 + (len(spans) if isinstance(spans, list) else 0)))


def _attachment(item: Item) -> tuple[tuple[str, int], ...]:
    return (("attachment", len(item.payload)), ("attachment_item", 1))


def _profile_chunk(item: Item) -> tuple[tuple[str, int], ...]:
    """A chunk of a browser or an app counts apart from a server's (Relay's `ProfileType::from_platform`)."""
    platforms = ("cocoa", "android", "javascript")
    ui = item.type == "profile_chunk_ui" or item.headers.get("platform") in platforms
    return (("profile_chunk_ui" if ui else "profile_chunk", 1),)


def _event(item: Item) -> tuple[tuple[str, int], ...]:
    """A feedback that an old SDK sends as an event is not an error."""
    return (("feedback" if b'"feedback"' in item.payload and _is_feedback(item) else "error", 1),)


def _is_feedback(item: Item) -> bool:
    return _document(item).get("type") == "feedback"


def _sized(item_category: str, byte_category: str) -> Callable[[Item], tuple[tuple[str, int], ...]]:
    return lambda item: ((item_category, _item_count(item)), (byte_category, len(item.payload)))


def _span(item: Item) -> tuple[tuple[str, int], ...]:
    return (("span", _item_count(item)),)


def _item_count(item: Item) -> int:
    """Return how many entries a container says it has; not more than its payload has bytes.

    Else a few requests could claim so much that the sums of the ledger fit no integer any more.
    """
    stated = item.headers.get("item_count")
    if isinstance(stated, int) and not isinstance(stated, bool) and stated > 0:
        return max(1, min(stated, len(item.payload)))
    items = _document(item).get("items")
    return len(items) if isinstance(items, list) and items else 1


def _document(item: Item) -> dict[str, Any]:
    try:
        document = orjson.loads(item.payload)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


_COUNTS: dict[str, Callable[[Item], tuple[tuple[str, int], ...]]] = {
    "event": _event,
    "transaction": _transaction,
    "attachment": _attachment,
    "profile_chunk": _profile_chunk,
    "profile_chunk_ui": _profile_chunk,
    "log": _sized("log_item", "log_byte"),
    "trace_metric": _sized("trace_metric", "trace_metric_byte"),
    "span": _span,
}
