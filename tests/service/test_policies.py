"""Filters and sampling over real sockets: what arrives, what does not, and what Sentry is told of it."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager

import orjson
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scrubrelay.config.filters import FilterSettings, filters_of
from scrubrelay.config.sampling import SamplingSettings, sampling_of
from scrubrelay.core.errors import Reason
from scrubrelay.core.ledger import RELAY, Fate
from scrubrelay.core.policy.caps import Cap
from scrubrelay.core.policy.policies import Policies
from scrubrelay.core.project import PassThrough, Projects, Upstream
from scrubrelay.core.wire.envelope import Envelope, decode
from scrubrelay.core.wire.items import quantities
from scrubrelay.service.clock import Clock, SystemClock
from scrubrelay.service.delivery.outbox import Outbox, OutboxOptions
from scrubrelay.service.listener.intake import Intake
from scrubrelay.service.listener.server import LISTENER, Server
from scrubrelay.service.process.watch import Watch
from scrubrelay.service.stores.base import StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore
from scrubrelay.service.telling.meters import Meters
from scrubrelay.service.telling.tap import Tap
from scrubrelay.testing import Answer, ManualClock, MiniSentry, make_envelope, make_event, make_transaction
from tests.service.conftest import REDACTOR, SMALL, Relay


def policies(filters: dict | None = None, sampling: dict | None = None, cap: Cap | None = None) -> Policies:
    return Policies(
        filters_of(FilterSettings(**filters or {})), sampling_of(SamplingSettings(**sampling or {})), cap
    )


@asynccontextmanager
async def running(
    directory, sentry: MiniSentry, chosen: Policies, *, relay_lists: bool = False, clock: Clock | None = None
):
    """A relay in this process that forwards to a server."""
    passing = PassThrough(REDACTOR, Upstream(sentry.url), policies=chosen)
    projects = Projects(passing=passing, limits=SMALL)
    store = SqliteStore(directory / "relay.db", StoreOptions("os"))
    clock = clock or SystemClock()
    outbox = Outbox(store, projects.target, clock, OutboxOptions(relay_lists=relay_lists))
    await outbox.start()
    watch = Watch(Meters(SystemClock()), Tap())
    intake = Intake(lambda: projects, outbox, clock, watch=watch)
    server = Server(intake, outbox.writable, outbox.switches.state, watch.meters)
    runner = web.ServerRunner(web.Server(server, **LISTENER), shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield Relay(runner.addresses[0][1], outbox, watch)
    finally:
        await runner.cleanup()
        await outbox.stop(1.0)


def failing(type_: str) -> bytes:
    return make_event(exception={"values": [{"type": type_, "value": "hushhush"}]})


async def test_what_a_user_says_of_an_event_that_did_not_go_on_does_not_either(tmp_path):
    """Nor does a file that comes later; what belongs to one that did arrives."""
    chosen = policies({"ignore_errors": ["UserCancelled"]})
    async with MiniSentry() as sentry, running(tmp_path, sentry, chosen) as relay:
        for type_, event_id in (("UserCancelled", "a" * 32), ("KeyError", "b" * 32)):
            error = {"values": [{"type": type_, "value": "hushhush"}]}
            await relay.envelope(make_event(event_id, exception=error))
            report = orjson.dumps({"event_id": event_id, "name": "x", "email": "", "comments": "it broke"})
            later = make_envelope(
                ({"type": "user_report"}, report), ({"type": "attachment"}, b"log"), event_id=event_id
            )
            assert (await relay.envelope(later)).status == 200
        arrived = await sentry.received(3)
        assert Counter(one.event_id for one in arrived if one.event_id)["b" * 32] == 2
        assert "a" * 32 not in {one.event_id for one in arrived}
        ledger = await relay.ledger()
        ended = [
            ledger[category, Reason.IGNORED_ERROR] for category in ("error", "feedback", "attachment_item")
        ]
        assert ended == [1, 1, 1]
        assert await relay.outbox.store.balance() == []


async def test_an_ignored_error_is_acknowledged_and_does_not_arrive(tmp_path):
    chosen = policies({"ignore_errors": ["UserCancelled"]})
    async with MiniSentry() as sentry, running(tmp_path, sentry, chosen) as relay:
        for type_ in ("UserCancelled", "KeyError", "UserCancelled"):
            assert (await relay.envelope(failing(type_))).status == 200
        arrived = await sentry.received(2)
        assert Counter(kind for one in arrived for kind in one.types) == {"event": 1, "client_report": 1}
        (event,) = (one for one in arrived if one.types == ("event",))
        assert b"KeyError" in event.body
        assert (await relay.ledger())["error", Reason.IGNORED_ERROR] == 2
        assert await relay.outbox.store.balance() == []


@pytest.mark.parametrize(
    ("relay_lists", "told"),
    [
        (False, {"discarded_events": [("ignored", "error", 1), ("ignored", "transaction", 1)]}),
        (
            True,
            {"filtered_events": [("error-message", "error", 1), ("filtered-transaction", "transaction", 1)]},
        ),
    ],
)
async def test_sentry_is_told_what_was_dropped(tmp_path, relay_lists, told):
    chosen = policies({"ignore_errors": ["UserCancelled"], "groups": ["health-checks"]})
    async with (
        MiniSentry() as sentry,
        running(tmp_path, sentry, chosen, relay_lists=relay_lists) as relay,
    ):
        body = (
            failing("UserCancelled") + make_transaction(transaction="/healthz", spans=0).partition(b"\n")[2]
        )
        assert (await relay.envelope(body)).status == 200
        report = orjson.loads((await sentry.received(1))[0].items[0][1])
        report.pop("timestamp")
        shown = {
            name: [tuple(one.values()) for one in entries if one["category"] != "span"]
            for name, entries in report.items()
        }
        assert shown == told


async def test_what_is_sampled_arrives_with_its_true_rate(tmp_path):
    """An SDK kept 200 of 400 transactions; of these 50 arrive, and what they say makes 400 again."""
    chosen = policies(sampling={"rates": {"production": 0.25}})
    async with MiniSentry() as sentry, running(tmp_path, sentry, chosen) as relay:
        for number in range(200):
            trace = {"trace_id": f"{number:032x}", "sample_rate": "0.5", "sample_rand": f"{number / 400}"}
            context = {"trace": {"trace_id": f"{number:032x}", "op": "http.server"}}
            header, _, rest = make_transaction(contexts=context, spans=0).partition(b"\n")
            body = orjson.dumps({**orjson.loads(header), "trace": trace}) + b"\n" + rest
            assert (await relay.envelope(body)).status == 200
        await sentry.received(51)
        kept = [one for one in sentry.accepted if one.types == ("transaction",)]
        assert sum(1 / float(one.headers["trace"]["sample_rate"]) for one in kept) == 400
        ledger = await relay.ledger()
        assert (ledger["transaction", "passed"], ledger["transaction", Reason.SAMPLED]) == (50, 150)
        assert await relay.outbox.store.balance() == []


async def test_sentrys_counts_can_be_had_from_what_arrives_and_the_client_reports(tmp_path):
    chosen = policies({"ignore_errors": ["KeyError"]}, {"rates": {"production": 0.5}}, Cap(2, trickle=False))
    clock = ManualClock()
    async with MiniSentry() as sentry, running(tmp_path, sentry, chosen, clock=clock) as relay:
        for number in range(30):
            await relay.envelope(failing("KeyError"))
            await relay.envelope(failing("ValueError"))
            context = {"trace": {"trace_id": f"{number:032x}", "op": "http.server"}}
            await relay.envelope(make_transaction(contexts=context, spans=2))
        await relay.outbox.store.flush()
        told: Counter = Counter()
        while told.total() < 30 + 30 + 30 + 3 * 30:
            await clock.advance(61)
            await asyncio.sleep(0)
            told = arrived(sentry)
        assert told == {"error": 60, "transaction": 30, "span": 90}


def arrived(sentry: MiniSentry) -> Counter:
    """What Sentry has of each category, or knows to have been dropped."""
    told: Counter = Counter()
    for one in sentry.accepted:
        told += counted(decode(one.body))
        for headers, payload in one.items:
            if headers["type"] == "client_report":
                for entry in orjson.loads(payload)["discarded_events"]:
                    told[entry["category"]] += entry["quantity"]
    return told


async def test_the_first_of_each_name_in_an_hour_go_on_whatever_their_share(tmp_path):
    """They are one in one, and say so, so that no estimate suffers."""
    chosen = policies(sampling={"rates": {"production": 0.0}, "minimum_per_hour": 3})
    async with MiniSentry() as sentry, running(tmp_path, sentry, chosen) as relay:
        for name in ("/rare", *["/often"] * 10):
            await relay.envelope(make_transaction(transaction=name))
        for number in range(5):
            info = {"source": "url"}
            await relay.envelope(make_transaction(transaction=f"/user/{number}", transaction_info=info))
        await sentry.received(4)
        kept = [one for one in sentry.accepted if one.types == ("transaction",)]
        names = Counter(orjson.loads(one.items[0][1])["transaction"] for one in kept)
        assert names == {"/rare": 1, "/often": 3}
        assert "trace" not in kept[0].headers


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "ignore_errors": st.just(["KeyError"]),
        "environments": st.just(["dev"]),
        "groups": st.just(["health-checks"]),
        "client_addresses": st.sampled_from([["127.0.0.1"], ["10.0.0.0/8"]]),
    },
)
SAMPLING = st.fixed_dictionaries(
    {},
    optional={
        "rates": st.sampled_from([{"production": 0.5}, {"*": 0.0}]),
        "rule": st.just([{"what": "logs", "rate": 0.5}, {"what": "errors", "rate": 0.5, "release": "1"}]),
        "minimum_per_hour": st.just(1),
    },
)
POLICIES = st.builds(policies, FILTERS, SAMPLING, st.none() | st.just(Cap(1)))
ENVIRONMENT = st.sampled_from(["dev", "production"])
EVENTS = st.builds(
    lambda type_, environment: (
        "event",
        {"exception": {"values": [{"type": type_}]}, "environment": environment, "release": "1"},
    ),
    st.sampled_from(["KeyError", "ValueError"]),
    ENVIRONMENT,
)
TRANSACTIONS = st.builds(
    lambda name, spans: ("transaction", {"transaction": name, "spans": [{}] * spans}),
    st.sampled_from(["/", "/healthz"]),
    st.integers(0, 3),
)
CONTAINERS = st.builds(
    lambda kind, ids: (kind, {"items": [{"trace_id": f"{number:032x}"} for number in ids]}),
    st.sampled_from(["span", "log"]),
    st.lists(st.integers(0, 99), min_size=1, max_size=6),
)
OTHERS = st.sampled_from(
    [("session", {}), ("profile", {}), ("user_report", {}), ("client_report", {}), ("event", None)]
)
ENVELOPES = st.lists(EVENTS | TRANSACTIONS | CONTAINERS | OTHERS, min_size=1, max_size=4)
ANSWERS = st.sampled_from(
    [Answer(200), Answer(503), Answer(413), Answer(drop=True), Answer(429, {"Retry-After": "1"})]
)


def encoded(items: list[tuple[str, dict | None]]) -> bytes:
    return make_envelope(
        *(
            (
                {"type": kind, **({"item_count": len(document["items"])} if kind in {"span", "log"} else {})},
                b"{" if document is None else orjson.dumps(document),
            )
            for kind, document in items
        )
    )


def counted(envelope: Envelope) -> Counter:
    return sum((Counter(dict(quantities(item))) for item in envelope.items), Counter())


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(POLICIES, st.lists(ENVELOPES, min_size=1, max_size=8), st.lists(ANSWERS, max_size=6))
def test_the_books_balance_whatever_is_dropped_and_whatever_fails(
    tmp_path_factory, chosen, envelopes, answers
):
    """Random policies, envelopes and answers of upstream: all that came in is in the books, once."""

    async def play() -> None:
        directory, sent = tmp_path_factory.mktemp("balance"), Counter()
        async with (
            MiniSentry() as sentry,
            running(directory, sentry, chosen) as relay,
        ):
            sentry.script(*answers)
            for items in envelopes:
                body = encoded(items)
                answer = await relay.envelope(body)
                assert answer.status in {200, 429}
                sent += counted(decode(body))
            await relay.outbox.store.flush()
            books = await relay.outbox.store.books()
            received = {
                account.category: quantity
                for account, quantity in books
                if (account.target, account.fate) == (RELAY, Fate.RECEIVED)
            }
            assert received == dict(sent)
            assert await relay.outbox.store.balance() == []

    asyncio.run(play())
