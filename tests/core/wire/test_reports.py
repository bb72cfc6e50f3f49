import orjson

from scrubrelay.core.errors import Reason
from scrubrelay.core.wire.reports import RELAY_LISTS, REPORTED, client_report


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


def test_by_default_what_a_policy_dropped_is_discarded_as_by_an_sdk():
    item = client_report([(Reason.IGNORED_ERROR, "error", 2), (Reason.SAMPLED, "transaction", 9)], 0.0)
    assert orjson.loads(item.payload)["discarded_events"] == [
        {"reason": "ignored", "category": "error", "quantity": 2},
        {"reason": "sample_rate", "category": "transaction", "quantity": 9},
    ]


def test_the_lists_for_relays_have_the_words_of_sentrys_own():
    counts = [
        (Reason.IGNORED_ERROR, "error", 2),
        (Reason.ERROR_MESSAGE, "error", 3),
        (Reason.CAPPED, "error", 4),
        (Reason.SAMPLED, "transaction", 9),
        (Reason.TOO_DEEP, "error", 1),
    ]
    item = client_report(counts, 0.0, relay_lists=True)
    assert orjson.loads(item.payload) == {
        "timestamp": 0.0,
        "discarded_events": [{"reason": "internal_sdk_error", "category": "error", "quantity": 1}],
        "filtered_events": [{"reason": "error-message", "category": "error", "quantity": 5}],
        "filtered_sampling_events": [{"reason": "Sampled:0", "category": "transaction", "quantity": 9}],
        "rate_limited_events": [{"reason": "issue_cap", "category": "error", "quantity": 4}],
    }


def test_all_that_a_policy_drops_has_a_place_in_those_lists():
    assert {reason for reason in Reason if REPORTED[reason] in {"ignored", "sample_rate"}} == {
        *(set(RELAY_LISTS) - {Reason.CAPPED}),
        Reason.CAPTURE_OFF,
    }
