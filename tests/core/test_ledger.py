from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.errors import Reason
from scrubrelay.core.ledger import RELAY, Account, Booking, Fate, Imbalance, arrived, imbalances, moved

KEPT = (("error", 1), ("attachment", 700))
DROPPED = (("session", Reason.UNDECODABLE, 2),)
QUANTITIES = st.lists(st.tuples(st.sampled_from(["error", "span"]), st.integers(0, 9)), max_size=3)
FATES = st.sampled_from([Fate.WAITING, Reason.RATE_LIMITED])


def sums(bookings: list[Booking]) -> dict[tuple[str, str, str], int]:
    return {tuple(account[1:]): quantity for account, quantity in bookings}


def test_what_arrives_is_booked_once_by_the_relay_and_once_by_each_target() -> None:
    booked = sums(list(arrived(1, (("error", 1),), (), {"a": Fate.WAITING, "b": Reason.RATE_LIMITED})))
    assert booked == {
        ("error", RELAY, "received"): 1,
        ("error", RELAY, "passed"): 1,
        ("error", "a", "received"): 1,
        ("error", "a", "waiting"): 1,
        ("error", "b", "received"): 1,
        ("error", "b", "rate_limited"): 1,
    }


def test_without_targets_it_waits_in_the_relay() -> None:
    assert sums(list(arrived(1, (("error", 1),), (), {})))["error", RELAY, "waiting"] == 1


def test_a_move_changes_no_total() -> None:
    assert sum(quantity for _, quantity in moved(1, "a", KEPT, Fate.WAITING, Fate.FORWARDED)) == 0


@given(QUANTITIES, st.dictionaries(st.sampled_from("ab"), FATES), st.sampled_from(Reason))
def test_every_arrival_and_every_move_balances(kept, targets, reason) -> None:
    books = [*arrived(1, kept, DROPPED, targets)]
    books += moved(1, "a", kept, Fate.WAITING, reason)
    books += moved(1, "a", kept, reason, Fate.FORWARDED)
    assert imbalances(books) == []


def test_what_vanishes_shows() -> None:
    books = [(Account(1, "error", "a", Fate.RECEIVED), 3), (Account(1, "error", "a", Fate.FORWARDED), 2)]
    assert imbalances(books) == [Imbalance(1, "error", "a", 3, 2)]
