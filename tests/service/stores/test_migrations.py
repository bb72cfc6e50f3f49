"""A store that an older version wrote becomes one of today, with all that is in it."""

import sqlite3
from contextlib import closing

from scrubrelay.service.stores import schema
from scrubrelay.service.stores.migrations import STEPS, VERSION


def first_version(path) -> None:
    """Write a file as version 1 did, with an envelope that waits."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for setting in ("page_size=8192", "auto_vacuum=INCREMENTAL", "journal_mode=WAL"):
            db.execute(f"PRAGMA {setting}").fetchall()
        stamps = f"PRAGMA application_id={schema._APPLICATION_ID}; PRAGMA user_version=1;"
        db.executescript(f"BEGIN; {schema._TABLES} {stamps} COMMIT;")
        row = (1, "1", "k" * 32, "e" * 32, 1.0, '[["error",1]]', 514, b"{}")
        db.execute("INSERT INTO envelope VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        db.execute("INSERT INTO delivery VALUES (2, 1, 'a', 0, 0, NULL, 1.0)")
        db.execute("UPDATE counter SET value = CASE name WHEN 'bytes' THEN 514 ELSE 2 END")


async def test_a_file_of_the_first_version_is_brought_up_to_date(opened, path):
    first_version(path)
    store = await opened()
    assert [parcel.event_id for parcel in await store.waiting("a", 0, 10, 1000)] == ["e" * 32]
    await store.audit.record("ops", "read", {}, 1.0)
    await store.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)


async def test_a_new_file_has_what_an_old_one_gets(opened, path, tmp_path):
    await (await opened()).close()
    old = tmp_path / "old" / "store.db"
    first_version(old)
    schema.connect(old, "os").close()
    tables = []
    for file in (path, old):
        with closing(sqlite3.connect(file)) as db:
            tables.append(set(db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")))
    assert tables[0] == tables[1]
    assert sorted(STEPS) == list(range(2, VERSION + 1))
