"""Which events are remembered as gone, and for how long."""

from scrubrelay.core.errors import Reason
from scrubrelay.core.fates import Decision, Dropped, Kept
from scrubrelay.core.pipeline import Outcome
from scrubrelay.service import gone
from scrubrelay.service.gone import Gone

ID = "9ec79c33ec9942ab8353589fcb2e04dc"


def outcome(*decisions: Decision, event_id: str | None = ID) -> Outcome:
    return Outcome(None, decisions, event_id)


def ended(kind: str = "event", reason: Reason = Reason.CAPPED) -> Dropped:
    return Dropped(kind, (), reason)


def test_an_event_that_ended_is_remembered_with_its_reason_and_project():
    known = Gone()
    known.note(outcome(ended("attachment"), ended("transaction", Reason.SAMPLED)), 1)
    assert known.reasons == {(1, ID): Reason.SAMPLED}


def test_what_went_on_or_is_no_event_is_not():
    known = Gone()
    for one in (
        outcome(ended("session")),
        outcome(ended(), event_id=None),
        outcome(ended(), Kept("event", ())),
    ):
        known.note(one, 1)
    assert known.reasons == {}


def test_an_id_that_goes_on_later_is_forgotten():
    known = Gone()
    known.note(outcome(ended()), 1)
    known.note(outcome(Kept("event", ())), 1)
    assert known.reasons == {}


def test_the_latest_are_remembered_and_no_more():
    known, many = Gone(), gone.MOST_EVENTS + 10
    for number in range(many):
        known.note(outcome(ended(), event_id=f"{number:032x}"), 1)
    assert len(known.reasons) == gone.MOST_EVENTS
    assert (1, f"{many - 1:032x}") in known.reasons
    assert (1, f"{0:032x}") not in known.reasons
