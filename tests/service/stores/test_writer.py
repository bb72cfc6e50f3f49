"""What happens to jobs that share a commit."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from scrubrelay.core.errors import RateLimited, StoreUnavailable
from tests.helpers.entries import entry

Open = Callable[..., Any]


async def test_one_bad_job_fails_alone(opened: Open) -> None:
    store = await opened()
    results = await asyncio.gather(
        store.append(entry()),
        store.append(entry(event_id="\ud800")),
        store.append(entry()),
        return_exceptions=True,
    )
    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert len(await store.waiting("a", 0, 10, 10**6)) == 2
    assert await store.balance() == []


async def test_a_refusal_spares_its_neighbours_in_the_same_commit(opened: Open) -> None:
    store = await opened(max_bytes=2000)
    waiting = [store.append(entry(size)) for size in (100, 5000, 100)]
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) is RateLimited for result in results] == [False, True, False]


async def test_many_who_wait_share_a_commit(opened: Open) -> None:
    store = await opened()
    commits: list[str] = []
    await store._writer.submit(lambda tx: tx.db.set_trace_callback(commits.append))
    await asyncio.gather(*(store.append(entry()) for _ in range(100)))
    assert 1 <= commits.count("COMMIT") <= 10


async def test_a_closed_store_says_so(opened: Open) -> None:
    store = await opened()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.append(entry())
