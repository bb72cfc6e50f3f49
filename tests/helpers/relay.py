"""The relay as an operator runs it: a process with its own configuration, data directory and ports."""

import http.client
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.helpers.compiled import keep, lend

KEY = "a" * 32
"""The client key that the tests' apps use."""
TOKEN = "admin-token-of-the-tests"
_START_TIMEOUT = 60.0  # a loaded machine of two cores; an idle one needs about a second


def free_port() -> int:
    """Return a port nobody listens on, below the range from which clients are given theirs.

    A relay that was killed must find its port free again: no client may have been given it meanwhile.
    """
    while True:
        port = random.randint(10_000, 31_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


@dataclass
class Relay:
    """One data directory and configuration file, served by one process after another.

    Args:
        directory: Holds the configuration, the data directory and the log.
        config: The configuration file's text; ports, token and data directory come by the environment.
        environ: More environment for the process.
        data: Where the store lies, when not in `directory`.
    """

    directory: Path
    config: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    data: Path | None = None
    port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    file_size_limit: int | None = None

    @property
    def url(self) -> str:
        """The ingest listener's root."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_path(self) -> Path:
        """Everything that every process of this relay wrote to stdout and stderr."""
        return self.directory / "relay.log"

    @property
    def _data(self) -> Path:
        return self.data or self.directory / "data"

    def dsn(self, project: int, key: str = KEY, prefix: str = "") -> str:
        """Return what an app would paste."""
        return f"http://{key}@127.0.0.1:{self.port}{prefix}/{project}"

    def log(self) -> str:
        """Return the log so far."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def start(self, *, ready: bool = True) -> None:
        """Start a process; with `ready`, return when it answers that it is."""
        self.directory.mkdir(parents=True, exist_ok=True)
        config = self.directory / "scrubrelay.toml"
        config.write_text(self.config)
        lend(self._data)
        command = [sys.executable, "-m", "scrubrelay.cli.main", "serve", "--config", str(config)]
        installed = Path(sys.executable).with_name("scrubrelay")
        if installed.exists():
            command[:3] = [str(installed)]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.directory,
                env=self.environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if self.file_size_limit is not None:
            hard = resource.RLIM_INFINITY
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (self.file_size_limit, hard))
        if ready:
            self.wait_ready()

    def environment(self) -> dict[str, str]:
        """Return the environment that its processes, and commands on its store, run in."""
        inherited = {
            name: text for name, text in os.environ.items() if not name.startswith(("SCRUBRELAY_", "SENTRY_"))
        }
        return inherited | {
            "SCRUBRELAY_LISTEN": f"127.0.0.1:{self.port}",
            "SCRUBRELAY_ADMIN__LISTEN": f"127.0.0.1:{self.admin_port}",
            "SCRUBRELAY_ADMIN_TOKEN": TOKEN,
            "SCRUBRELAY_DATA_DIR": str(self._data),
            # Apps of tests send one error again and again; tests of caps say otherwise in `environ`.
            "SENTRY_MAX_EVENTS_PER_ISSUE": "0",
            **self.environ,
        }

    def wait_ready(self) -> None:
        """Return when `/readyz` answers 200 and operators are heard; raise when it ends or time is up."""
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                raise RuntimeError(f"the relay ended before it was ready:\n{self.log()[-4000:]}")
            if self.status_of("/readyz") == 200 and self._admin_listens():
                keep(self._data)
                return
            time.sleep(0.02)
        raise TimeoutError(f"the relay was not ready in {_START_TIMEOUT:.0f} s:\n{self.log()[-4000:]}")

    def _admin_listens(self) -> bool:
        """Return whether the first worker is up, too: it alone has the admin listener."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.admin_port)) == 0

    def status_of(self, path: str) -> int | None:
        """GET a path of the ingest listener; None when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def post(self, path: str, body: bytes) -> int:
        """POST to the ingest listener; return the status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", path, body)
            return connection.getresponse().status
        finally:
            connection.close()

    def admin(self, path: str) -> Any:
        """GET a JSON page of the admin listener, which may be up a moment after the other one."""
        deadline = time.monotonic() + _START_TIMEOUT
        while True:
            try:
                return self._admin_page(path)
            except ConnectionError:  # refused, or cut off: the worker that listened was killed
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.05)

    def _admin_page(self, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {body[:500]!r}")
            return orjson.loads(body)
        finally:
            connection.close()

    def kill(self) -> None:
        """`kill -9`, the supervisor and its workers at once; no process gets to say goodbye."""
        if self.process is not None:
            with _gone():
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)

    def stop(self, timeout: float = 20.0) -> int:
        """SIGTERM, as an orchestrator sends it; return the exit code."""
        if self.process is None:
            return 0
        with _gone():
            self.process.terminate()
        return self.process.wait(timeout)

    def workers(self) -> list[int]:
        """Return the process ids of the supervisor's children."""
        assert self.process is not None
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def resident_bytes(self) -> int:
        """Return the memory that the process and its children hold now."""
        assert self.process is not None
        pages = sum(
            int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            for pid in (self.process.pid, *self.workers())
        )
        return pages * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self) -> float:
        """Return the time that the process and its children have had of any core, in the kernel as well."""
        assert self.process is not None
        ticks = 0
        for pid in (self.process.pid, *self.workers()):
            _, _, fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")
            ticks += sum(map(int, fields.split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def _gone() -> Iterator[None]:
    """Signals to a process that has ended are not worth an error."""
    try:
        yield
    except ProcessLookupError:
        return


@contextmanager
def running(relay: Relay) -> Iterator[Relay]:
    """Run a relay for the length of a block and leave no process behind."""
    try:
        relay.start()
        yield relay
    finally:
        relay.kill()
