"""What workers show one another: each has a socket in the data folder, for this user only."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web
from pydantic import ValidationError

from scrubrelay.core.errors import BadRequest, NotFound, RateLimited, ScrubrelayError
from scrubrelay.service.listener.answers import refusal, reply
from scrubrelay.service.process.reload import Configuration
from scrubrelay.service.process.watch import Watch
from scrubrelay.service.telling.tap import MOST_READERS, Wanted

_LONGEST_PATH: Final = 100
"""Bytes of a socket's path that every system takes; Linux has 108, macOS 104."""
_ANSWER_SECONDS: Final = 3.0
_RELOAD_SECONDS: Final = 60.0
_HEARTBEAT: Final = 5.0
_RETRY_SECONDS: Final = 1.0
_PIECE: Final = 65_536


class Window:
    """Answers what the worker with the admin listener asks another one, or itself.

    Args:
        worker: The number of this one.
        configuration: What holds.
        targets: Returns how its upstreams do.
        watch: What it counts.
        note: Stores what it has noted of events.
    """

    def __init__(
        self,
        worker: int,
        configuration: Configuration,
        targets: Callable[[], Sequence[Mapping[str, Any]]],
        watch: Watch,
        note: Callable[[], Awaitable[None]],
    ) -> None:
        self._note = note
        self._worker = worker
        self._configuration = configuration
        self._targets = targets
        self._watch = watch

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request."""
        try:
            match request.path:
                case "/figures":
                    return reply(
                        {**self._state(), **self._watch.meters.figures(), "targets": self._targets()}
                    )
                case "/reload":
                    await self._configuration.reload("asked")
                    return reply(self._state())
                case "/note":
                    await self._note()
                    return reply({})
                case "/tail":
                    return await self._tail(request)
                case _:
                    raise NotFound("not found")
        except ScrubrelayError as error:
            return refusal(error)

    def _state(self) -> dict[str, Any]:
        configuration = self._configuration
        return {
            "worker": self._worker,
            "pid": os.getpid(),
            "generation": configuration.generation,
            "problems": list(configuration.problems),
            "loaded_at": configuration.loaded_at,
            "reloads": dict(configuration.reloads),
        }

    async def _tail(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._watch.tap.readers >= MOST_READERS:
            raise RateLimited("too many look on already", 10)
        try:
            wanted = Wanted.model_validate(dict(request.query))
        except ValidationError as error:
            raise BadRequest("the query is not as it should be") from error
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        with self._watch.tap.reader(wanted) as reader, suppress(ConnectionError):
            await response.prepare(request)
            await response.write(b"\n")
            while True:
                await response.write(await reader.take(_HEARTBEAT))
        return response


class Peers:
    """All workers of this relay, as one of them sees them, itself included.

    Args:
        folder: The data folder.
        slots: How many there are.
    """

    def __init__(self, folder: Path, slots: int) -> None:
        self._folder = folder
        self._slots = slots
        self._sessions: dict[int, aiohttp.ClientSession] = {}
        self._handle: int | None = None
        self._tails = 0

    @property
    def slots(self) -> int:
        """How many workers there are."""
        return self._slots

    def path(self, slot: int) -> str:
        """Return where a worker's socket is, in a form that is short enough for the system.

        Linux has short names for long paths: `/proc/self/fd/7/…` begins at an open folder.
        """
        plain = str((self._folder / f"worker-{slot}.sock").absolute())
        if len(os.fsencode(plain)) <= _LONGEST_PATH or not Path("/proc/self/fd").exists():
            return plain
        if self._handle is None:
            self._handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return f"/proc/self/fd/{self._handle}/worker-{slot}.sock"

    async def open(self, slot: int, runner: web.ServerRunner) -> None:
        """Let the others ask this worker.

        Raises:
            OSError: The socket cannot be made.
        """
        await runner.setup()
        before = os.umask(0o177)  # from its first moment on it is nobody else's
        try:
            await web.UnixSite(runner, self.path(slot)).start()
        finally:
            os.umask(before)

    async def figures(self) -> list[dict[str, Any]]:
        """Return what each worker that answers in time counts."""
        answers = await asyncio.gather(
            *(self._ask("GET", slot, "/figures", _ANSWER_SECONDS) for slot in range(self._slots))
        )
        return [answer for answer in answers if answer is not None]

    async def note(self) -> None:
        """Have every worker that answers in time store what it has noted of events."""
        await asyncio.gather(
            *(self._ask("POST", slot, "/note", _ANSWER_SECONDS) for slot in range(self._slots))
        )

    async def reload(self) -> list[dict[str, Any]]:
        """Have every worker read the configuration again; return what came of it where one answers."""
        answers = await asyncio.gather(
            *(self._ask("POST", slot, "/reload", _RELOAD_SECONDS) for slot in range(self._slots))
        )
        return [answer for answer in answers if answer is not None]

    @contextmanager
    def tailing(self) -> Iterator[None]:
        """Keep the number of those who look on within what workers take.

        Raises:
            RateLimited: There are too many already.
        """
        if self._tails >= MOST_READERS:
            raise RateLimited("too many look on already", 10)
        self._tails += 1
        try:
            yield
        finally:
            self._tails -= 1

    async def tail(self, slot: int, query: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Yield the decisions of a worker, and of its successors, in pieces that end with a line."""
        while True:
            with suppress(aiohttp.ClientError, OSError):
                timeout = aiohttp.ClientTimeout(total=None, sock_read=3 * _HEARTBEAT)
                url = "http://worker/tail"
                async with self._session(slot).get(url, params=query, timeout=timeout) as answer:
                    if answer.status == 200:
                        async for piece in _lines(answer.content):
                            yield piece
            await asyncio.sleep(_RETRY_SECONDS)

    async def close(self) -> None:
        """Ask no more."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _session(self, slot: int) -> aiohttp.ClientSession:
        if slot not in self._sessions:
            connector = aiohttp.UnixConnector(self.path(slot), limit=0)
            self._sessions[slot] = aiohttp.ClientSession(connector=connector)
        return self._sessions[slot]

    async def _ask(self, method: str, slot: int, path: str, patience: float) -> dict[str, Any] | None:
        timeout = aiohttp.ClientTimeout(total=patience)
        try:
            async with self._session(slot).request(method, f"http://worker{path}", timeout=timeout) as answer:
                found = await answer.json() if answer.status == 200 else None
                return found if isinstance(found, dict) else None
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Yield what arrives, cut behind its last line break."""
    rest = b""
    async for piece in content.iter_chunked(_PIECE):
        whole, newline, rest = (rest + piece).rpartition(b"\n")
        if newline:
            yield whole + newline
