"""What came near a string that was left, and what said no."""

import orjson
import pytest

from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.envelope import Item


def near(redactor: Redactor, event: object) -> dict[str, str]:
    item = Item({"type": "event"}, orjson.dumps(event))
    return {one.pattern: one.why for one in redactor.near(redactor.item(item).item)}


WHYS = {
    "a checksum": ({"extra": {"c": "4111 1111 1111 1112"}}, "payment.card", "checksum"),
    "a keyword alone": ({"extra": {"c": "Bearer of news"}}, "web.bearer", "keyword 'bearer'"),
    "a place": ({"release": "10.20.30.40"}, "network.ipv4_context", "does not look at this path"),
}


@pytest.mark.parametrize(("event", "pattern", "why"), WHYS.values(), ids=WHYS)
def test_each_objection_has_its_words(library, event, pattern, why):
    assert why in near(Redactor(library, Policy(budget=5)), event).get(pattern, "")


OBJECTIONS = {
    "no context": ("123456789 is it", "context words (ssn, social security"),
    "context too far": (f"ssn {'.' * 60} 123456789", "not within 24 characters"),
}


@pytest.mark.parametrize(("text", "why"), OBJECTIONS.values(), ids=OBJECTIONS)
def test_context_that_is_missing_or_too_far(small, text, why):
    assert why in near(small, {"message": text}).get("small.number", "")


def test_marks_of_earlier_scrubbing_come_near_nothing(small):
    assert near(small, {"message": "mail [email], ssn *********"}) == {}
