"""What any store must keep for the audit."""

import sqlite3
from contextlib import closing

import pytest

from tests.contracts.test_store import NOW, make, store

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
