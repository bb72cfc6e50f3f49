"""A Sentry server, a clock and envelopes for tests: ours, and those of whoever builds on the relay.

    async with MiniSentry() as sentry:              # a server on a free port of this machine
        sentry.script(Answer(503), Answer(503))     # two failures, then 200 for ever
        ...                                         # let something send to sentry.dsn(1)
        await sentry.received(1)                    # wait for one envelope to be accepted
        assert sentry.event_ids() == ["..."]

Leaving the block fails the test if anything that arrived was not as Sentry's SDKs would send it.
"""

import asyncio
import heapq
import itertools
import sys
import uuid
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import orjson
import regex
from aiohttp import web

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


KEY = "a" * 32
"""A client key to use where it does not matter."""

_PATH = regex.compile(r"(?P<prefix>.*)/api/(?P<project>[0-9]+)/envelope/")
_AUTH = regex.compile(r"Sentry (?:\w+=[^,\s]+,\s*)*sentry_key=(?P<key>[0-9a-zA-Z]{32})(?:,\s*\w+=[^,\s]+)*")
_ENOUGH_ROUNDS = 25  # of the event loop, until what a fired sleeper set off has come to rest
_EPOCH = 1_800_000_000.0  # 2027: a date that nobody takes for the real one
_BODY_BYTES = 256 * 2**20


class ManualClock:
    """Time that stands still until it is told to go on.

    Args:
        now: Seconds since the epoch at the start.
    """

    def __init__(self, now: float = _EPOCH) -> None:
        self._start = now
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def __repr__(self) -> str:
        return f"<ManualClock at {self._elapsed} s, {len(self._sleepers)} sleeping>"

    def now(self) -> float:
        """Return seconds since the epoch."""
        return self._start + self._elapsed

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Return when the clock has been advanced by this much."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let time go by, waking each sleeper in its order at its moment, and those that they set off."""
        end = self._elapsed + seconds
        await self._rest()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, woken = heapq.heappop(self._sleepers)
            self._elapsed = max(self._elapsed, due)
            if not woken.done():
                woken.set_result(None)
                await self._rest()
        self._elapsed = end
        await self._rest()

    async def _rest(self) -> None:
        for _ in range(_ENOUGH_ROUNDS):
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Answer:
    """What MiniSentry does with a request.

    Args:
        status: What it answers; an envelope is accepted with any 2xx.
        headers: What stands in the answer, such as rate limits.
        delay: Seconds it takes.
        gate: It answers when this is set.
        drop: It closes the connection without an answer, having read the request.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    gate: asyncio.Event | None = None
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """An envelope as it arrived.

    Args:
        project_id: In the path.
        key: In the auth header.
        headers: The envelope's own.
        items: Header and payload of each item.
        request_headers: Of the HTTP request, names in lower case.
        body: The envelope's bytes, decompressed.
    """

    project_id: int
    key: str
    headers: Mapping[str, Any]
    items: tuple[tuple[Mapping[str, Any], bytes], ...]
    request_headers: Mapping[str, str]
    body: bytes

    @property
    def event_id(self) -> str | None:
        """The id in the envelope's header, without dashes."""
        event_id = self.headers.get("event_id")
        return event_id.replace("-", "") if isinstance(event_id, str) else None

    @property
    def types(self) -> tuple[str, ...]:
        """The types of its items."""
        return tuple(str(headers.get("type")) for headers, _ in self.items)


