"""A full disk is said, survived and made good: nothing is acknowledged that is not kept."""

import asyncio
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scrubrelay.testing import MiniSentry
from tests.crash.load import loading, missing, settled, unbalanced
from tests.helpers.relay import Relay

_SMALL = 10 * 2**20  # the reserve fits, and some hundred envelopes
_LARGE = 64 * 2**20
_FILE = 5 * 2**20  # as above: each file of a store has that much for itself


@dataclass
class Tmpfs:
    """A file system of its own, as large as it is told to be; needs root."""

    folder: Path

    def shrink(self, relay: Relay) -> None:
        """Leave ten megabytes in all."""
        command = ["mount", "-t", "tmpfs", "-o", f"size={_SMALL}", "tmpfs", str(self.folder)]
        if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("only root can mount a small file system")

    def grow(self, relay: Relay) -> None:
        """Somebody has cleaned up."""
        subprocess.run(["mount", "-o", f"remount,size={_LARGE}", str(self.folder)], check=True)

    def remove(self) -> None:
        """Unmount it, if it was mounted."""
        if self.folder.is_mount():
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


@dataclass
class FileSizeLimit:
    """The kernel's own limit on the size of a process's files; needs nothing."""

    folder: Path

    def shrink(self, relay: Relay) -> None:
        """No file of the processes started from here may be over five megabytes."""
        relay.file_size_limit = _FILE

    def grow(self, relay: Relay) -> None:
        """Lift the limit of the running process."""
        assert relay.process is not None
        resource.prlimit(relay.process.pid, resource.RLIMIT_FSIZE, (_LARGE, resource.RLIM_INFINITY))

    def remove(self) -> None:
        """There is nothing to remove."""


@pytest.fixture(params=[Tmpfs, FileSizeLimit])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tmpfs | FileSizeLimit]:
    folder = tmp_path / "disk"
    folder.mkdir()
    made = request.param(folder)
    yield made
    made.remove()


async def test_a_full_disk_is_answered_503_and_everything_acknowledged_arrives(
    new_relay: Callable[..., Relay], disk: Tmpfs | FileSizeLimit
):
    async with MiniSentry() as sentry:
        relay = new_relay(f'[upstream]\nurl = "{sentry.url}"\n', data=disk.folder)
        disk.shrink(relay)
        await sentry.down()
        await asyncio.to_thread(relay.start)
        async with loading(relay, apps=4, padding=20_000) as load:
            await load.answers_with(429, 503)
            assert await asyncio.to_thread(relay.status_of, "/readyz") == 503
            disk.grow(relay)
            await load.acknowledges(20)
            await sentry.up()
        assert await missing(sentry, load) == set()
        assert set(load.answers) <= {200, 429, 503}
        await settled(relay)
        assert unbalanced(relay) == []
