"""What sampling knows of the traffic: the transactions of a day, and the first of an hour."""

import pytest

from scrubrelay.core.inspection import Circumstances, First, Inspection, inspect
from scrubrelay.core.policy.policies import Policies
from scrubrelay.core.policy.sampling import Sampling
from scrubrelay.core.project import Project
from scrubrelay.core.wire.envelope import Envelope
from scrubrelay.service.stores.base import Entry, StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore
from scrubrelay.service.traffic import Traffic
from scrubrelay.testing import ManualClock
from tests.service.conftest import KEY, REDACTOR

DAY = 86_400


@pytest.fixture
async def store(tmp_path):
    store = SqliteStore(tmp_path / "store.db", StoreOptions("os"))
    await store.open()
    yield store
    await store.close()


def received(number: int, at: float, project_id: int = 1) -> Entry:
    kept = (("transaction", number), ("span", 9 * number))
    return Entry(project_id, KEY, None, at, None, ("a",), kept)


async def test_a_projects_day_is_what_the_ledger_says(store):
    clock = ManualClock()
    for number, ago, project_id in ((7, 2 * DAY, 1), (40, 3600, 1), (2, 0, 1), (500, 60, 2)):
        store.count(received(number, clock.now() - ago, project_id))
    await store.flush()
    traffic = Traffic(store, clock)
    await traffic.look()
    assert [traffic.daily(project_id) for project_id in (1, 2, 3)] == [42, 500, 0]


def asking(name: bytes = b"n" * 16, limit: int = 2) -> tuple[Inspection, Inspection]:
    """An envelope that may be one of the first, and what it is then."""
    project = Project(1, KEY, "", REDACTOR, policies=Policies(sampling=Sampling()))
    whole = inspect(Envelope({}, ()), project, Circumstances())
    drawn = Inspection(Envelope({"drawn": True}, ()), project, None, (), first=First(name, limit, whole))
    return drawn, whole


async def test_the_first_go_on_whole_and_the_others_as_they_were_drawn(store):
    drawn, whole = asking()
    traffic = Traffic(store, ManualClock())
    seen = [await traffic.among_first(drawn, now) for now in (0.0, 1.0, 2.0, 3.0, 3600.0)]
    assert [one is whole for one in seen] == [True, True, False, False, True]
    assert [one is drawn for one in seen] == [False, False, True, True, False]


async def test_when_the_store_cannot_say_it_is_sampled_like_the_rest(tmp_path):
    drawn, _ = asking()
    closed = SqliteStore(tmp_path / "closed.db", StoreOptions("os"))
    assert await Traffic(closed, ManualClock()).among_first(drawn, 0.0) is drawn


async def test_what_asks_for_nothing_is_not_asked_about(store):
    _, whole = asking()
    assert await Traffic(store, ManualClock()).among_first(whole, 0.0) is whole