class MiniSentry:
    """A server that takes envelopes, remembers them, fails when told to, and complains about bad manners.

    Args:
        port: Where it listens; 0 chooses a port, which it keeps over `down` and `up`.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.accepted: list[Received] = []
        """What it answered with 2xx, in order."""
        self.refused: list[Received] = []
        """What it answered with anything else."""
        self.problems: list[str] = []
        """What was wrong with requests."""
        self.requests = 0
        """How many came, whatever became of them."""
        self.most_at_once = 0
        """The highest number of requests that were under way together."""
        self._peers: set[object] = set()
        self._at_once = 0
        self._script: deque[Answer] = deque()
        self._always = Answer()
        self._cycle: Iterable[Answer] | None = None
        self._changed = asyncio.Event()
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()
        if kind is None:
            self.check()

    @property
    def url(self) -> str:
        """Its root, as `[upstream] url` takes it."""
        return f"http://127.0.0.1:{self.port}"

    def dsn(self, project_id: int = 1, key: str = KEY) -> str:
        """Return a DSN of its."""
        return f"http://{key}@127.0.0.1:{self.port}/{project_id}"

    @property
    def connections(self) -> int:
        """How many connections brought requests."""
        return len(self._peers)

    def event_ids(self, project_id: int | None = None) -> list[str]:
        """Return the ids of accepted envelopes that have one, in order, of one project or of all."""
        chosen = (one for one in self.accepted if project_id in {None, one.project_id})
        return [one.event_id for one in chosen if one.event_id]

    def script(self, *answers: Answer) -> None:
        """Give these answers to the next requests, one each; then the usual one again."""
        self._script.extend(answers)

    def always(self, answer: Answer) -> None:
        """Make this the usual answer."""
        self._always, self._cycle = answer, None

    def flap(self, *answers: Answer) -> None:
        """Give these answers in turn, again and again."""
        self._cycle = itertools.cycle(answers)

    async def up(self) -> None:
        """Listen."""
        if self._runner is not None:
            return
        self._runner = web.ServerRunner(web.Server(self._handle, auto_decompress=False), shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def down(self) -> None:
        """Refuse connections, as a server that is not running."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def received(self, count: int, within: float = 10.0) -> list[Received]:
        """Wait until so many envelopes were accepted.

        Raises:
            TimeoutError: They were not, in this many seconds of real time.
        """
        await self._until(lambda: len(self.accepted) >= count, within)
        return self.accepted

    async def asked(self, count: int, within: float = 10.0) -> None:
        """Wait until so many requests have come, whatever became of them.

        Raises:
            TimeoutError: They have not, in this many seconds of real time.
        """
        await self._until(lambda: self.requests >= count, within)

    async def _until(self, there: Callable[[], bool], within: float) -> None:
        async with asyncio.timeout(within):
            while not there():
                self._changed.clear()
                await self._changed.wait()

    def check(self) -> None:
        """Fail if anything that arrived was not as it should be."""
        if self.problems:
            raise AssertionError("MiniSentry saw:\n" + "\n".join(self.problems))

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self._at_once += 1
        self._peers.add(request.transport and request.transport.get_extra_info("peername"))
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self._answer(request)
        finally:
            self._at_once -= 1
            self._changed.set()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await _read(request)
        envelope = self._understood(request, body)
        answer = self._next()
        self.requests += 1
        self._changed.set()
        await asyncio.sleep(answer.delay)
        if answer.gate is not None:
            await answer.gate.wait()
        if answer.drop and request.transport is not None:
            request.transport.abort()
        elif envelope is not None:
            (self.accepted if 200 <= answer.status < 300 else self.refused).append(envelope)
        return web.json_response({}, status=answer.status, headers=dict(answer.headers))

    def _next(self) -> Answer:
        if self._script:
            return self._script.popleft()
        return next(iter(self._cycle), self._always) if self._cycle is not None else self._always

    def _understood(self, request: web.BaseRequest, body: bytes) -> Received | None:
        try:
            return _parse_request(request, body)
        except (ValueError, KeyError, zlib.error, zstd.ZstdError) as error:
            self.problems.append(f"{request.method} {request.path}: {error}")
            return None


async def _read(request: web.BaseRequest) -> bytes:
    parts = [part async for part in request.content.iter_any()]
    return b"".join(parts)


