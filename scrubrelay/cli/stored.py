"""How commands look into the store of a relay, whether one runs or not."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from scrubrelay.config.load import load
from scrubrelay.core.errors import NotFound
from scrubrelay.service.stores.base import Store, StoreOptions
from scrubrelay.service.stores.registry import make_store

_Answer = TypeVar("_Answer")


def with_store(config: Path | None, work: Callable[[Store], Awaitable[_Answer]]) -> _Answer:
    """Return what `work` finds in the store of a configuration; never makes a new store.

    Raises:
        NotFound: There is none.
        StoreUnavailable: It cannot be opened.
    """
    settings = load(config, os.environ).store
    if not settings.path.exists():
        raise NotFound(f"{settings.path}: there is no store; has the relay run with this configuration?")
    options = StoreOptions(settings.durability, settings.max_bytes, settings.keep_envelopes, slot=None)
    return asyncio.run(_opened(make_store(settings.url, options), work))


async def _opened(store: Store, work: Callable[[Store], Awaitable[_Answer]]) -> _Answer:
    await store.open()
    try:
        return await work(store)
    finally:
        await store.close()
