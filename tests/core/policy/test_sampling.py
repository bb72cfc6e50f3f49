"""Which share of traces goes on: one decision for a trace, wherever it is made."""

from random import Random

import orjson
import pytest

from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.globs import Globs
from scrubrelay.core.policy.sampling import Rule, Sampling, Unit, sampled
from scrubrelay.core.wire.envelope import Item
from scrubrelay.core.wire.trace import Trace

PRESET = Sampling(by_environment=True)


def ids(count: int, seed: int = 7) -> list[str]:
    random = Random(seed)
    return [f"{random.getrandbits(128):032x}" for _ in range(count)]


def event(kind: str = "transaction", trace: Trace | None = None, **document: object) -> Event:
    return Event(Item({"type": kind}, orjson.dumps(document)), trace=trace or Trace())


def share(sampling: Sampling, one: Event, daily: int = 0) -> float:
    cut = sampling.cut(one, daily)
    return 1.0 if cut is None else cut.share.share


@pytest.mark.parametrize(
    ("environment", "daily", "expected"),
    [
        ("development", 0, 1.0),
        ("staging", 50_000, 0.3),
        ("production", 10_000, 0.1),
        ("Production", 10_001, 0.05),
        (None, 10_001, 0.05),
        ("canary", 50_000, 1.0),
    ],
)
def test_the_preset_goes_by_environment(environment, daily, expected):
    assert share(PRESET, event(environment=environment), daily) == expected


def test_own_rates_come_before_the_preset_and_rules_before_rates():
    sampling = Sampling(
        (Rule(0.7, fields={"transaction": Globs.parse(["/pay*"])}),),
        (Rule(0.2, fields={"environment": Globs.parse(["production"])}),),
        by_environment=True,
    )
    assert share(sampling, event(transaction="/pay/now")) == 0.7
    assert share(sampling, event(transaction="/cart")) == 0.2
    assert share(sampling, event(environment="staging")) == 0.3


@pytest.mark.parametrize(
    ("fields", "tags", "expected"),
    [
        ({"op": "queue.*"}, {}, True),
        ({"op": "http"}, {}, False),
        ({"release": "shop@*"}, {"team": "pay*"}, True),
        ({"release": "shop@*"}, {"team": "cart"}, False),
    ],
)
def test_all_that_a_rule_says_must_hold(fields, tags, expected):
    one = event(release="shop@1", tags={"team": "payments"}, contexts={"trace": {"op": "queue.process"}})
    rule = Rule(
        0.5,
        fields={name: Globs.parse([glob]) for name, glob in fields.items()},
        tags={name: Globs.parse([glob]) for name, glob in tags.items()},
    )
    assert (share(Sampling((rule,)), one) == 0.5) is expected


def test_the_head_of_the_trace_decides_for_all_of_it():
    """Two services, two names and environments of their own: one trace, one share."""
    trace = Trace(ids(1)[0], transaction="/checkout", environment="staging", release="web@1")
    own = {"contexts": {"trace": {"trace_id": trace.id}}, "transaction": "/charge", "environment": "prod"}
    assert share(PRESET, event(trace=trace, **own)) == 0.3


@pytest.mark.parametrize(
    "kind", ["session", "sessions", "check_in", "client_report", "replay_event", "attachment"]
)
def test_what_is_never_sampled(kind):
    everything = Sampling(tuple(Rule(0, what=what) for what in ("traces", "errors", "logs")))
    assert everything.cut(event(kind), 0) is None


def test_errors_and_logs_are_sampled_only_if_a_rule_says_so():
    assert PRESET.cut(event("event"), 0) is None
    assert PRESET.cut(event("log", items=[{}]), 0) is None
    assert Sampling((Rule(0, what="errors"),)).cut(event("event"), 0).kept is None
    assert Sampling((Rule(0, what="errors"),)).cut(event("event", type="feedback"), 0) is None


def test_the_draw_of_the_head_is_the_draw_of_all():
    trace = ids(1)[0]
    for rand, rate, kept in ((0.04, 0.5, True), (0.06, 0.5, False), (0.09, 1.0, True), (0.11, 1.0, False)):
        unit = Unit("traces", trace, trace=Trace(trace, rate, rand))
        assert unit.is_kept(0.1) is kept


