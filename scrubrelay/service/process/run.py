"""`serve`: one process, or a supervisor with several."""

import asyncio
import os
from importlib import import_module
from pathlib import Path
from typing import Final

from scrubrelay.config.settings import Settings
from scrubrelay.config.values import Address
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.log import set_up
from scrubrelay.service.process.notify import Herald, Readiness, Systemd
from scrubrelay.service.process.post import Post
from scrubrelay.service.process.supervisor import Supervisor, reserve

# Imported where requests are served: a supervisor needs none of it, which is 25 MB and a third of a second.
_WORKER: Final = "scrubrelay.service.process.worker"


def serve(settings: Settings, config_path: Path | None) -> int:
    """Serve until told to stop; return the exit code.

    Args:
        settings: What the command line read. The workers read it again, from the same file and environment.
        config_path: The configuration file; None if there is none.

    Raises:
        ConfigError: The patterns are wrong; with every mistake.
        ScrubrelayError: The store cannot be opened.
        OSError: Nobody may listen there.
    """
    workers, clock = settings.server.workers, SystemClock()
    readiness = Readiness(Systemd(os.environ, os.getpid()), workers, clock)
    if workers == 1:
        return int(import_module(_WORKER).work(Post(config_path), Herald(readiness)))
    set_up(form=settings.server.log, level=settings.server.log_level)
    listen = settings.server.listen
    with reserve(listen.host, listen.port) as holder:
        # The port that the system chose, if it was to choose one: all workers share it.
        os.environ["SCRUBRELAY_SERVER__LISTEN"] = str(Address(listen.host, holder.getsockname()[1]))
        supervisor = Supervisor(
            lambda slot: Post(config_path, slot, workers).command(),
            workers,
            clock,
            settings.server.shutdown_timeout,
            readiness,
        )
        return asyncio.run(supervisor.run())
