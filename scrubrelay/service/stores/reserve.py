"""A little disk set aside, for on a full one even deleting needs room."""

import os
from pathlib import Path

_BYTES = 4 * 2**20
"""Room for the log of some thousand deletes, and for giving their pages back."""


class Reserve:
    """A file that is given up when the disk is full, and made again when there is room.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def full(self) -> bool:
        """Whether it is there; another worker may have given it up."""
        try:
            return self._path.stat().st_size >= _BYTES
        except OSError:
            return False

    def fill(self) -> bool:
        """Take the room if it can be had, all or nothing; return whether it is taken."""
        if self.full:
            return True
        try:
            _allocate(self._path)
        except OSError:
            self.release()
        return self.full

    def release(self) -> bool:
        """Give the room back; return whether there was any."""
        had = self.full
        self._path.unlink(missing_ok=True)
        return had


def _allocate(path: Path) -> None:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file, 0, _BYTES)
        else:  # macOS
            os.pwrite(file, bytes(_BYTES), 0)
    finally:
        os.close(file)
