"""The decisions of a lane; nothing here takes time."""

import pytest

from scrubrelay.core.pipeline import Clean
from scrubrelay.service.delivery.lane import Lane, Moment
from scrubrelay.service.stores.base import Parcel

BODY = Clean(b"x" * 100)
ROOM = 10_000


def parcel(number: int, since: float = 0.0) -> Parcel:
    return Parcel(number, number, "a", 1, "k", None, since, since, ("error",), len(BODY), BODY)


def at(seconds: float) -> Moment:
    return Moment(seconds, seconds)


def free(_: Parcel) -> float:
    return 0.0


def lane(*numbers: int, width: int = 8) -> Lane:
    made = Lane("a", width, max_age=3600)
    for number in numbers:
        made.offer(parcel(number), ROOM)
    return made


def taken(one: Lane, moment: Moment) -> list[int]:
    ids = []
    while (step := one.take(moment, free)).send is not None:
        ids.append(step.send.id)
    return ids


def fail(one: Lane, number: int, moment: Moment, delay: float = 10.0) -> None:
    one.put_back(parcel(number), moment, delay, outage=True)


def test_parcels_leave_in_order_as_many_as_the_width() -> None:
    assert taken(lane(1, 2, 3, width=2), at(0)) == [1, 2]


def test_three_failures_open_the_circuit_and_one_parcel_probes() -> None:
    one = lane(1, 2, 3, 4, 5, width=3)
    for number in taken(one, at(0)):
        fail(one, number, at(0))
    assert one.is_open
    assert taken(one, at(9)) == []
    assert taken(one, at(10)) == [1]


def test_an_answer_closes_the_circuit_and_the_delayed_go_in_their_order() -> None:
    one = lane(1, 2, 3, 4, width=3)
    for number in taken(one, at(0)):
        fail(one, number, at(0), delay=10.0 + number)
    (probe,) = taken(one, at(14))
    one.landed(parcel(probe))
    assert not one.is_open
    assert taken(one, at(14)) == [2, 3, 4]


def test_one_failure_delays_one_parcel_only() -> None:
    one = lane(1, 2)
    one.take(at(0), free)
    fail(one, 1, at(0))
    assert taken(one, at(1)) == [2]


def test_an_old_parcel_expires_instead_of_being_sent() -> None:
    step = lane(1, 2).take(at(3600), free)
    assert (step.send, [old.id for old in step.expired]) == (None, [1, 2])


def test_a_held_parcel_leaves_its_bytes_and_comes_back() -> None:
    one = lane(1)
    assert one.take(at(0), lambda _: 60.0).send is None
    assert (one.memory, one.idle_seconds(at(0))) == (0, 60.0)
    step = one.take(at(60), free)
    assert step.send is not None
    assert step.send.clean is None


def test_a_parcel_is_not_held_beyond_its_age() -> None:
    one = lane(1)
    one.take(at(0), lambda _: 86400.0)
    assert len(one.take(at(3600), free).expired) == 1


def test_what_does_not_fit_stays_in_the_store_and_so_does_all_that_follows() -> None:
    one = Lane("a", 8, 3600)
    for number in (1, 2, 3):
        one.offer(parcel(number), 150)
    assert (one.cursor, one.stored_up_to) == (1, 3)
    assert taken(one, at(0)) == [1]


def test_what_was_read_back_is_not_taken_twice() -> None:
    one = Lane("a", 8, 3600, stored_up_to=2)
    assert one.wants_more(ROOM)
    one.restock([parcel(1), parcel(2)], 2)
    one.offer(parcel(2), ROOM)
    one.offer(parcel(3), ROOM)
    assert taken(one, at(0)) == [1, 2, 3]


def test_a_store_with_nothing_left_is_not_asked_for_ever() -> None:
    one = Lane("a", 8, 3600, stored_up_to=7)
    one.restock([], 7)
    assert not one.wants_more(ROOM)


@pytest.mark.parametrize("outage", [True, False])
def test_memory_is_that_of_the_parcels_here(outage: bool) -> None:
    one = lane(1, 2, 3)
    step = one.take(at(0), free)
    assert step.send is not None
    one.put_back(step.send, at(0), 1.0, outage=outage)
    assert one.memory == 300
    for number in taken(one, at(5)):
        one.landed(parcel(number))
    assert one.memory == 0


def test_its_state_can_be_read() -> None:
    assert repr(lane(1, 2)) == "<Lane a: 2 ready, 0 delayed, 0 in flight, circuit closed>"
