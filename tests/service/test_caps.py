"""A flood of one issue: what goes on, what does not, and what it costs."""

import asyncio
from collections import Counter

import orjson
import pytest

from scrubrelay.core.errors import Reason
from scrubrelay.core.inspection import Circumstances, Inspection, inspect
from scrubrelay.core.notes import Note
from scrubrelay.core.policy.caps import Cap, Capped, Claim, Count, Untold
from scrubrelay.core.policy.policies import Policies
from scrubrelay.core.project import PassThrough, Project, Projects, Upstream
from scrubrelay.core.wire.envelope import decode
from scrubrelay.service.caps import Caps
from scrubrelay.service.stores.base import StoreOptions
from scrubrelay.service.stores.sqlite import SqliteStore
from scrubrelay.testing import ManualClock, MiniSentry, make_envelope
from tests.service.conftest import KEY, REDACTOR, SMALL, relaying

EVENT = {"message": "a hushhush b", "logger": "shop"}
CAP = Policies(cap=Cap(3, trickle=False))


def body(*more: tuple[dict, bytes], message: str = "a hushhush b") -> bytes:
    event = ({"type": "event"}, orjson.dumps({**EVENT, "message": message}))
    return make_envelope(event, *more, event_id="9" * 32)


@pytest.fixture
def projects(request) -> Projects:
    """Every key is accepted, under a cap of 3 or that of the test."""
    policies = Policies(cap=getattr(request, "param", CAP.cap))
    return Projects(passing=PassThrough(REDACTOR, policies=policies), limits=SMALL)


async def kept_events(relay) -> list[dict]:
    envelopes = [decode(clean) for clean in await relay.kept()]
    return [orjson.loads(item.payload) for one in envelopes for item in one.items if item.type == "event"]


async def test_of_a_flood_as_many_go_on_as_the_cap_says_and_all_are_answered_200(relay):
    answers = await asyncio.gather(*(relay.envelope(body()) for _ in range(40)))
    assert Counter(answer.status for answer in answers) == {200: 40}
    assert {answer.json["id"] for answer in answers} == {"9" * 32}
    assert len(await kept_events(relay)) == 3
    ledger = await relay.ledger()
    assert (ledger["error", "received"], ledger["error", Reason.CAPPED]) == (40, 37)
    assert await relay.outbox.store.balance() == []


async def test_another_issue_is_not_concerned(relay):
    for _ in range(5):
        await relay.envelope(body())
    await relay.envelope(body(message="something else"))
    assert Counter(one["message"] for one in await kept_events(relay)) == {
        "a [word] b": 3,
        "something else": 1,
    }


async def test_what_else_is_in_the_envelope_goes_on_but_what_goes_with_the_event(relay):
    more = [
        ({"type": "session"}, b'{"sid":"1"}'),
        ({"type": "client_report"}, b"{}"),
        ({"type": "attachment", "filename": "a.txt"}, b"some text"),
    ]
    for _ in range(5):
        assert (await relay.envelope(body(*more))).status == 200
    types = Counter(item.type for clean in await relay.kept() for item in decode(clean).items)
    assert types == {"event": 3, "attachment": 3, "session": 5, "client_report": 5}
    assert (await relay.ledger())["attachment_item", Reason.CAPPED] == 2
    assert await relay.outbox.store.balance() == []


@pytest.mark.parametrize("projects", [Cap(1, trickle=True)], indirect=True)
async def test_an_event_that_goes_on_tells_how_many_did_not(relay):
    for _ in range(1 + 10 + 1 + 90 + 1):
        await relay.envelope(body())
    told = [one.get("tags", {}).get("scrubrelay.suppressed") for one in await kept_events(relay)]
    assert told == [None, "10", "90"]


@pytest.mark.parametrize("kind", ["transaction", "session", "check_in", "log"])
async def test_only_errors_are_capped(relay, kind):
    for _ in range(5):
        await relay.envelope(make_envelope(({"type": kind}, orjson.dumps(EVENT))))
    assert len(await relay.kept()) == 5


async def test_an_event_that_only_the_slow_parser_reads_is_capped_too(relay):
    payload = rb'{"message":"a \ud800 b","logger":"shop"}'
    for _ in range(5):
        await relay.envelope(make_envelope(({"type": "event"}, payload)))
    assert len(await relay.kept()) == 3


async def test_an_event_that_ends_for_another_reason_is_not_counted(relay):
    broken = make_envelope(({"type": "event"}, b"{"), ({"type": "session"}, b"{}"))
    for _ in range(5):
        await relay.envelope(broken)
    assert (await relay.outbox.store.issues.figures(0.0)).issues == 0


