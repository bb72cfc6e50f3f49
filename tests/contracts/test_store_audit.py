"""What any store must keep for the audit."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from scrubrelay.core.errors import RateLimited
from scrubrelay.core.evidence import Evidence
from scrubrelay.service.stores.audit import FIRST_LEAVES, LAST_LEAVES, Leaf, Retention, Where
from tests.contracts.test_store import NOW, entry, forwarded, make, store

__all__ = ["make", "store"]


async def test_the_log_tells_who_did_what_the_newest_first(store):
    for number in range(5):
        await store.audit.record("ops", f"act {number}", {"project": number}, NOW + number)
    first = await store.audit.deeds(limit=2)
    assert [(one.who, one.action, one.detail, one.at) for one in first] == [
        ("ops", "act 4", {"project": 4}, NOW + 4),
        ("ops", "act 3", {"project": 3}, NOW + 3),
    ]
    rest = await store.audit.deeds(before=first[-1].id, since=NOW + 1)
    assert [one.action for one in rest] == ["act 2", "act 1"]


async def test_two_workers_write_one_log(make):
    one, other = await make(slot=0, slots=2), await make(slot=1, slots=2)
    await one.audit.record("ops", "first", {}, NOW)
    await other.audit.record("ops", "second", {}, NOW)
    assert [line.action for line in await one.audit.deeds()] == ["second", "first"]


async def test_a_line_of_the_log_cannot_be_changed(store, tmp_path):
    await store.audit.record("ops", "act", {}, NOW)
    with (
        closing(sqlite3.connect(tmp_path / "store.db")) as db,
        pytest.raises(sqlite3.IntegrityError, match="only grows"),
    ):
        db.execute("UPDATE audit_log SET who = 'nobody'")


def seen(*finds: tuple[str, str, int], kind: str = "event", fate: str = "kept") -> Evidence:
    return Evidence(kind, fate, finds=finds)


MAIL = ("contact.email", "user.email", 2)
CARD = ("payment.card", "extra.card", 1)
DEEP = ("contact.email", "user.emails.*", 1)
HOUR = 3600.0


@pytest.fixture
async def filled(store):
    """Finds of two hours and two projects."""
    await store.append(entry("a", evidence=(seen(MAIL, CARD), seen(MAIL, kind="transaction"))))
    await store.append(entry("a", evidence=(seen(MAIL),), at=NOW + HOUR))
    await store.append(entry("a", evidence=(seen(DEEP),), project_id=2))
    store.count(entry("a", body=b"", clean=None, kept=(), evidence=(seen(fate="capped")._replace(items=3),)))
    await store.flush()
    await store.audit.sum_up()
    return store


async def test_what_was_found_is_summed_up_at_the_latest_when_the_store_is_closed(make):
    store = await make()
    await store.append(entry("a", evidence=(seen(MAIL),)))
    await store.append(entry("a", evidence=(seen(MAIL),)))
    assert await store.audit.findings(Where(), ["path"]) == []
    await store.close()
    again = await make()
    assert await again.audit.findings(Where(), ["path"]) == [(("user.email",), 4)]


async def test_what_was_found_is_summed_up_once(filled):
    before = await filled.audit.findings(Where(), ["pattern", "path"])
    for _ in range(2):
        await filled.audit.sum_up()
    assert await filled.audit.findings(Where(), ["pattern", "path"]) == before


async def test_findings_are_added_up_by_what_is_asked_for(filled):
    assert await filled.audit.findings(Where(), ["pattern"]) == [
        (("contact.email",), 7),
        (("payment.card",), 1),
    ]
    hours = await filled.audit.findings(Where(), ["hour", "project"])
    assert hours == [
        ((int(NOW // HOUR), 1), 5),
        ((int(NOW // HOUR), 2), 1),
        ((int(NOW // HOUR) + 1, 1), 2),
    ]


@pytest.mark.parametrize(
    ("where", "count"),
    [
        (Where(project=2), 1),
        (Where(type="transaction"), 2),
        (Where(pattern="payment"), 1),
        (Where(pattern="pay"), 0),
        (Where(pattern="payment.card"), 1),
        (Where(path="user.email"), 6),
        (Where(path="user"), 7),
        (Where(since=NOW + HOUR), 2),
        (Where(until=NOW + 1), 6),
        (Where(since=NOW + 2 * HOUR), 0),
    ],
)
async def test_findings_can_be_filtered(filled, where, count):
    assert sum(quantity for _, quantity in await filled.audit.findings(where, ["path"])) == count


async def test_findings_are_read_page_by_page(filled):
    pages, after = [], None
    while page := await filled.audit.findings(Where(), ["project", "path"], after, limit=1):
        pages += page
        after = page[-1][0]
    assert pages == await filled.audit.findings(Where(), ["project", "path"])
    assert len(pages) == 3


async def test_what_became_of_items_is_counted(filled):
    fates = await filled.audit.fates(Where(project=1))
    assert [(one.type, one.fate, one.items) for one in fates] == [
        ("event", "capped", 3),
        ("event", "kept", 2),
        ("transaction", "kept", 1),
    ]


async def test_a_full_store_counts_nothing_found(make):
    store = await make(max_bytes=1000)
    with pytest.raises(RateLimited):
        await store.append(entry("a", body=b"x" * 2000, evidence=(seen(MAIL),)))
    assert await store.audit.findings(Where(), ["path"]) == []


async def test_the_trail_is_found_by_each_id_on_it(store):
    first, second, third = (bytes([number]) * 16 for number in (1, 2, 3))
    await store.audit.note(Leaf(NOW, first + second, b"one", skipped=4))
    await store.audit.note(Leaf(NOW + 1, second, b"two"))
    await store.flush()
    assert [leaf.notes for leaf in await store.audit.trail(second)] == [b"one", b"two"]
    assert await store.audit.trail(third) == []
    assert await store.audit.trail(b"\1" * 8 + b"\2" * 8) == []
    assert await store.audit.skipped() == 4


async def test_an_event_that_never_ends_has_its_first_and_its_last_leaves(store):
    """A client can send all of its events under one id: whoever asks for it must not have to read a week."""
    number = FIRST_LEAVES + LAST_LEAVES + 5
    await asyncio.gather(*(store.audit.note(Leaf(NOW, b"\1" * 16, b"%d" % at)) for at in range(number)))
    found = [int(leaf.notes) for leaf in await store.audit.trail(b"\1" * 16)]
    assert found == [*range(FIRST_LEAVES), *range(FIRST_LEAVES + 5, number)]


async def test_what_is_still_in_the_outbox_is_told(store):
    (waits, sent) = await store.append(entry("a", "b"))
    await store.settle(forwarded(sent.id))
    found = await store.audit.states([waits.envelope_id, 999])
    assert found == {(waits.envelope_id, "a"): "waiting"}


async def test_what_is_too_old_is_forgotten(filled):
    await filled.audit.record("ops", "act", {}, NOW)
    await filled.audit.note(Leaf(NOW, b"\1" * 16, b"old"))
    await filled.audit.note(Leaf(NOW + HOUR, b"\1" * 16, b"new"))
    retention = Retention(findings=1, trail=1800, trail_bytes=2**20, log=1800)
    await filled.audit.prune(NOW + HOUR + 1, retention)
    assert await filled.audit.deeds() == []
    assert [leaf.notes for leaf in await filled.audit.trail(b"\1" * 16)] == [b"new"]
    assert await filled.audit.findings(Where(), ["project"]) == [((1,), 2)]
    assert sum(one.items for one in await filled.audit.fates(Where())) == 1


async def test_the_trail_has_a_size(store):
    for number in range(20):
        await store.audit.note(Leaf(NOW, bytes([number]) * 16, b"x" * 1000))
    await store.audit.prune(NOW, Retention(1e6, 1e6, 5_000, 1e6))
    there = [bool(await store.audit.trail(bytes([number]) * 16)) for number in range(20)]
    assert there == [False] * 16 + [True] * 4
