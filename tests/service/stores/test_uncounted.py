"""What waits to be counted while the store cannot write."""

from collections import Counter

from scrubrelay.core.errors import Reason
from scrubrelay.core.evidence import Evidence
from scrubrelay.service.stores.base import Entry
from scrubrelay.service.stores.uncounted import Uncounted

MANY = 30_000


def entry(number: int) -> Entry:
    """Return an entry of a kind of its own."""
    dropped = (("error", Reason.RATE_LIMITED, 1), ("attachment", Reason.RATE_LIMITED, 7))
    evidence = (Evidence("event", "rate_limited", str(number)),)
    return Entry(1, "a" * 32, None, 0.0, None, ("t",), (), dropped, evidence=evidence)


def test_ever_new_kinds_of_entries_take_so_much_room_and_are_all_booked():
    uncounted = Uncounted()
    uncounted.add(map(entry, range(MANY)))
    sums = uncounted.take()
    assert len(sums) < MANY * 3 // 4
    booked = Counter()
    for one in sums:
        booked.update({category: quantity for category, _, quantity in one.dropped})
    assert booked == {"error": MANY, "attachment": 7 * MANY}


def test_entries_alike_are_one_sum_with_what_the_audit_keeps():
    uncounted = Uncounted()
    uncounted.add([entry(1), entry(1), entry(2)])
    assert [one.evidence[0].items for one in uncounted.take()] == [2, 1]
