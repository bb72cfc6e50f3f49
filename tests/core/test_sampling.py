"""Sampling in the pipeline: what Sentry extrapolates from what is left is what there was."""

from random import Random

import orjson
import pytest

from scrubrelay.core.delivery import address
from scrubrelay.core.errors import Reason
from scrubrelay.core.fates import Dropped, Kept
from scrubrelay.core.inspection import Circumstances, inspect
from scrubrelay.core.pipeline import finish
from scrubrelay.core.policy.caps import Cap
from scrubrelay.core.policy.globs import Globs
from scrubrelay.core.policy.policies import Policies
from scrubrelay.core.policy.sampling import Rule, Sampling, Unit
from scrubrelay.core.project import Project, Upstream
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.redactor import Policy, Redactor
from scrubrelay.core.wire.dsn import Dsn
from scrubrelay.core.wire.envelope import Envelope, Item, decode

KEY = "a" * 32
REDACTOR = Redactor(Library.compile([]), Policy())


def project(sampling: Sampling, number: int = 1, key: str = KEY) -> Project:
    return Project(number, key, "", REDACTOR, policies=Policies(sampling=sampling))


def item(kind: str, document: object, **headers: object) -> Item:
    return Item({"type": kind, **headers}, orjson.dumps(document))


def transaction(trace_id: str, environment: str = "production") -> Item:
    return item("transaction", {"environment": environment, "contexts": {"trace": {"trace_id": trace_id}}})


def run(sampling: Sampling, *items: Item, daily: int = 0, number: int = 1, **headers: object):
    circumstances = Circumstances(daily=daily)
    return finish(inspect(Envelope(headers, items), project(sampling, number), circumstances))


def rate_of(outcome) -> float:
    return float(decode(outcome.clean).headers["trace"]["sample_rate"])


SENT = 30_000
SHARES = {"development": 1.0, "staging": 0.3, "production": 0.05}


@pytest.mark.parametrize("with_rand", [True, False])
def test_the_estimate_from_what_is_left_is_the_true_number(with_rand):
    """30,000 transactions as SDKs with rates of their own send them; the error is that of the draw.

    Each that is kept stands for 1 / its rate. Of these sums the variance is known: n (1 - r) / r and, as the
    SDK's own draw happened before (it kept these), divided by the square of its rate c.
    """
    random = Random(11)
    sums, variance, sent = dict.fromkeys(SHARES, 0.0), dict.fromkeys(SHARES, 0.0), dict.fromkeys(SHARES, 0.0)
    for _ in range(SENT):
        environment, c = random.choice(list(SHARES)), random.choice([1.0, 0.25])
        trace_id = f"{random.getrandbits(128):032x}"
        trace = {"trace_id": trace_id, "sample_rate": str(c), "public_key": KEY}
        if with_rand:
            trace["sample_rand"] = f"{random.random() * c:.6f}"
        one = transaction(trace_id, environment)
        inspection = inspect(
            Envelope({"trace": trace}, (one,)),
            project(Sampling(by_environment=True)),
            Circumstances(daily=SENT),
        )
        r = SHARES[environment]
        sent[environment] += 1 / c
        variance[environment] += (1 - r) / r / c**2
        if inspection.fates == (None,):
            sums[environment] += 1 / float(inspection.envelope.headers["trace"]["sample_rate"])
    for environment in SHARES:
        error = abs(sums[environment] - sent[environment])
        assert error <= 4 * variance[environment] ** 0.5


def test_two_relays_and_two_projects_agree_about_a_trace():
    """A frontend's and a backend's project: each trace is whole or gone."""
    random = Random(5)
    kept = 0
    for _ in range(3000):
        trace_id = f"{random.getrandbits(128):032x}"
        trace = {"trace_id": trace_id, "sample_rate": "0.5", "environment": "staging"}
        front, back = (
            run(Sampling(by_environment=True), transaction(trace_id, own), number=number, trace=trace)
            for number, own in ((1, "staging"), (2, "production"))
        )
        assert (front.clean is None) == (back.clean is None)
        kept += front.clean is not None
    assert 780 < kept < 1020


