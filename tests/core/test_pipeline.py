"""What becomes of the items of an envelope, and of those that go with them."""

from dataclasses import replace

import orjson
import pytest

from scrubrelay.core.errors import BadRequest, Reason
from scrubrelay.core.fates import Dropped, Kept
from scrubrelay.core.inspection import Circumstances, inspect
from scrubrelay.core.pipeline import Outcome, finish
from scrubrelay.core.policy.caps import Cap
from scrubrelay.core.policy.filters import Filter, Filters, environments, error_messages
from scrubrelay.core.policy.globs import Glob, message_matcher
from scrubrelay.core.policy.policies import Policies
from scrubrelay.core.project import Project
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import parse_pack
from scrubrelay.core.redaction.redactor import Policy, Redactor
from scrubrelay.core.wire.envelope import Envelope, Item, decode, encode
from scrubrelay.core.wire.ratelimits import RateLimits

NOW = 1_800_000_000.0
EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc"
PACK = """
title = "One word"
categories = ["test"]
default = true
[[pattern]]
id = "test.word"
label = "[word]"
why = "a word that only the tests hide"
match = "hushhush"
example = [{ text = "a hushhush b", becomes = "a [word] b" }, { text = "hushhush", becomes = "[word]" }]
counterexample = [{ text = "hush", why = "half of it" }, { text = "loud", why = "none of it" }]
"""
REDACTOR = Redactor(Library.compile([parse_pack(PACK, "test.toml")]), Policy())
PROJECT = Project(42, "a" * 32, "shop", REDACTOR)
BROKEN = b"{"


def item(kind: str, payload: bytes = b"{}", **headers) -> Item:
    return Item({"type": kind, **headers}, payload)


def run(*items: Item, limits: str = "", project: Project = PROJECT, **headers) -> Outcome:
    told = RateLimits.parse({"X-Sentry-Rate-Limits": limits}, 200, NOW) if limits else RateLimits()
    return finish(inspect(Envelope(headers, items), project, Circumstances(NOW, told)))


def fates(outcome: Outcome) -> list[Reason | None]:
    return [one.reason if isinstance(one, Dropped) else None for one in outcome.decisions]


def header(outcome: Outcome) -> dict:
    assert outcome.clean is not None
    return orjson.loads(outcome.clean.partition(b"\n")[0])


def test_every_item_is_scrubbed_and_the_rest_of_it_stays():
    outcome = run(item("event", b'{"message": "a hushhush b", "n": 1}'))
    (event,) = decode(outcome.clean).items
    assert orjson.loads(event.payload)["message"] == "a [word] b"


def test_a_redaction_names_path_and_pattern():
    (decision,) = run(item("event", b'{"message": "a hushhush b"}')).decisions
    assert isinstance(decision, Kept)
    assert [(one.path, one.pattern) for one in decision.redactions] == [("message", "test.word")]


def test_an_untouched_item_goes_out_byte_for_byte():
    raw = b'{"type": "event",  "length": 18, "x-unknown": [1]}\n{"message":  "a" }'
    clean = finish(inspect(decode(b"{}\n" + raw), PROJECT, Circumstances(NOW))).clean
    assert clean.partition(b"\n")[2].rstrip(b"\n") == raw


class Defective:
    """A redactor with a defect."""

    def item(self, item: Item) -> Item:
        raise IndexError(item.payload)

    headers = REDACTOR.headers


def test_a_defect_costs_its_item_and_quotes_nothing():
    (decision,) = run(item("event", b"hushhush"), project=Project(1, "a" * 32, "", Defective())).decisions
    assert isinstance(decision, Dropped)
    assert decision.detail.startswith("defect: IndexError at ")


