"""Projects that nobody has listed do not grow without end."""

from dataclasses import replace

import pytest

from scrubrelay.core.errors import Forbidden
from scrubrelay.core.project import PassThrough, Projects
from scrubrelay.service.listener.strangers import Strangers
from tests.service.conftest import KEY, REDACTOR

PASSING = PassThrough(REDACTOR)
EVENT = b'{}\n{"type":"event"}\n{}'


def project(number: int, key: str = KEY):
    return PASSING.project(key, number)


def is_taken(strangers: Strangers, one, listed=()) -> bool:
    try:
        strangers.check(one, listed)
    except Forbidden:
        return False
    return True


def test_so_many_are_taken_and_stay_taken():
    strangers = Strangers(most=2)
    assert [is_taken(strangers, project(number)) for number in (1, 2, 3, 1, 2)] == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert not is_taken(strangers, project(1, "b" * 32))


def test_a_listed_one_is_always_taken():
    strangers = Strangers(most=0)
    listed = project(7)
    assert is_taken(strangers, listed, [listed])
    assert not is_taken(strangers, replace(listed), [listed])


@pytest.fixture
def projects() -> Projects:
    return Projects(passing=PASSING)


async def test_the_client_is_told_and_nothing_is_counted(relay, monkeypatch):
    monkeypatch.setattr(Strangers, "check", Strangers(most=1).check)
    assert (await relay.envelope(EVENT)).status == 200
    answer = await relay.post(f"/api/2/envelope/?sentry_key={KEY}", EVENT)
    assert (answer.status, answer.json["causes"]) == (403, ["list them as [[project]]"])
    assert (await relay.envelope(EVENT)).status == 200
    assert {account.project_id for account, _ in await relay.outbox.store.books()} == {1}
