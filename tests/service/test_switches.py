"""The emergency stop, from the switch to the SDK's answer."""

import pytest

from scrubrelay.core.errors import Reason
from scrubrelay.core.ledger import Fate
from scrubrelay.service.process.switches import Switches
from scrubrelay.service.stores.base import StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore
from scrubrelay.testing import ManualClock

ENVELOPE = b'{"event_id":"%b"}\n{"type":"event"}\n{"message":"hello"}\n{"type":"session"}\n{}' % (b"a" * 32)


async def test_an_sdk_gets_200_and_the_ledger_has_the_drops(relay):
    await relay.outbox.switches.turn_off(None, None, "test")
    assert (await relay.envelope(ENVELOPE)).json == {"id": "a" * 32}
    assert await relay.kept() == []
    assert {
        fate: number for (category, fate), number in (await relay.ledger()).items() if category == "error"
    } == {
        Fate.RECEIVED: 1,
        Reason.CAPTURE_OFF: 1,
    }
    assert await relay.outbox.store.balance() == []


@pytest.mark.parametrize(("project_id", "kept"), [(1, 0), (2, 1)])
async def test_one_project_can_be_switched_off(relay, project_id, kept):
    await relay.outbox.switches.turn_off(project_id, None, "test")
    await relay.envelope(ENVELOPE)
    assert len(await relay.kept()) == kept


async def test_switched_on_again_it_takes_what_comes(relay):
    await relay.outbox.switches.turn_off(None, None, "test")
    assert await relay.outbox.switches.turn_on(None)
    await relay.envelope(ENVELOPE)
    assert len(await relay.kept()) == 1


@pytest.fixture
async def pair(tmp_path):
    """The switches of two workers and their clock."""
    clock = ManualClock()
    stores = [SqliteStore(tmp_path / "relay.db", StoreOptions(slot=slot, slots=2)) for slot in (0, 1)]
    for store in stores:
        await store.open()
    yield clock, [Switches(store, clock) for store in stores]
    for store in stores:
        await store.close()


async def test_another_worker_sees_it_at_its_next_look(pair):
    _, (here, there) = pair
    await here.turn_off(1, None, "test")
    assert (here.takes(1), there.takes(1)) == (False, True)
    await there.look()
    assert not there.takes(1)


async def test_it_goes_on_by_itself_when_its_time_is_over(pair):
    clock, (here, _) = pair
    await here.turn_off(None, 3600, "test")
    await clock.advance(3599)
    assert not here.takes(1)
    await clock.advance(1)
    assert here.takes(1)


async def test_while_the_store_cannot_be_read_what_was_known_holds(tmp_path):
    store = SqliteStore(tmp_path / "relay.db")
    await store.open()
    switches = Switches(store, ManualClock())
    await switches.turn_off(None, None, "test")
    await store.close()
    await switches.look()
    assert not switches.takes(1)


async def test_the_log_tells_of_every_change_also_of_one_that_the_time_brings(pair, caplog):
    clock, (switches, other) = pair
    await switches.turn_off(None, 60.0, "on-call")
    await switches.turn_off(7, None, "on-call")
    await other.look()
    await clock.advance(61)
    await switches.look()
    await switches.look()
    lines = [one for one in caplog.messages if one.startswith("capture ")]
    assert lines[0].startswith('capture state=off off="everything by on-call until 20')
    assert lines[1] == lines[2]
    assert lines[1].endswith('; project 7 by on-call"')
    assert lines[3:] == ['capture state=partly off="project 7 by on-call"']
