import orjson

from scrubrelay.core.errors import Reason
from scrubrelay.core.wire.reports import REPORTED, client_report


def test_every_reason_has_a_word_or_is_said_not_to_be_told():
    assert set(REPORTED) == set(Reason)


def test_counts_of_one_word_and_category_are_added():
    item = client_report(
        [(Reason.TOO_DEEP, "error", 2), (Reason.TIMED_OUT, "error", 3), (Reason.REFUSED, "session", 1)], 12.5
    )
    assert orjson.loads(item.payload) == {
        "timestamp": 12.5,
        "discarded_events": [
            {"reason": "internal_sdk_error", "category": "error", "quantity": 5},
            {"reason": "send_error", "category": "session", "quantity": 1},
        ],
    }
    assert item.headers == {"type": "client_report", "length": len(item.payload)}


def test_nothing_to_tell_is_no_item():
    assert client_report([(Reason.NO_UPSTREAM, "error", 4), (Reason.REFUSED, "error", 0)], 0.0) is None