def test_what_goes_on_says_of_which_share_it_is():
    one = "0" * 32
    trace = {"trace_id": one, "sample_rate": "0.25", "sample_rand": "0.001", "public_key": KEY}
    outcome = run(Sampling((Rule(0.1),)), transaction(one), trace=trace)
    assert decode(outcome.clean).headers["trace"] == {**trace, "sample_rate": "0.025"}


def test_the_profile_and_the_spans_go_with_their_transaction():
    outcome = run(
        Sampling((Rule(0),)), item("profile", {}), transaction("0" * 32), item("span", {"items": [{}]})
    )
    assert outcome.clean is None
    assert {(one.type, one.reason) for one in outcome.decisions} == {
        ("profile", Reason.SAMPLED),
        ("transaction", Reason.SAMPLED),
        ("span", Reason.SAMPLED),
    }


def test_the_error_of_a_trace_that_was_not_drawn_goes_on_untouched():
    headers = {"trace": {"trace_id": "0" * 32, "sample_rate": "0.5"}}
    outcome = run(Sampling((Rule(0),)), item("event", {"message": "x"}), **headers)
    assert rate_of(outcome) == 0.5


def spans(count: int) -> dict:
    random = Random(2)
    return {"items": [{"trace_id": f"{random.getrandbits(128):032x}", "span_id": "a"} for _ in range(count)]}


@pytest.mark.parametrize(("kind", "what"), [("span", "traces"), ("log", "logs")])
@pytest.mark.parametrize("stated", [100, 3, None])
def test_a_container_is_split_and_its_two_halves_are_all_of_it(kind, what, stated):
    """Two decisions for one item, and together they count what came, whatever the header said."""
    one = item(kind, spans(100), **({} if stated is None else {"item_count": stated}))
    outcome = run(Sampling((Rule(0.4, what=what),)), one)
    kept, gone = outcome.decisions
    assert isinstance(kept, Kept)
    assert isinstance(gone, Dropped)
    total = {category: dict(kept.quantities)[category] + n for category, n in gone.quantities}
    assert total == ({"span": 100} if kind == "span" else {"log_item": 100, "log_byte": len(one.payload)})
    (left,) = decode(outcome.clean).items
    entries = orjson.loads(left.payload)["items"]
    assert len(entries) == left.headers["item_count"] == kept.quantities[0][1]


def test_a_container_of_one_trace_is_whole():
    trace = {"trace_id": "0" * 32, "sample_rate": "1", "sample_rand": "0.2"}
    document = {"items": [{"trace_id": "0" * 32}] * 9}
    kept = run(Sampling((Rule(0.3),)), item("span", document, item_count=9), trace=trace)
    assert orjson.loads(decode(kept.clean).items[0].payload) == document
    assert rate_of(kept) == 0.3
    assert run(Sampling((Rule(0.1),)), item("span", document, item_count=9), trace=trace).clean is None


def test_no_header_is_made_for_spans_of_several_traces():
    """It would speak for all of them with the id of one."""
    assert "trace" not in decode(run(Sampling((Rule(0.4),)), item("span", spans(100))).clean).headers
    alone = {"items": [{"trace_id": "2" * 32}] * 3}
    assert rate_of(run(Sampling((Rule(0.9),)), item("span", alone))) == 0.9


def test_a_header_speaks_for_the_spans_of_its_own_trace_wherever_they_are():
    trace = {"trace_id": "0" * 32, "sample_rate": "0.5", "sample_rand": "0.001"}
    others = spans(20)["items"]
    document = {"items": [*others, {"trace_id": "0" * 32}]}
    rules = (Rule(0.2, fields={"op": Globs.parse(["x"])}), Rule(0.4))
    assert rate_of(run(Sampling(rules), item("span", document), trace=trace)) == 0.2