@pytest.mark.parametrize("doubled", ["event", "attachment"])
def test_a_key_that_stands_twice_takes_nothing_out_raw(doubled):
    line = b'{"type":"%b","filename":"hushhush","filename":"x.txt"}' % doubled.encode()
    payload = b'{"message":"hushhush","message":"x"}'
    clean = finish(inspect(decode(b"{}\n" + line + b"\n" + payload), PROJECT, Circumstances(NOW))).clean
    assert b"hushhush" not in (clean or b"")


def test_there_is_one_decision_for_each_item_in_order():
    outcome = run(item("event", BROKEN), item("session"), item("client_report"))
    assert [one.type for one in outcome.decisions] == ["event", "session", "client_report"]
    assert fates(outcome) == [Reason.UNDECODABLE, None, None]


@pytest.mark.parametrize(
    ("kinds", "broken"),
    [
        (["event", "attachment"], {"event"}),
        (["event", "user_report"], {"event"}),
        (["profile", "transaction"], {"transaction"}),
        (["transaction", "attachment"], {"transaction"}),
        (["replay_event", "replay_recording"], {"replay_recording"}),
    ],
)
def test_what_goes_together_is_dropped_together_for_the_same_reason(kinds, broken):
    outcome = run(*(item(kind, BROKEN if kind in broken else _payload(kind)) for kind in kinds))
    assert outcome.clean is None
    assert len(set(fates(outcome))) == 1


def test_no_half_of_a_replay_goes_alone():
    assert (
        run(item("replay_event", BROKEN), item("replay_recording", _payload("replay_recording"))).clean
        is None
    )


@pytest.mark.parametrize(
    ("kinds", "broken"),
    [
        (["event", "attachment"], "attachment"),
        (["event", "session"], "event"),
        (["transaction", "profile"], "profile"),
        (["event", "transaction", "attachment"], "attachment"),
        (["event", "client_report"], "event"),
    ],
)
def test_what_does_not_depend_on_a_dropped_item_stays(kinds, broken):
    outcome = run(*(item(kind, b"\0\xff\0" if kind == broken else _payload(kind)) for kind in kinds))
    assert [one.type for one in outcome.decisions if isinstance(one, Kept)] == [
        kind for kind in kinds if kind != broken
    ]


def _payload(kind: str) -> bytes:
    return {
        "attachment": b"some text",
        "replay_recording": b'{"segment_id":0}\n[]',
    }.get(kind, b"{}")


def test_of_several_errors_the_first_that_goes_on_is_taken_and_the_others_told():
    """Sentry takes no envelope with two of them at all; and only one would be counted against its cap."""
    outcome = run(item("event", b"{"), item("event"), item("event"), item("attachment", b"a"))
    assert fates(outcome) == [Reason.SURPLUS, None, Reason.SURPLUS, None]
    assert fates(run(item("event", b"{"), item("event", b"["))) == [Reason.UNDECODABLE, Reason.SURPLUS]
    local, feedback = item("event", b'{"environment": "local"}'), item("event", b'{"type": "feedback"}')
    project = filtering(of_environment("local"))
    outcome = run(local, item("event"), feedback, item("event"), project=project)
    assert fates(outcome) == [Reason.ENVIRONMENT, None, None, Reason.SURPLUS]


@pytest.mark.parametrize("kind", ["attachment", "user_report", "profile"])
@pytest.mark.parametrize("reason", [Reason.CAPPED, Reason.SAMPLED, Reason.IGNORED_ERROR])
def test_what_comes_later_than_its_event_goes_with_it(kind, reason):
    gone = {(PROJECT.id, EVENT_ID): reason}

    def ends(*items: Item, **headers) -> list[Reason | None]:
        inspection = inspect(Envelope(headers, items), PROJECT, Circumstances(NOW, gone=gone))
        return [fate and fate.reason for fate in inspection.fates]

    late = item(kind, _payload(kind))
    assert ends(late, item("session"), event_id=EVENT_ID) == [reason, None]
    assert ends(late, event_id=EVENT_ID[::-1]) == [None]
    assert ends(late, item("event"), item("transaction"), event_id=EVENT_ID) == [None, None, None]


