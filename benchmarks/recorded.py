"""Events that real SDKs sent, as they were recorded or as they would be sent at another time."""

import os
import random
import sys
from pathlib import Path

import orjson
import regex

_FOLDER = Path(__file__).parents[2] / "shared" / "envelopes"
_ID = regex.compile(
    rb'"(?:event_id|trace_id|span_id|parent_span_id|replay_id|profile_id)": ?"\K[0-9a-f-]{16,36}(?=")'
)
_STAMP = regex.compile(rb'"(?:start_)?timestamp": ?\K(?:"[0-9T:.Z+-]{19,35}"|\d{10}(?:\.\d+)?)')


def recorded() -> list[bytes]:
    """Return the events among the recorded requests, if there are recordings here."""
    folder = Path(os.environ.get("SCRUBRELAY_RECORDINGS", _FOLDER))
    if not (folder / "decode.py").exists():
        return []
    sys.path.insert(0, str(folder))
    import decode

    events = []
    for path in sorted((folder / "corpus").glob("*.bin")):
        about = orjson.loads(path.with_suffix(".json").read_bytes())
        if about.get("kind") != "envelope":
            continue
        body = decode.decompress(path.read_bytes(), about.get("content_encoding"))
        events += [
            payload for head, payload, _ in decode.parse_envelope(body)[1] if head.get("type") == "event"
        ]
    return [event for event in events if _plain(event)]


def afresh(event: bytes, draw: random.Random) -> bytes:
    """Return an event as if it had happened again: other ids, other times, everything else as it was."""

    def stamp(match: "regex.Match[bytes]") -> bytes:
        minute, second, fraction = draw.randrange(60), draw.randrange(60), draw.randrange(10**6)
        if match[0].startswith(b'"'):
            return b'"2026-11-24T04:%02d:%02d.%06dZ"' % (minute, second, fraction)
        return str(1795492800 + 60 * minute + second + fraction / 10**6).encode()

    with_ids = _ID.sub(lambda match: (b"%032x" % draw.getrandbits(128))[: len(match[0])], event)
    return _STAMP.sub(stamp, with_ids)


def _plain(event: bytes) -> bool:
    """Whether their engine can read it: it refuses lone surrogates, as orjson does."""
    try:
        orjson.loads(event)
    except orjson.JSONDecodeError:
        return False
    return True