def test_without_sampling_the_header_stays_as_it_is():
    trace = {"trace_id": "0" * 32, "sample_rate": "0.50"}
    assert decode(run(Sampling(), transaction("0" * 32), trace=trace).clean).headers["trace"] == trace


@pytest.mark.parametrize(
    ("document", "asks"),
    [
        ({"transaction": "/rare"}, True),
        ({"transaction": "/user/7", "transaction_info": {"source": "url"}}, False),
        ({"transaction": "/user/{id}", "transaction_info": {"source": "route"}}, True),
        ({"transaction": ""}, False),
        ({"transaction": "/all", "environment": "development"}, False),
    ],
)
def test_a_transaction_with_a_real_name_may_be_one_of_the_first_of_its_hour(document, asks):
    sampling = Sampling(by_environment=True, minimum=5)
    inspection = inspect(Envelope({}, (item("transaction", document),)), project(sampling), Circumstances())
    assert (inspection.first is not None) is asks


def test_as_one_of_the_first_it_goes_on_as_it_came():
    """At a share of 1, so the rate in its header stays the SDK's, and no estimate suffers."""
    trace = {"trace_id": "0" * 32, "sample_rate": "0.5"}
    named = item("transaction", {"transaction": "/rare", "contexts": {"trace": {"trace_id": "0" * 32}}})
    one = inspect(
        Envelope({"trace": trace}, (named,)), project(Sampling((Rule(0),), minimum=5)), Circumstances()
    )
    assert one.fates[0].reason is Reason.SAMPLED
    assert one.first.inspection.fates == (None,)
    assert rate_of(finish(one.first.inspection)) == 0.5


def test_projects_and_names_have_their_own_firsts():
    sampling = Sampling((Rule(0),), minimum=5)
    keys = {
        inspect(
            Envelope({}, (item("transaction", {"transaction": name}),)),
            project(sampling, number),
            Circumstances(secret=secret),
        ).first.name
        for number, name, secret in ((1, "/a", b"x"), (1, "/b", b"x"), (2, "/a", b"x"), (1, "/a", b"y"))
    }
    assert len(keys) == 4


def test_a_cap_finds_its_event_behind_a_container_that_was_split():
    policies = Policies(sampling=Sampling((Rule(0.4, what="logs"),)), cap=Cap(1))
    capped = Project(1, KEY, "", REDACTOR, policies=policies)
    items = (item("log", spans(50)), item("event", {"message": "x"}))
    one = inspect(Envelope({}, items), capped, Circumstances())
    assert one.claim is not None
    assert one.envelope.items[one.claimant] is items[1]
    assert [type(fate) for fate in one.capped().fates] == [type(None), Dropped, Dropped]


def test_the_header_speaks_of_the_transaction_where_its_spans_have_another_share():
    """Spans that came along and stand first are not what Sentry extrapolates from."""
    trace = {"trace_id": "0" * 32, "sample_rate": "0.5", "sample_rand": "0.01"}
    rules = (Rule(0.2, fields={"op": Globs.parse(["http.server"])}), Rule(0.6))
    context = {"trace": {"trace_id": "0" * 32, "op": "http.server"}}
    items = (item("span", {"items": [{"trace_id": "0" * 32}]}), item("transaction", {"contexts": context}))
    assert rate_of(run(Sampling(rules), *items, trace=trace)) == 0.1


def test_a_trace_header_that_was_made_here_names_the_key_that_upstream_knows():
    one = f"{3:032x}"
    share = next(n / 10 for n in range(1, 10) if Unit("traces", one).is_kept(n / 10))
    clean = run(Sampling((Rule(share),)), transaction(one)).clean
    upstream = Upstream(Dsn.parse(f"https://{'b' * 32}@sentry.example.com/7")).target(KEY, 1)
    assert decode(address(clean, upstream, 0.0)).headers["trace"] == {
        "trace_id": one,
        "public_key": "b" * 32,
        "sample_rate": str(share),
    }
