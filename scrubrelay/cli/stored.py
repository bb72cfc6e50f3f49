"""How commands look into the store of a relay, whether one runs or not."""

import asyncio
import os
import pwd
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from scrubrelay.config.load import load
from scrubrelay.core.errors import NotFound
from scrubrelay.service.clock import SystemClock
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


def operator() -> str:
    """Return what the log of who did what calls whoever runs a command on the store itself."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a user of a container, that has a number only
        return f"cli:{os.getuid()}"


async def recorded(store: Store, doing: Awaitable[_Answer], action: str, **detail: object) -> _Answer:
    """Do something, and add it to the log of who did what."""
    done = await doing
    await store.audit.record(operator(), action, {**detail, "done": done}, SystemClock().now())
    return done


async def _opened(store: Store, work: Callable[[Store], Awaitable[_Answer]]) -> _Answer:
    await store.open()
    try:
        return await work(store)
    finally:
        await store.close()
