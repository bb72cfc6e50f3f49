"""Compiled patterns, lent to the relays of all tests: each would compile the same for three seconds."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

KEPT: Final = Path(__file__).parents[2] / ".cache" / "compiled"
_MOST: Final = 32
_WORTH: Final = 20_000
"""Bytes from which on a file is worth keeping: what a test's own patterns take is compiled in no time."""


def lend(data: Path) -> None:
    """Put what is kept into a folder of a store that has not begun."""
    if data.exists():
        return
    with suppress(OSError):  # some tests give a relay a place where nothing can be made
        data.mkdir(parents=True)
        for kept in KEPT.glob("*.cache"):
            (data / kept.name).symlink_to(kept)


def keep(data: Path) -> None:
    """Keep what a relay compiled."""
    for made in data.glob("*.cache"):
        if not made.is_symlink() and made.stat().st_size > _WORTH:
            KEPT.mkdir(parents=True, exist_ok=True)
            part = KEPT / f"{made.name}.{os.getpid()}.part"
            shutil.copyfile(made, part)
            part.replace(KEPT / made.name)
    for old in sorted(KEPT.glob("*.cache"), key=_age)[_MOST:]:
        old.unlink(missing_ok=True)


def _age(path: Path) -> float:
    """Return what is the less, the later a file was read; another worker's test may have removed it."""
    try:
        return -path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
