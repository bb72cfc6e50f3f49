"""Several worker processes that share a port: started, watched, restarted, stopped."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from typing import Final

from scrubrelay.core.delivery import backoff
from scrubrelay.service.clock import Clock
from scrubrelay.service.log import log
from scrubrelay.service.process.notify import News, Readiness

_STEADY: Final = 30.0
"""Seconds that a worker must have run for its end not to count as a failed start."""
_GRACE: Final = 5.0
"""Seconds beyond `shutdown_timeout` after which a worker is killed."""


class Supervisor:
    """Keeps one process per slot alive until it is told to stop.

    The stdin of each is a pipe from the supervisor: when that dies, however it dies, the workers read the end
    of it and stop too.

    Args:
        command: Returns the command line of a slot.
        workers: How many slots there are.
        clock: The time.
        shutdown_timeout: How long a worker may take to stop.
        readiness: Is told what each worker says of itself, a word on a line of its stdout.
    """

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        workers: int,
        clock: Clock,
        shutdown_timeout: float,
        readiness: Readiness,
    ) -> None:
        self._command = command
        self._workers = workers
        self._clock = clock
        self._patience = shutdown_timeout + _GRACE
        self._readiness = readiness
        self._stopping = asyncio.Event()
        self._running: dict[int, asyncio.subprocess.Process] = {}

    async def run(self) -> int:
        """Return 0 when all workers have stopped because they were told to."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGHUP, self._forward, signal.SIGHUP)
        async with asyncio.TaskGroup() as group:
            watchdog = group.create_task(self._keep_watch())
            lives = [group.create_task(self._keep_alive(slot)) for slot in range(self._workers)]
            await asyncio.wait(lives)
            watchdog.cancel()
        log("stopped")
        return 0

    def _stop(self) -> None:
        self._readiness.stop()
        self._stopping.set()

    async def _keep_watch(self) -> None:
        """Tell systemd twice in each of its intervals that the relay lives, if it wants to know."""
        if self._readiness.watchdog is None:
            return
        while True:
            self._readiness.live()
            await self._clock.sleep(self._readiness.watchdog / 2)

    async def _keep_alive(self, slot: int) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = self._clock.monotonic()
            try:
                status = await self._one_life(slot)
            except OSError as error:  # no memory or no process left, for now
                status = error.errno or -1
            if self._stopping.is_set():
                return
            failures = 1 if self._clock.monotonic() - started > _STEADY else failures + 1
            wait = backoff(failures, 0.5) if failures > 1 else 0.0
            log("worker_ended", level=logging.ERROR, slot=slot, status=status, restart_in=f"{wait:.1f}s")
            await self._pause(wait)

    async def _one_life(self, slot: int) -> int:
        process = await asyncio.create_subprocess_exec(
            *self._command(slot),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=_unmoved_by_hangup,
        )
        self._running[slot] = process
        hearing = asyncio.ensure_future(self._hear(slot, process))
        ended = asyncio.ensure_future(process.wait())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ended.done():
            await self._last_wait(slot, process, ended)
        del self._running[slot]
        await hearing
        self._readiness.note(slot, News.ENDED)
        return await ended

    async def _hear(self, slot: int, process: asyncio.subprocess.Process) -> None:
        """Pass on what a worker says of itself, until it ends."""
        if process.stdout is None:
            raise RuntimeError("a worker without a stdout")
        known = {news.value.encode(): news for news in News}
        async for line in process.stdout:
            if (news := known.get(line.strip())) is not None:
                self._readiness.note(slot, news)

    async def _last_wait(
        self, slot: int, process: asyncio.subprocess.Process, ended: asyncio.Future[int]
    ) -> None:
        process.terminate()
        await asyncio.wait((ended,), timeout=self._patience)
        if not ended.done():
            log(
                "worker_killed",
                level=logging.ERROR,
                slot=slot,
                note="did not stop in time; nothing kept is lost",
            )
            process.kill()

    async def _pause(self, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((sleeping, stopping), return_when=asyncio.FIRST_COMPLETED)
        sleeping.cancel()
        stopping.cancel()

    def _forward(self, number: signal.Signals) -> None:
        for process in self._running.values():
            if process.returncode is None:
                process.send_signal(number)


def _unmoved_by_hangup() -> None:
    """Let a worker that has no handler yet live through a SIGHUP: it is about to read the files anyway."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def reserve(host: str, port: int) -> socket.socket:
    """Return a socket that holds a port for workers to share, without listening on it.

    Raises:
        OSError: Somebody else has it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    holder = socket.socket(family, socket.SOCK_STREAM)
    try:
        # The second lets it follow a relay of one process, whose closed connections still have the port.
        for option in (socket.SO_REUSEPORT, socket.SO_REUSEADDR):
            holder.setsockopt(socket.SOL_SOCKET, option, 1)
        holder.bind((host, port))
    except OSError:
        holder.close()
        raise
    return holder
