"""Lines that a worker has not written to the store yet, kept where a kill does not take them."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
_PRIVATE: Final = 0o600


class Spool:
    """A file of lines beside the store, and the one before it, whose lines are just being stored.

    Nothing waits for the disk: the lines of a process that is killed are the system's, which keeps them; a
    power cut may take them. Without room for a line it is not kept, as the store has it in two seconds.

    Args:
        folder: Where it is.
        slot: The number of the worker.
    """

    def __init__(self, folder: Path, slot: int) -> None:
        self._file = folder / f"notes-{slot}.jsonl"
        self._before = folder / f"notes-{slot}.old.jsonl"
        self._handle: int | None = None
        self._broken = False

    def __repr__(self) -> str:
        return f"<Spool {self._file.name}>"

    @classmethod
    def orphans(cls, folder: Path, slots: int) -> "list[Spool]":
        """Return what workers have left that there are no more, as there are fewer now."""
        names = (path.name.split(".")[0].removeprefix("notes-") for path in folder.glob("notes-*.jsonl"))
        return [
            cls(folder, slot)
            for slot in sorted({int(one) for one in names if one.isdecimal()})
            if slot >= slots
        ]

    def add(self, *lines: Any) -> None:
        """Add lines; what cannot be written is left out, and so is all behind it until the next turn."""
        if self._broken or not lines:
            return
        data = b"".join(orjson.dumps(line) + b"\n" for line in lines)
        try:
            if self._handle is None:
                self._handle = os.open(self._file, _FLAGS, _PRIVATE)
            self._broken = os.write(self._handle, data) < len(data)
        except OSError:
            self._broken = True

    def turn(self) -> None:
        """Begin anew: what was added is about to be stored."""
        self.close()
        with suppress(FileNotFoundError):
            self._file.replace(self._before)

    def stored(self) -> None:
        """Forget what was added before the last turn."""
        self._before.unlink(missing_ok=True)

    def left(self) -> Iterator[list[Any]]:
        """Yield the lines of each file that a worker which was killed has left, the older first."""
        for path in (self._before, self._file):
            with suppress(FileNotFoundError):
                yield [*_lines(path.read_bytes())]

    def clear(self) -> None:
        """Forget everything."""
        self.close()
        for path in (self._before, self._file):
            path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; the next line opens it."""
        self._broken = False
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _lines(data: bytes) -> Iterator[Any]:
    """Yield lines up to the one that was cut off, if one was."""
    for line in data.split(b"\n")[:-1]:
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError:
            return
