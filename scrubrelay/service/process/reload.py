"""The configuration that holds now, replaced as a whole when its files change or not at all."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scrubrelay.config.build import build
from scrubrelay.config.load import DEFAULT_FILE, Loaded, read
from scrubrelay.config.packs import lists_of, matching_files
from scrubrelay.config.settings import Settings
from scrubrelay.core.errors import ConfigError, place_of
from scrubrelay.core.project import Projects
from scrubrelay.service.clock import Clock, SystemClock
from scrubrelay.service.log import log
from scrubrelay.service.process.notify import News

_POLL: Final = 1.5
"""Seconds between two looks at the files. Polling works on every file system, mounted ones included."""
_NEED_RESTART: Final[Mapping[str, Callable[[Settings], object]]] = {
    "[server]": lambda settings: settings.server,
    "[admin] listen": lambda settings: settings.admin.listen,
    "[store]": lambda settings: settings.store,
    "[reports]": lambda settings: settings.reports,
}

Stamp = Mapping[Path, tuple[int, int, int] | None]
"""File -> inode, size and time of change; None where there is none."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the configuration comes from.

    Args:
        path: The file; None for the usual places.
        environ: The environment variables.
    """

    path: Path | None
    environ: Mapping[str, str]

    def read(self) -> Loaded:
        """Return the settings and where each came from.

        Raises:
            ConfigError: With every mistake.
        """
        return read(self.path, self.environ)


class Configuration:
    """What holds now. A reload swaps it between two requests; those in flight keep what they began with.

    Args:
        source: Where it comes from.
        clock: What tells when it was loaded.
        said: Is told when a reload begins, and what came of it.

    Attributes:
        projects: The compiled table of projects.
        generation: 1 at the start, one more with every reload.
        problems: What was wrong with the files at the last reload; empty if it went well.
        loaded_at: When what holds now was loaded, in seconds since the epoch.
        reloads: How many reloads were taken, and how many refused.

    Raises:
        ConfigError: With every mistake.
    """

    def __init__(
        self, source: Source, clock: Clock | None = None, said: Callable[[News], None] = lambda _: None
    ) -> None:
        self._said = said
        self._source = source
        self._clock = clock or SystemClock()
        self._loaded = self._watched = source.read()
        self._started_with = self._loaded.settings
        self._stamp = _stamp(self._loaded)
        self.projects: Projects = build(self._loaded.settings)
        self.generation = 1
        self.problems: tuple[str, ...] = ()
        self.loaded_at = self._clock.now()
        self.reloads: Counter[str] = Counter(taken=0, refused=0)
        self._asked = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    @property
    def settings(self) -> Settings:
        """The settings as they were read last."""
        return self._loaded.settings

    def exposed(self) -> tuple[str, ...]:
        """Return a warning for each file with a secret that others can read."""
        return tuple(self._loaded.exposed())

    def ask(self) -> None:
        """Have `follow` reload soon."""
        self._asked.set()

    async def reload(self, cause: str) -> bool:
        """Read and compile everything again; swap it in if all of it is right, else keep the old.

        Args:
            cause: What the log says led to it.
        """
        async with self._one_at_a_time:
            self._said(News.RELOADING)
            taken = await self._reload(cause)
            self._said(News.RELOADED if taken else News.REFUSED)
            return taken

    async def _reload(self, cause: str) -> bool:
        try:
            loaded, projects = await asyncio.to_thread(self._renewed)
        except ConfigError as error:
            return self._keep_old(cause, error.problems)
        # Whatever is wrong with new files, a relay that runs with the old ones goes on.
        except Exception as error:  # noqa: BLE001
            return self._keep_old(cause, (f"internal error: {place_of(error)}",))
        self._loaded, self.projects, self.problems = loaded, projects, ()
        self.generation += 1
        self.loaded_at = self._clock.now()
        self.reloads["taken"] += 1
        log("reloaded", cause=cause, generation=self.generation)
        self._tell_restart()
        return True

    async def follow(self, clock: Clock) -> None:
        """Reload when asked to, and when the configuration, a secret's file or a pattern file has changed."""
        while True:
            if self._asked.is_set():
                self._asked.clear()
                await self.reload("asked")
            elif await asyncio.to_thread(_stamp, self._watched) != self._stamp:
                await self.reload("file changed")
            await _first(self._asked.wait(), clock.sleep(_POLL))

    def _keep_old(self, cause: str, problems: tuple[str, ...]) -> bool:
        self.problems = problems
        self.reloads["refused"] += 1
        for problem in problems:
            log("reload_problem", level=logging.ERROR, problem=problem)
        log("reload_failed", level=logging.ERROR, cause=cause, note="the old configuration stays")
        return False

    def _renewed(self) -> tuple[Loaded, Projects]:
        # Looked at before they are read: what changes meanwhile is seen to differ at the next look.
        before = _stamp(self._watched)
        self._stamp = before
        self._watched = loaded = self._source.read()
        # A mistake may be mended in a file that only the refused configuration names.
        self._stamp = {**_stamp(loaded), **{path: before[path] for path in _files(loaded) if path in before}}
        return loaded, build(loaded.settings)

    def _tell_restart(self) -> None:
        for table, part in _NEED_RESTART.items():
            if part(self.settings) != part(self._started_with):
                log(
                    "restart_needed",
                    level=logging.WARNING,
                    setting=table,
                    note="changed; holds after a restart",
                )


async def _first(*awaited: Coroutine[Any, Any, object]) -> None:
    """Return when one of them is done; the others are cancelled."""
    tasks = [asyncio.ensure_future(one) for one in awaited]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


def _stamp(loaded: Loaded) -> Stamp:
    return {path: _mark(path) for path in _files(loaded)}


def _files(loaded: Loaded) -> Iterator[Path]:
    yield loaded.file or Path(DEFAULT_FILE)
    yield from loaded.secret_files
    redactions = [loaded.settings.redaction]
    redactions += [project.redaction for project in loaded.settings.project if project.redaction]
    for redaction in redactions:
        for path in matching_files(redaction.pattern_files):
            yield path
            yield from lists_of(path, _mark(path))


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