def test_an_attachment_without_its_event_stands_for_itself():
    assert fates(run(item("attachment", b"some text"))) == [None]


def test_an_unknown_item_type_is_dropped_and_says_so():
    (decision,) = run(item("span_batch", b"hushhush")).decisions
    assert isinstance(decision, Dropped)
    assert (decision.type, decision.reason) == ("span_batch", Reason.NOT_UNDERSTOOD)


@pytest.mark.parametrize("kind", ["hushhush 4111 1111", "jane_doe", "hunter_tangerine"])
def test_a_type_that_may_be_a_text_is_not_repeated(kind):
    """It would stand in the log, and in what `tail` shows."""
    (decision,) = run(item(kind)).decisions
    assert decision.type == "unnamed"


def test_rate_limited_items_are_dropped_unscrubbed_and_their_attachments_with_them():
    outcome = run(item("event", BROKEN), item("attachment", b"x"), item("session"), limits="60:error:key")
    assert fates(outcome) == [Reason.RATE_LIMITED, Reason.RATE_LIMITED, None]


def test_an_item_over_its_limit_is_dropped():
    assert fates(run(item("client_report", b" " * 11_000_000))) == [Reason.TOO_LARGE]


def test_an_envelope_without_items_leaves_nothing():
    assert run(event_id=EVENT_ID) == Outcome(None, (), EVENT_ID)


def test_the_header_keeps_what_nobody_knows():
    assert header(run(item("event"), event_id=EVENT_ID, later={"x": [1]}))["later"] == {"x": [1]}


def test_the_header_is_scrubbed():
    outcome = run(item("event"), event_id=EVENT_ID, trace={"transaction": "/u/hushhush"})
    assert header(outcome)["trace"]["transaction"] == "/u/[word]"
    assert [one.pattern for one in outcome.redactions] == ["test.word"]


def test_the_dsn_leaves_a_mark_without_its_secret():
    dsn = f"https://{'a' * 32}:{'b' * 32}@relay.example.com/42"
    marked = header(run(item("event"), event_id=EVENT_ID, dsn=dsn))["dsn"]
    assert "b" * 32 not in marked


def test_no_dsn_is_made_up():
    assert "dsn" not in header(run(item("event"), event_id=EVENT_ID))


@pytest.mark.parametrize(("keep", "left"), [(False, set()), (True, {"remote_addr", "forwarded_for"})])
def test_the_clients_address_goes_on_by_policy_only(keep, left):
    project = Project(42, "a" * 32, "", REDACTOR, keep_client_ip=keep)
    outcome = run(item("event"), project=project, remote_addr="10.0.0.7", forwarded_for="10.0.0.8")
    assert header(outcome).keys() & {"remote_addr", "forwarded_for"} == left


@pytest.mark.parametrize("spelled", [EVENT_ID, "9EC79C33-EC99-42AB-8353-589FCB2E04DC"])
def test_the_event_id_stays_as_it_was_spelled(spelled):
    outcome = run(item("event"), event_id=spelled)
    assert (header(outcome)["event_id"], outcome.event_id) == (spelled, EVENT_ID)


def test_an_event_without_an_id_in_the_header_lends_its_own():
    payload = orjson.dumps({"event_id": EVENT_ID})
    outcome = run(item("event", payload))
    assert header(outcome)["event_id"] == outcome.event_id == EVENT_ID


def test_an_event_without_any_id_gets_the_same_one_each_time():
    first, second = (run(item("event", b'{"message":"x"}')) for _ in range(2))
    assert first.event_id == second.event_id != run(item("event", b'{"message":"y"}')).event_id


def test_no_id_is_made_for_what_has_none():
    assert run(item("session")).event_id is None


@pytest.mark.parametrize(
    "value", ["", "x", 7, ["a"], EVENT_ID + "0", "mail@example.com", "9ec79c33-ec9942ab8353589fcb2e04dc"]
)
def test_an_event_id_that_is_none_is_refused(value):
    with pytest.raises(BadRequest, match="invalid envelope header"):
        run(item("event"), event_id=value)


