"""Stores on one file."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from scrubrelay.service.stores.base import StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.db"


@pytest.fixture
async def opened(path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Open stores on one file; all are closed after the test."""
    stores: list[SqliteStore] = []

    async def open_store(**options: Any) -> SqliteStore:
        stores.append(SqliteStore(path, StoreOptions(**options)))
        await stores[-1].open()
        return stores[-1]

    yield open_store
    for store in stores:
        await store.close()