async def test_a_cap_that_is_reached_is_one_line_in_the_log(relay, caplog):
    caplog.set_level("INFO")
    for _ in range(10):
        await relay.envelope(body())
    lines = [one for one in caplog.messages if "cap_reached" in one]
    (issue,) = await relay.outbox.store.issues.listed(0.0)
    assert lines == [f"cap_reached project=1 issue={issue.key[:12]} limit=3 window=3600s"]
    assert "hushhush" not in caplog.text


# ---- what a process knows


@pytest.fixture
async def store(tmp_path):
    """A store that nobody writes to."""
    store = SqliteStore(tmp_path / "store.db", StoreOptions(durability="os"))
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def caps(store, clock) -> Caps:
    return Caps(store, clock)


def asking(*, cap: Cap | None = CAP.cap) -> Inspection:
    project = Project(1, KEY, "shop", REDACTOR, policies=Policies(cap=cap))
    return inspect(decode(body()), project, Circumstances())


def spared(caps: Caps, clock: ManualClock, **policy) -> bool:
    """Whether an event is dropped without asking."""
    return any(caps.spare(asking(**policy), clock.now()).fates)


def learn(caps: Caps, clock: ManualClock, **count) -> None:
    caps.answer(Capped(Count(clock.now(), **count)), asking())


async def test_after_a_refusal_nobody_asks_until_the_window_ends(caps, clock):
    assert not spared(caps, clock)
    learn(caps, clock)
    assert spared(caps, clock)
    await clock.advance(3599)
    assert spared(caps, clock)
    await clock.advance(1)
    assert not spared(caps, clock)


async def test_a_new_limit_or_window_is_asked_for(caps, clock):
    learn(caps, clock)
    assert not spared(caps, clock, cap=Cap(4, trickle=False))
    assert not spared(caps, clock, cap=Cap(3, 60.0, trickle=False))
    assert not spared(caps, clock, cap=None)


async def test_one_asks_for_the_trickle_and_the_others_do_not_wait_for_it(caps, clock):
    learn(caps, clock)
    answers = [spared(caps, clock, cap=Cap(3, trickle=True)) for _ in range(110)]
    assert [at for at, is_spared in enumerate(answers) if not is_spared] == [9, 100]


async def test_of_several_workers_each_asks_when_its_part_of_what_is_missing_has_come(store, clock):
    """None of them sees all of a flood; each learns from the answer how much there was in all."""
    caps, trickling = Caps(store, clock, 4), Cap(3, trickle=True)
    learn(caps, clock, held=11, trickled=11)

    def until_asked() -> int:
        return next(at for at in range(1000) if not spared(caps, clock, cap=trickling))

    assert until_asked() == 22  # a quarter of what is missing to 100, and it was one itself
    learn(caps, clock, held=60, trickled=11)
    assert until_asked() == 10


async def test_a_reset_is_noticed_within_a_second(caps, clock, store):
    await caps.start()
    learn(caps, clock)
    following = asyncio.get_running_loop().create_task(caps.follow())
    await asyncio.sleep(0)
    await store.issues.reset(None)
    await clock.advance(0.5)
    await store.flush()
    await asyncio.sleep(0)
    assert not spared(caps, clock)
    following.cancel()


async def test_what_is_known_is_bounded(caps, clock):
    inspection = asking()
    for number in range(60_000):
        claim = Claim((number.to_bytes(16),), 3, 3600.0)
        caps.answer(Capped(Count(clock.now())), _with(inspection, claim))
    assert repr(caps) == "<Caps: 50000 keys>"


def _with(inspection: Inspection, claim: Claim) -> Inspection:
    return Inspection(inspection.envelope, inspection.project, None, (None,), claim=claim, claimant=0)


async def test_what_must_be_told_is_told(caps):
    told = caps.answer(Untold(Count(5.0, untold=7, since=3.0)), asking())
    assert told.note == Note(7, 3.0, 3, 3600.0)
    assert told.claim is not None
    assert told.claim.told == 7


# ---- what the server is told


async def test_how_many_there_were_can_be_reconstructed_from_client_reports(tmp_path, clock):
    async with MiniSentry() as sentry:
        upstream = Upstream(sentry.url)
        policies = Policies(cap=Cap(3, trickle=False))
        projects = Projects(passing=PassThrough(REDACTOR, upstream, policies=policies), limits=SMALL)
        async with relaying(SqliteStore(tmp_path / "relay.db"), projects, clock) as relay:
            for _ in range(30):
                await relay.envelope(body())
            await relay.outbox.store.flush()
            await clock.advance(61)
            await sentry.received(4)
    types = Counter(kind for one in sentry.accepted for kind in one.types)
    assert types == {"event": 3, "client_report": 1}
    (report,) = (
        payload for one in sentry.accepted for kind, payload in one.items if "report" in kind["type"]
    )
    assert orjson.loads(report)["discarded_events"] == [
        {"reason": "ratelimit_backoff", "category": "error", "quantity": 27}
    ]