def test_items_that_only_relays_make_are_refused():
    with pytest.raises(BadRequest, match="internal items"):
        run(item("integration"))


def test_finishing_twice_changes_nothing():
    once = run(
        item("event", b'{"message": "a hushhush b"}'), event_id=EVENT_ID, dsn=f"http://{'a' * 32}@h/42"
    ).clean
    assert finish(inspect(decode(once), PROJECT, Circumstances(NOW))).clean == once


def test_an_envelope_that_came_clean_is_encoded_as_ever():
    envelope = Envelope({"event_id": EVENT_ID}, (item("event", b'{"message":"x"}'),))
    assert finish(inspect(envelope, PROJECT, Circumstances(NOW))).clean == encode(envelope)


def filtering(*filters: Filter) -> Project:
    return replace(PROJECT, policies=Policies(filters=Filters(filters)))


def of_environment(environment: str) -> Filter:
    return next(environments([Glob.parse(environment)]))


DEV = b'{"environment": "dev"}'


def test_what_a_filter_hits_is_dropped_with_its_reason_and_name():
    outcome = run(item("event", DEV), project=filtering(of_environment("dev")))
    (decision,) = outcome.decisions
    assert (outcome.clean, decision.reason, decision.detail) == (
        None,
        Reason.ENVIRONMENT,
        'environments "dev"',
    )


@pytest.mark.parametrize(
    ("kinds", "hit"),
    [
        (["event", "attachment", "user_report"], "event"),
        (["profile", "transaction", "span"], "transaction"),
        (["replay_event", "replay_recording"], "replay_event"),
    ],
)
def test_what_depends_on_a_filtered_item_goes_with_it(kinds, hit):
    items = [item(kind, DEV if kind == hit else _payload(kind)) for kind in kinds]
    outcome = run(*items, project=filtering(of_environment("dev")))
    assert (outcome.clean, set(fates(outcome))) == (None, {Reason.ENVIRONMENT})


def test_spans_that_came_without_a_transaction_stay():
    assert fates(run(item("span"), project=filtering(of_environment("dev")))) == [None]


def test_an_event_that_cannot_be_read_is_the_scrubbers_to_judge():
    assert fates(run(item("event", BROKEN), project=filtering(of_environment("*")))) == [Reason.UNDECODABLE]


def test_an_expression_out_of_time_is_told():
    slow = message_matcher("/(?:a|aa)+$/")
    payload = orjson.dumps({"message": "a" * 5000 + "c"})
    project = filtering(*error_messages([slow]))
    inspection = inspect(Envelope({}, (item("event", payload),)), project, Circumstances(NOW))
    assert (inspection.fates, inspection.late) == ((None,), (slow.source,))


def test_what_is_switched_off_ends_whole_and_unread():
    body = (
        b'{"event_id":"%b"}\n{"type":"event"}\nno json\n{"type":"session"}\n{}\n{"type":"client_report"}\n{}'
    )
    off = Circumstances(NOW, captured=False)
    outcome = finish(inspect(decode(body % (b"a" * 32)), PROJECT, off))
    assert (outcome.clean, outcome.event_id) == (None, "a" * 32)
    assert [one.reason for one in outcome.decisions] == [Reason.CAPTURE_OFF] * 3


def test_what_is_cut_out_of_an_event_does_not_tell_its_issue():
    project = replace(PROJECT, policies=Policies(cap=Cap()))
    payloads = (b'{"fingerprint": ["of %s"]}' % text for text in (b"hushhush", b"[word]", b"another"))
    sent = (Envelope({}, (item("event", payload),)) for payload in payloads)
    raw, scrubbed, other = (inspect(one, project, Circumstances(NOW)).claim for one in sent)
    assert raw is not None
    assert raw == scrubbed != other
