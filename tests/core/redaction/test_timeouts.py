"""A pattern that runs out of its time on a string: the string is hidden whole, or its item is dropped."""

import orjson
import pytest

from scrubrelay.core.errors import Reason
from scrubrelay.core.fates import Dropped
from scrubrelay.core.inspection import Circumstances, inspect
from scrubrelay.core.pipeline import Outcome, finish
from scrubrelay.core.project import Project
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import Own, parse_pack
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.envelope import Envelope, Item, decode
from scrubrelay.core.wire.ratelimits import RateLimits

SLOW = r"""
[[pattern]]
id = "slow.letters"
label = "[letters]"
match = '(?: a | aa )+ (?! a ) (?= b )'
"""
PACK = parse_pack(SLOW, "slow.toml", Own(lambda name: (name, "")))
LIBRARY = Library.compile([PACK])
EVIL = "a" * 200 + "!"
HIDDEN = "[hidden]"


def redactor(on_timeout="hide", **policy) -> Redactor:
    return Redactor(LIBRARY, Policy(budget=0.01, on_timeout=on_timeout, **policy))


def run(on_timeout: str, event: object, **headers: str) -> Outcome:
    envelope = Envelope(headers, [Item({"type": "event"}, orjson.dumps(event))])
    project = Project(1, "a" * 32, "shop", redactor(on_timeout))
    return finish(inspect(envelope, project, Circumstances(0.0, RateLimits())))


def test_the_string_is_hidden_whole_and_the_rest_stays():
    (item,) = decode(run("hide", {"message": EVIL, "extra": {"a": "fine"}}).clean).items
    event = orjson.loads(item.payload)
    assert (event["message"], event["extra"]) == (HIDDEN, {"a": "fine"})
    assert event["_meta"]["message"][""]["rem"] == [["timed_out.slow.letters", "s", 0, len(HIDDEN)]]


def test_its_redaction_names_the_pattern_that_was_slow():
    (decision,) = run("hide", {"message": EVIL}).decisions
    assert [(one.path, one.pattern) for one in decision.redactions] == [("message", "timed_out.slow.letters")]


@pytest.mark.parametrize("action", ["mask", "partial", "hash", "remove"])
def test_whatever_the_action_nothing_of_it_is_kept(action):
    """Nobody knows what it is, so that its end may be anything, and its token a new one for each event."""
    assert redactor(action=action, hash_key=b"key").text(EVIL)[0] == HIDDEN


def test_a_key_is_hidden_too():
    data, _ = redactor().json_document(orjson.dumps({"extra": {EVIL: 1}}))
    assert orjson.loads(data)["extra"] == {HIDDEN: 1}


PLACES = {
    "a value": {"message": EVIL},
    "a key": {"extra": {EVIL: 1}},
    "in JSON": {"message": orjson.dumps({"a": EVIL}).decode()},
    "in an SDK's remark": {"_meta": {"message": {"": {"val": EVIL}}}},
}


@pytest.mark.parametrize("event", PLACES.values(), ids=PLACES)
def test_the_item_is_dropped_with_the_reason_and_the_pattern(event):
    outcome = run("drop", event)
    assert outcome.clean is None
    (decision,) = outcome.decisions
    assert isinstance(decision, Dropped)
    assert (decision.reason, decision.detail) == (
        Reason.TIMED_OUT,
        "pattern slow.letters ran out of its budget",
    )


def test_a_header_that_times_out_drops_the_envelope():
    """Without its header nothing can go; every item has the reason."""
    outcome = run("drop", {"message": "fine"}, sdk=EVIL)
    assert (outcome.clean, [one.reason for one in outcome.decisions]) == (None, [Reason.TIMED_OUT])


def test_a_key_that_timed_out_is_not_taken_for_seen():
    """The second event with it must not pass because the first was dropped half-way."""
    own = Project(1, "a" * 32, "shop", redactor("drop"))
    envelope = Envelope({}, [Item({"type": "event"}, orjson.dumps({"extra": {EVIL: 1}}))])
    for _ in range(2):
        assert finish(inspect(envelope, own, Circumstances(0.0, RateLimits()))).clean is None


def test_hiding_is_stable():
    once, _ = redactor().json_document(orjson.dumps({"message": EVIL}))
    assert redactor().json_document(once) == (once, ())