def test_a_number_that_the_sdk_would_not_have_kept_is_no_draw():
    """Else such traces, which some other rule of the app let through, would all be lost."""
    units = [Unit("traces", one, trace=Trace(one, 0.1, 0.5)) for one in ids(2000)]
    assert 120 < sum(unit.is_kept(0.1) for unit in units) < 280


@pytest.mark.parametrize("rand", [True, False])
def test_a_bigger_share_keeps_all_that_a_smaller_one_keeps(rand):
    random = Random(3)
    for one in ids(2000):
        unit = Unit("traces", one, trace=Trace(one, 0.5, random.random() / 2 if rand else None))
        assert unit.is_kept(0.3) or not unit.is_kept(0.1)


def test_a_trace_is_kept_alike_whatever_brings_it():
    for one in ids(500):
        trace = Trace(one)
        transaction = event(trace=trace, contexts={"trace": {"trace_id": one.upper()}})
        span = event("span", trace=trace, trace_id=one)
        container = event("span", items=[{"trace_id": one}])
        kept = {PRESET.cut(each, 0).kept is None for each in (transaction, span, container)}
        assert len(kept) == 1


def test_the_draw_is_another_than_sentrys():
    """Relay seeds a generator with the trace id; what we hash must not go with its first bits, say."""
    low = [one for one in ids(4000) if int(one[:8], 16) < 2**31]
    kept = sum(Unit("traces", one).is_kept(0.5) for one in low)
    assert 0.45 < kept / len(low) < 0.55


@pytest.mark.parametrize(
    ("rate", "written"), [("0.5", "0.05"), (0.5, 0.05), (1, 0.1), ("1", "0.1"), ("no rate", "0.1")]
)
def test_the_forwarded_rate_is_the_product(rate, written):
    one = ids(1)[0]
    headers = {"trace": {"trace_id": one, "sample_rate": rate, "x": 1}, "sdk": {}}
    unit = Unit("traces", one, trace=Trace.of(headers))
    assert sampled(headers, unit, 0.1, "k") == {
        "trace": {"trace_id": one, "sample_rate": written, "x": 1},
        "sdk": {},
    }


def test_without_a_trace_header_one_is_made():
    one = ids(1)[0]
    made = {"trace_id": one, "public_key": "k", "sample_rate": "0.1"}
    assert sampled({}, Unit("traces", one), 0.1, "k") == {"trace": made}


@pytest.mark.parametrize("share_", [1.0, 0.1])
def test_what_needs_no_correction_is_left_alone(share_):
    headers = {"trace": {"trace_id": ids(1)[0], "sample_rate": "0.5"}}
    other = Unit("traces", ids(2)[1])
    same = Unit("traces", ids(1)[0], trace=Trace.of(headers))
    assert sampled(headers, same if share_ == 1.0 else other, share_, "k") is headers


def test_entries_of_several_traces_are_decided_one_by_one():
    traces = ids(200)
    one = event("span", items=[{"trace_id": trace, "n": number} for trace in traces for number in (1, 2)])
    cut = Sampling((Rule(0.5),)).cut(one, 0)
    left = [span["trace_id"] for span in orjson.loads(cut.kept.payload)["items"]]
    assert left == [trace for trace in traces if Unit("traces", trace).is_kept(0.5) for _ in (1, 2)]
    assert (cut.entries, cut.kept.headers["item_count"]) == (400, len(left))


def test_lines_of_a_log_without_a_trace_are_drawn_one_by_one():
    one = event("log", items=[{"timestamp": number, "body": "x"} for number in range(2000)])
    cut = Sampling((Rule(0.25, what="logs"),)).cut(one, 0)
    assert 400 < cut.kept.headers["item_count"] < 600


def test_a_line_of_a_log_has_its_environment_among_its_attributes():
    rule = Rule(0, what="logs", fields={"environment": Globs.parse(["dev"])}, tags={"n": Globs.parse(["7"])})
    attributes = {
        "sentry.environment": {"value": "dev", "type": "string"},
        "n": {"value": 7, "type": "integer"},
    }
    one = event("log", items=[{"attributes": attributes}, {"attributes": None}, 7])
    assert Sampling((rule,)).cut(one, 0).kept.headers["item_count"] == 2