def _parse_request(request: web.BaseRequest, body: bytes) -> Received:
    path, auth = _PATH.fullmatch(request.path), _AUTH.fullmatch(request.headers.get("X-Sentry-Auth", ""))
    if request.method != "POST" or path is None or auth is None:
        raise ValueError("not a POST to an envelope endpoint with an X-Sentry-Auth that names a key")
    if request.headers.get("Content-Type") != "application/x-sentry-envelope":
        raise ValueError(f"Content-Type is {request.headers.get('Content-Type')}")
    if forwarded := [name for name in request.headers if "forwarded" in name.lower()]:
        raise ValueError(f"the client's address is passed on: {forwarded}")
    plain = _inflated(body, request.headers.get("Content-Encoding", "identity"))
    headers, items = parse_envelope(plain)
    dsn = headers.get("dsn")
    if dsn is not None and (auth["key"] not in dsn or not dsn.endswith(f"/{path['project']}")):
        raise ValueError("the envelope's dsn is not that of the request")
    sent = {name.lower(): text for name, text in request.headers.items()}
    return Received(int(path["project"]), auth["key"], headers, tuple(items), sent, plain)


def _inflated(body: bytes, encoding: str) -> bytes:
    match encoding:
        case "gzip":
            return zlib.decompressobj(wbits=31).decompress(body, _BODY_BYTES)
        case "zstd":
            return zstd.decompress(body)
        case "identity":
            return body
        case _:
            raise ValueError(f"Content-Encoding {encoding}")


def parse_envelope(data: bytes) -> tuple[dict[str, Any], list[tuple[dict[str, Any], bytes]]]:
    """Take an envelope apart, by the letter of Sentry's documentation and without the relay's own code.

    Raises:
        ValueError: It is not one.
    """
    line, _, rest = data.partition(b"\n")
    headers, items = orjson.loads(line), []
    if not isinstance(headers, dict):
        raise ValueError("the envelope's header is no object")  # noqa: TRY004 -- the sender's mistake, not ours
    while rest:
        line, _, rest = rest.partition(b"\n")
        item = orjson.loads(line)
        if not isinstance(item.get("type"), str):
            raise ValueError("an item has no type")  # noqa: TRY004 -- as above
        length = item.get("length", len(rest.partition(b"\n")[0]))
        if length > len(rest) or rest[length : length + 1] not in {b"", b"\n"}:
            raise ValueError("an item's length is wrong")
        items.append((item, rest[:length]))
        rest = rest[length + 1 :]
    return headers, items


def make_envelope(*items: tuple[Mapping[str, Any], bytes], **headers: Any) -> bytes:
    """Return an envelope of items (header and payload each) and header fields."""
    lines = [orjson.dumps(headers)]
    for header, payload in items:
        lines += [orjson.dumps({**header, "length": len(payload)}), payload]
    return b"\n".join([*lines, b""])


def make_event(event_id: str | None = None, **fields: Any) -> bytes:
    """Return an envelope with one error event.

    Args:
        event_id: 32 hex digits; random if not given.
        fields: Of the event, beside the few that every event has.
    """
    event_id = event_id or uuid.uuid4().hex
    event = {"event_id": event_id, "platform": "python", "level": "error", "message": "it broke", **fields}
    return make_envelope(({"type": "event"}, orjson.dumps(event)), event_id=event_id)


def make_transaction(event_id: str | None = None, spans: int = 1, **fields: Any) -> bytes:
    """Return an envelope with one transaction.

    Args:
        event_id: 32 hex digits; random if not given.
        spans: How many child spans it has.
        fields: Of the transaction, beside the few that every one has.
    """
    event_id = event_id or uuid.uuid4().hex
    trace = {"trace_id": "5" * 32, "span_id": "6" * 16, "op": "http.server"}
    children = [{"span_id": f"{number:016x}", "trace_id": "5" * 32, "op": "db"} for number in range(spans)]
    transaction = {
        "event_id": event_id,
        "type": "transaction",
        "transaction": "GET /",
        "start_timestamp": _EPOCH - 1,
        "timestamp": _EPOCH,
        "contexts": {"trace": trace},
        "spans": children,
        **fields,
    }
    return make_envelope(({"type": "transaction"}, orjson.dumps(transaction)), event_id=event_id)
