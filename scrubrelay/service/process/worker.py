"""One worker process: a configuration, an outbox, the listeners, and the signals that move them."""

import asyncio
import logging
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import Any, Final

import uvloop
from aiohttp import web

from scrubrelay.config.values import Address
from scrubrelay.core.errors import ConfigError, ScrubrelayError
from scrubrelay.service.admin.listener import Admin
from scrubrelay.service.admin.route import Services
from scrubrelay.service.admin.tokens import Gate, leave_token, new_token
from scrubrelay.service.clock import Clock, SystemClock
from scrubrelay.service.delivery.outbox import Outbox
from scrubrelay.service.listener.intake import Intake
from scrubrelay.service.listener.server import Listener, Server
from scrubrelay.service.log import log, on_loop_error, set_up
from scrubrelay.service.process.greeting import greeting
from scrubrelay.service.process.notify import Herald, News
from scrubrelay.service.process.peers import Peers, Window
from scrubrelay.service.process.post import Post
from scrubrelay.service.process.reload import Configuration, Source
from scrubrelay.service.process.watch import Watch
from scrubrelay.service.telling.evidence import Witness
from scrubrelay.service.telling.meters import Meters
from scrubrelay.service.telling.tap import Tap

_BACKLOG: Final = 1024
_IN_FLIGHT: Final = 0.65
"""The part of `shutdown_timeout` that requests in flight have."""
_LAST_DELIVERY: Final = 0.25
"""The part of it that a last delivery has."""
_GOODBYE: Final = 0.2
"""Seconds for answers to be written out once all requests have theirs, or have run out of time."""


def work(post: Post, herald: Herald) -> int:
    """Serve until told to stop; return the process's exit code.

    Args:
        post: Which of the workers this is.
        herald: Who is told when it serves, reloads and stops.

    Raises:
        ConfigError: The configuration is wrong; with every mistake.
        ScrubrelayError: The store cannot be opened.
        OSError: Nobody may listen there.
    """
    number = post.slot if post.slots > 1 else None
    set_up(number)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    configuration = Configuration(Source(post.path, os.environ), said=herald.say)
    server = configuration.settings.server
    set_up(number, server.log, server.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_Worker(post, configuration, herald, SystemClock()).run())


@dataclass(slots=True)
class _Worker:
    post: Post
    configuration: Configuration
    herald: Herald
    clock: Clock
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(on_loop_error)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        loop.add_signal_handler(signal.SIGHUP, self.configuration.ask)
        settings = self.configuration.settings
        configuration = self.configuration
        outbox = Outbox.of(
            settings,
            lambda: configuration.projects,
            self.clock,
            self.post,
            lambda: configuration.settings.audit,
        )
        await outbox.start()
        try:
            await self._serve(outbox)
        finally:
            await outbox.stop(settings.server.shutdown_timeout * _LAST_DELIVERY)
        log("stopped")
        return 0

    async def _serve(self, outbox: Outbox) -> None:
        """Listen until told to stop, then finish what is in flight."""
        configuration = self.configuration
        witness = Witness(lambda: configuration.settings.audit)
        watch = Watch(Meters(self.clock), Tap(self.post.slot))
        intake = Intake(lambda: configuration.projects, outbox, self.clock, witness, watch)
        server = Server(intake, outbox.writable, outbox.switches.state, watch.meters)
        patience = configuration.settings.server.shutdown_timeout * _IN_FLIGHT
        own = new_token()
        gate = Gate(lambda: configuration.settings.admin, own, self.clock)
        peers = Peers(configuration.settings.store.data_dir, self.post.slots)
        window = _runner(Window(self.post.slot, configuration, outbox.targets, watch, outbox.trail.flush))
        services = Services(configuration, outbox, self.clock, peers)
        ingest, admin = _runner(server), _runner(Admin(services, gate))
        try:
            await _open(peers, self.post.slot, window)
            listen = configuration.settings.server.listen
            address = await _listen(ingest, listen, shared=self.post.slots > 1)
            if self.post.slot == 0:
                self._greet(address, own)
                await _listen_if_free(admin, configuration.settings.admin.listen)
            self.herald.say(News.READY)
            await self._wait()
            self.herald.stop()
            for site in ingest.sites:
                await site.stop()
            await server.drain(patience)
        finally:
            for runner in (ingest, admin, window):
                await runner.cleanup()
            await peers.close()

    async def _wait(self) -> None:
        reader = await _parent() if self.post.slots > 1 else None
        async with asyncio.TaskGroup() as group:
            background = [group.create_task(self.configuration.follow(self.clock))]
            if reader is not None:
                background.append(group.create_task(self._stop_after(reader)))
            if self.herald.every is not None:
                background.append(group.create_task(self._live(self.herald.every)))
            await self.stopping.wait()
            for task in background:
                task.cancel()

    async def _live(self, every: float) -> None:
        """Say again and again that this worker lives; one whose event loop hangs does not."""
        while True:
            self.herald.say(News.ALIVE)
            await self.clock.sleep(every)

    async def _stop_after(self, reader: asyncio.StreamReader) -> None:
        """Stop when the supervisor has died: nobody would restart this worker, or stop it."""
        await reader.read()
        self.stopping.set()

    def _greet(self, address: Address, own: str) -> None:
        """Say what to paste; where no token is configured, the relay's own too, which commands find."""
        settings = self.configuration.settings
        token = None if settings.admin.every_token else own
        try:
            leave_token(settings.store.data_dir, token)
        except OSError as error:  # on a full disk the relay still relays, and the token is still printed
            log("no_token_left", level=logging.ERROR, error=error.strerror or "unknown")
        for warning in self.configuration.exposed():
            log("secret_exposed", level=logging.WARNING, problem=warning)
        for line in greeting(settings, address, token):
            if settings.server.log == "json":
                log("greeting", text=line)
            else:
                sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _runner(handler: Any) -> web.ServerRunner:
    return web.ServerRunner(Listener(handler), shutdown_timeout=_GOODBYE)


async def _listen(runner: web.ServerRunner, address: Address, *, shared: bool) -> Address:
    """Listen, and return the address with the port that it got."""
    await runner.setup()
    site = web.TCPSite(runner, address.host, address.port, backlog=_BACKLOG, reuse_port=shared or None)
    await site.start()
    return Address(address.host, runner.addresses[0][1])


async def _listen_if_free(runner: web.ServerRunner, address: Address) -> None:
    """Listen for operators; without that the relay still relays."""
    try:
        await _listen(runner, address, shared=False)
    except OSError as error:
        log("no_admin_listener", level=logging.ERROR, listen=address, error=error.strerror or "unknown")


async def _open(peers: Peers, slot: int, window: web.ServerRunner) -> None:
    """Let the worker with the admin listener ask this one; without that the relay still relays."""
    try:
        await peers.open(slot, window)
    except OSError as error:
        log("no_worker_socket", level=logging.ERROR, error=error.strerror or "unknown")


async def _parent() -> asyncio.StreamReader:
    """Return the pipe from the supervisor, which says nothing and ends when it dies."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    return reader


def main() -> int:
    """Run the worker that the command line describes."""
    try:
        return work(Post.parse(sys.argv[1:]), Herald(None))
    except ConfigError as error:
        for problem in error.problems:
            log("configuration_problem", level=logging.ERROR, problem=problem)
    except (ScrubrelayError, OSError) as error:
        log("cannot_start", level=logging.ERROR, error=error)
    return 1


if __name__ == "__main__":
    sys.exit(main())
