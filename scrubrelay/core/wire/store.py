"""Bodies of the legacy store endpoint: one event, in each wrapping that raven and old SDKs gave it."""

import binascii
import zlib
from base64 import b64decode
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import orjson

from scrubrelay.core.errors import BadRequest
from scrubrelay.core.wire.encoding import inflate
from scrubrelay.core.wire.envelope import Envelope, Item, decode

_MAX_EVENT = 20 * 1024 * 1024  # inflated; its item type has a smaller limit of its own
_TYPES = frozenset({"transaction", "feedback"})


def envelope_of_store(body: bytes, now: float) -> Envelope:
    """Return the envelope that an SDK of today would have sent.

    JSON, base64(JSON), zlib(JSON) and base64(zlib(JSON)) are read, and an envelope under that path as one.
    An event without an id gets one from its bytes, so that sending it twice is still one event.

    Args:
        body: The inflated body.
        now: Seconds since the epoch; becomes `sent_at`, which the format has no place for.

    Raises:
        BadRequest: It is none of these.
    """
    if not body.strip():
        raise BadRequest("empty request body")
    data = _unwrapped(body.strip())
    try:
        event = orjson.loads(data)
    except orjson.JSONDecodeError:
        return _other(body if data == body.strip() else data, now)  # an attachment may end in white space
    if not isinstance(event, dict):
        raise BadRequest("invalid JSON data", "expected an object")
    return _envelope(data, event, now)


def _other(data: bytes, now: float) -> Envelope:
    """An envelope on the wrong path; or JSON that only a lenient parser reads, left to whoever scrubs it."""
    try:
        return decode(data)
    except BadRequest:
        event = data.strip()
        if not (event.startswith(b"{") and event.endswith(b"}")):
            raise BadRequest("invalid JSON data") from None
    return _envelope(event, {}, now)


def _envelope(data: bytes, event: dict[str, Any], now: float) -> Envelope:
    event_id = event.get("event_id") or blake2b(data, digest_size=16).hexdigest()
    kind = event.get("type")
    item_type = kind if isinstance(kind, str) and kind in _TYPES else "event"
    sent_at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    item = Item({"type": item_type, "length": len(data)}, data)
    return Envelope({"event_id": event_id, "sent_at": sent_at}, (item,))


def _unwrapped(body: bytes) -> bytes:
    if body[:1] == b"{":
        return body
    if body[:1] == b"x":  # zlib's first byte at its usual window size
        return _inflated(body)
    try:
        inner = b64decode(body.translate(None, b" \t\r\n"), validate=True)  # raven-ruby broke its lines
    except (binascii.Error, ValueError):
        raise BadRequest("invalid JSON data") from None  # the error may quote the body
    return _inflated(inner) if inner[:1] != b"{" else inner


def _inflated(data: bytes) -> bytes:
    try:
        return inflate(data, "deflate", _MAX_EVENT)
    except (BadRequest, zlib.error):
        raise BadRequest("invalid compression format") from None
