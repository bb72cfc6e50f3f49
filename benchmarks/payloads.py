"""Events as SDKs make them, most by the real Python SDK; the same for a seed."""

import random
import uuid
from collections.abc import Callable, Mapping

import orjson
import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

KEY = "a" * 32
PROJECT = 42
_STAMP = "2026-11-24T04:00:00.000000Z"
_WORDS = (
    "account", "balance", "cart", "checkout", "customer", "delivery", "discount", "invoice", "item",
    "ledger", "order", "partner", "payment", "price", "queue", "refund", "region", "retry",
    "session", "shipment", "stock", "tax", "tenant", "total", "vendor", "voucher", "warehouse",
)  # fmt: skip
_TEXTS: tuple[Callable[[random.Random], str], ...] = (
    lambda draw: " ".join(draw.choices(_WORDS, k=9)),
    lambda draw: (
        f"SELECT {draw.choice(_WORDS)}.id FROM {draw.choice(_WORDS)} WHERE id = {draw.randrange(10**6)}"
    ),
    lambda draw: (
        f"https://api.example.com/v2/{draw.choice(_WORDS)}/{draw.randrange(10**6)}?page={draw.randrange(99)}"
    ),
    lambda draw: str(uuid.UUID(int=draw.getrandbits(128))),
    lambda draw: (
        f"2026-11-{draw.randrange(1, 28):02} 04:{draw.randrange(60):02}:17.{draw.randrange(10**6):06}"
    ),
    lambda draw: f"<{draw.choice(_WORDS).title()} object at 0x7f{draw.getrandbits(40):010x}>",
    lambda draw: orjson.dumps({word: draw.randrange(1000) for word in draw.choices(_WORDS, k=4)}).decode(),
    lambda draw: f"/srv/app/{draw.choice(_WORDS)}/{draw.choice(_WORDS)}.py",
)
_FOUND: tuple[Callable[[random.Random], str], ...] = (
    lambda draw: f"{draw.choice(_WORDS)}.{draw.randrange(10**4)}@example.com",
    lambda draw: f"peer 203.0.113.{draw.randrange(1, 255)} hung up",
    lambda draw: f"retrying with api_key=Zq{draw.getrandbits(80):020x}",
)


class _Draw(random.Random):
    """Randomness whose `repr`, which stands in the frames, has no address in it."""

    def __repr__(self) -> str:
        return "<Draw>"


class _Caught(Transport):
    """Keeps the envelope that would have been sent."""

    def __init__(self) -> None:
        super().__init__({"dsn": f"http://{KEY}@127.0.0.1:9/{PROJECT}"})
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        """Keep it."""
        self.envelopes.append(envelope)


def _text(draw: random.Random) -> str:
    """A text of an app; one in sixty holds something to find."""
    return draw.choice(_FOUND if draw.randrange(60) == 0 else _TEXTS)(draw)


def _descend(draw: random.Random, depth: int) -> None:
    """Fail at the bottom of a stack whose frames hold what handlers hold."""
    customer = {word: _text(draw) for word in draw.sample(_WORDS, 6)}
    lines = [_text(draw) for _ in range(5)]
    query, total, found = _text(draw), draw.randrange(10**6), draw.random() < 0.5
    if depth == 0:
        raise RuntimeError(f"cannot charge {query} {total} {found} {len(customer) + len(lines)}")
    _descend(draw, depth - 1)


def _failure(draw: random.Random, depth: int) -> RuntimeError:
    try:
        _descend(draw, depth)
    except RuntimeError as error:
        return error
    raise AssertionError("it always fails")


def _fill(scope: sentry_sdk.Scope, draw: random.Random, breadcrumbs: int) -> None:
    scope.set_user({"id": str(draw.randrange(10**6)), "email": _FOUND[0](draw), "ip_address": "203.0.113.9"})
    for word in _WORDS[:8]:
        scope.set_tag(word, draw.choice(_WORDS))
        scope.set_extra(word, {key: _text(draw) for key in draw.sample(_WORDS, 5)})
    for number in range(breadcrumbs):
        crumb = {"category": "query", "message": _text(draw), "data": {"took": number, "by": _text(draw)}}
        scope.add_breadcrumb(crumb, timestamp=_STAMP)


def python_event(seed: int, depth: int = 26, breadcrumbs: int = 72) -> bytes:
    """Return the JSON of an error as the Python SDK sends it: some 57 KB with the defaults."""
    draw, caught = _Draw(seed), _Caught()
    client = sentry_sdk.Client(
        transport=caught,
        default_integrations=False,
        send_default_pii=True,
        release="shop@1.4.2",
        server_name="web-3",
    )
    with sentry_sdk.isolation_scope() as isolation, sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        _fill(isolation, draw, breadcrumbs)
        scope.capture_exception(_failure(draw, depth))
    event = caught.envelopes[0].get_event() or {}
    hexadecimal = f"{_Draw(seed).getrandbits(128):032x}"
    event |= {"event_id": hexadecimal, "timestamp": _STAMP}
    event["contexts"]["trace"] |= {"trace_id": hexadecimal, "span_id": hexadecimal[:16]}
    return orjson.dumps(event)


def small_event(seed: int) -> bytes:
    """Return the JSON of an error of about 1 KB, as a Node app without local variables sends it."""
    draw = random.Random(seed)
    frames = [
        {"filename": f"/srv/app/{word}.js", "function": word, "lineno": draw.randrange(300), "in_app": True}
        for word in draw.sample(_WORDS, 7)
    ]
    event = {
        "event_id": f"{draw.getrandbits(128):032x}",
        "timestamp": 1795492800.5,
        "platform": "node",
        "environment": "production",
        "exception": {"values": [{"type": "Error", "value": _text(draw), "stacktrace": {"frames": frames}}]},
        "user": {"id": str(draw.randrange(10**6)), "email": _FOUND[0](draw)},
        "tags": {word: draw.choice(_WORDS) for word in draw.sample(_WORDS, 3)},
        "sdk": {"name": "sentry.javascript.node", "version": "11.12.0"},
    }
    return orjson.dumps(event)


def middle_event(seed: int) -> bytes:
    """Return the JSON of an error of about 6 KB."""
    return python_event(seed, depth=0, breadcrumbs=4)


def large_event(seed: int) -> bytes:
    """Return the JSON of an event of about 1 MB: the largest that Sentry takes."""
    draw = random.Random(seed)
    event = orjson.loads(python_event(seed))
    event["extra"]["rows"] = [{word: _text(draw) for word in draw.sample(_WORDS, 8)} for _ in range(2150)]
    return orjson.dumps(event)


EVENTS: Mapping[str, Callable[[int], bytes]] = {
    "1 KB": small_event,
    "6 KB": middle_event,
    "57 KB": python_event,
    "1 MB": large_event,
}


def envelope(event: bytes) -> bytes:
    """Return the envelope in which an SDK sends an event."""
    event_id = orjson.loads(event)["event_id"]
    head = orjson.dumps(
        {"event_id": event_id, "sent_at": _STAMP, "trace": {"trace_id": event_id, "public_key": KEY}}
    )
    return b"%b\n%b\n%b\n" % (head, orjson.dumps({"type": "event", "length": len(event)}), event)
