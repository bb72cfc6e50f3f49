"""Compiled patterns, kept between tests: every relay, every library would compile them for three seconds."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import scrubrelay.config.build as build_module
from scrubrelay.config.cache import Cache
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import Pack

CACHES: Final = Path(__file__).parents[2] / ".cache"
"""What programs that tests start may take for the user's folder of caches."""
KEPT: Final = CACHES / "scrubrelay"
_WORTH: Final = 20_000
"""Bytes from which on a file is worth keeping: what a test's own patterns take is compiled in no time."""


def library_of_packs(packs: Iterable[Pack]) -> Library:
    """Return patterns, compiled by this test or an earlier one."""
    KEPT.mkdir(parents=True, exist_ok=True)
    return build_module._compiled.__wrapped__(tuple(packs), Cache(KEPT))


def lend(data: Path) -> None:
    """Put what is kept into a folder that is not there yet, or empty."""
    if data.exists() and any(data.iterdir()):
        return
    with suppress(OSError):  # some tests give a relay a place where nothing can be made
        data.mkdir(parents=True, exist_ok=True)
        for kept in KEPT.glob("*.cache"):
            (data / kept.name).symlink_to(kept)


def keep(data: Path) -> None:
    """Keep what a relay compiled."""
    for made in data.glob("*.cache"):
        if not made.is_symlink() and made.stat().st_size > _WORTH:
            KEPT.mkdir(parents=True, exist_ok=True)
            Cache(KEPT).write(made.stem, Cache(data).read(made.stem))
