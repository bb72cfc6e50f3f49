"""What is kept of an envelope for the audit."""

from scrubrelay.core.errors import Reason
from scrubrelay.core.evidence import ENVELOPE, OTHER, Evidence, evidence_of, lost
from scrubrelay.core.fates import Dropped, Kept
from scrubrelay.core.pipeline import Outcome
from scrubrelay.core.redaction.detectors.generalised import Generaliser
from scrubrelay.core.redaction.redactor import Redaction

GENERAL = Generaliser()


def kept(*redactions: Redaction, kind: str = "event") -> Kept:
    return Kept(kind, (("error", 1),), redactions)


def test_finds_at_one_place_are_added_up():
    outcome = Outcome(
        None,
        (kept(Redaction("values.0.email", "a", "replace", 2), Redaction("values.7.email", "a", "replace")),),
    )
    assert evidence_of(outcome, GENERAL) == (Evidence("event", "kept", finds=(("a", "values.*.email", 3),)),)


def test_what_was_found_in_the_header_is_no_item():
    outcome = Outcome(None, (kept(),), redactions=(Redaction("trace.user_id", "a", "replace"),))
    *_, header = evidence_of(outcome, GENERAL)
    assert header == Evidence(ENVELOPE, "kept", finds=(("a", "trace.user_id", 1),), items=0)


def test_an_item_has_so_many_places_and_no_more():
    words = sorted(GENERAL._words)[:300]
    outcome = Outcome(None, (kept(*(Redaction(word, "a", "replace") for word in words)),))
    (found,) = evidence_of(outcome, GENERAL)
    assert len(found.finds) == 201
    assert found.finds[-1] == ("a", OTHER, 100)


def test_a_type_that_may_be_a_text_is_not_told():
    types = ("event", "span_batch", "jane_doe")
    outcome = Outcome(None, tuple(Dropped(one, (), Reason.NOT_UNDERSTOOD, "d") for one in types))
    assert [one.type for one in evidence_of(outcome, GENERAL)] == ["event", "span_batch", "unknown"]


def test_what_is_lost_after_all_was_not_kept():
    before = (Evidence("event", "kept"), Evidence("event", "capped"))
    assert [one.fate for one in lost(before, Reason.STORE_FULL)] == ["store_full", "capped"]
