"""A real Sentry-compatible server: Bugsink from PyPI in its own environment, on SQLite and loopback.

It is source-available, not open source: the tests run it beside them, nothing ships or imports it.
"""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.helpers.relay import free_port

_REQUIREMENT = "bugsink==2.6.*"
_CACHE = Path(__file__).parents[2] / ".cache" / "bugsink"
_BIN = _CACHE / "venv" / "bin"
_TEMPLATE = _CACHE / "template"
_STAMP = _CACHE / "installed.txt"
_PROJECTS = 12
_START_TIMEOUT = 60.0
_DATABASES = ("db.sqlite3", "snappea.sqlite3")

_MAKE_PROJECTS = f"""
import django, json, uuid
django.setup()
from projects.models import Project
made = [Project.objects.create(name=f"p{{n}}") for n in range({_PROJECTS})]
print(json.dumps([[p.id, uuid.UUID(str(p.sentry_key)).hex] for p in made]))
"""


@dataclass
class Bugsink:
    """A running server and the projects that no test has taken yet."""

    directory: Path
    port: int
    projects: list[tuple[int, str]]

    @property
    def url(self) -> str:
        """The server's root."""
        return f"http://127.0.0.1:{self.port}"

    def project(self) -> tuple[int, str]:
        """Take a project of one's own: its id and its key."""
        return self.projects.pop()

    def dsn(self, project: tuple[int, str]) -> str:
        """Return a project's DSN."""
        return f"http://{project[1]}@127.0.0.1:{self.port}/{project[0]}"

    def event(self, event_id: str, timeout: float = 30.0) -> dict[str, object]:
        """Return the stored event, as soon as it is there."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with closing(
                sqlite3.connect(f"file:{self.directory}/db.sqlite3?mode=ro", uri=True, timeout=10)
            ) as database:
                row = database.execute(
                    "SELECT data FROM events_event WHERE event_id = ?", (event_id,)
                ).fetchone()
            if row is not None:
                return orjson.loads(row[0])
            time.sleep(0.05)
        raise TimeoutError(f"no event {event_id} in {timeout:.0f} s")


def _run(directory: Path, *command: str) -> str:
    environ = {**os.environ, "PYTHONPATH": str(directory), "DJANGO_SETTINGS_MODULE": "bugsink_conf"}
    done = subprocess.run(
        command, cwd=directory, env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def _configure(directory: Path, port: int) -> None:
    """Write a configuration that keeps everything in a directory and calls nobody."""
    _run(
        directory, str(_BIN / "bugsink-create-conf"), "--template=local", "--host", "127.0.0.1",
        "--port", str(port), "-o", "bugsink_conf.py",
    )  # fmt: skip
    with (directory / "bugsink_conf.py").open("a") as file:
        file.write(
            f'\nDATABASES["default"]["NAME"] = "{directory}/db.sqlite3"\n'
            f'DATABASES["snappea"]["NAME"] = "{directory}/snappea.sqlite3"\n'
            'BUGSINK["PHONEHOME"] = False\n'
            f'BUGSINK["INGEST_STORE_BASE_DIR"] = "{directory}/ingestion"\n'
        )


def install() -> None:
    """Install the server and migrate empty databases, once for a checkout, whoever asks at the same time."""
    _CACHE.parent.mkdir(exist_ok=True)
    with (_CACHE.parent / "bugsink.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _STAMP.exists() or _STAMP.read_text() != _REQUIREMENT:
            _install()


def _install() -> None:
    shutil.rmtree(_CACHE, ignore_errors=True)
    _TEMPLATE.mkdir(parents=True)
    _run(_CACHE, sys.executable, "-m", "venv", "venv")
    _run(_CACHE, str(_BIN / "pip"), "install", "--quiet", "--disable-pip-version-check", _REQUIREMENT)
    _configure(_TEMPLATE, 9)
    _run(_TEMPLATE, str(_BIN / "bugsink-manage"), "migrate")
    _run(_TEMPLATE, str(_BIN / "bugsink-manage"), "migrate", "--database=snappea")
    _STAMP.write_text(_REQUIREMENT)


def _wait_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-4000:]}")


@contextmanager
def serving(directory: Path) -> Iterator[Bugsink]:
    """Run a server with fresh databases for the length of a block."""
    install()
    port = free_port()
    _configure(directory, port)
    for name in _DATABASES:
        shutil.copy(_TEMPLATE / name, directory / name)
    projects = orjson.loads(_run(directory, str(_BIN / "python"), "-c", _MAKE_PROJECTS))
    environ = {**os.environ, "PYTHONPATH": str(directory), "DJANGO_SETTINGS_MODULE": "bugsink_conf"}
    log = directory / "gunicorn.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(_BIN / "gunicorn"), "--bind", f"127.0.0.1:{port}", "--workers", "1", "bugsink.wsgi"],
            cwd=directory, env=environ, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        _wait_ready(f"http://127.0.0.1:{port}", server, log)
        yield Bugsink(directory, port, [(number, key) for number, key in projects])
    finally:
        server.terminate()
        server.wait(20)
