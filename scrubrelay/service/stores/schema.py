"""The SQLite file: its tables, its settings, and whether it is one of ours."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

from scrubrelay.core.errors import StoreUnavailable
from scrubrelay.service.stores.migrations import STEPS, VERSION

_FIRST = 1
_APPLICATION_ID = 0x5C4B5E1A
_BUSY_SECONDS = 20.0
# A quick check reads the whole file: 50 ms for this much. Larger files show their damage when it is met.
_CHECKED_BYTES = 64 * 2**20
_WAL_KEPT_BYTES = 64 * 2**20
_VACUUMED_PAGES = 2000  # given back at a time: 16 MiB, some ten milliseconds

# Envelope and delivery ids come from one counter: both ascend in the order of arrival, none is used twice.
# `clean` stands last: what is read of a row before it does not touch the pages of a long envelope.
_TABLES = """
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('bytes', 0), ('last_id', 0);

CREATE TABLE envelope (
  id INTEGER PRIMARY KEY, project TEXT NOT NULL, key TEXT NOT NULL, event_id TEXT,
  received_at REAL NOT NULL, kept TEXT NOT NULL, size INTEGER NOT NULL, clean BLOB NOT NULL
);
CREATE TABLE delivery (
  id INTEGER PRIMARY KEY, envelope INTEGER NOT NULL REFERENCES envelope (id), target TEXT NOT NULL,
  slot INTEGER NOT NULL, state INTEGER NOT NULL, status INTEGER, changed_at REAL NOT NULL
);
CREATE INDEX delivery_of_envelope ON delivery (envelope);
CREATE INDEX delivery_queue ON delivery (state, slot, target, id);

CREATE TABLE ledger (
  hour INTEGER NOT NULL, project TEXT NOT NULL, category TEXT NOT NULL, target TEXT NOT NULL,
  fate TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (hour, project, category, target, fate)
) WITHOUT ROWID;

CREATE TABLE report (
  project TEXT NOT NULL, key TEXT NOT NULL, target TEXT NOT NULL, reason TEXT NOT NULL,
  category TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (project, key, target, reason, category)
) WITHOUT ROWID;
CREATE TABLE reported (
  project TEXT NOT NULL, key TEXT NOT NULL, target TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (project, key, target)
) WITHOUT ROWID;

CREATE TABLE rate_limit (
  target TEXT NOT NULL, project TEXT NOT NULL, key TEXT NOT NULL, limits TEXT NOT NULL,
  PRIMARY KEY (target, project, key)
) WITHOUT ROWID;
CREATE TABLE probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL);
"""


def connect(path: Path, durability: Literal["fsync", "os"]) -> sqlite3.Connection:
    """Open the file in this thread, making it and its folder if there is none.

    Raises:
        StoreUnavailable: It is damaged, not ours, newer than this program, or cannot be written.
    """
    try:
        _make(path)
        with one_at_a_time(path):
            return _opened(path, durability)
    except (sqlite3.Error, OSError) as error:
        raise unavailable(error) from error


def unavailable(error: Exception) -> StoreUnavailable:
    """Map what SQLite or the file system says to an error of ours."""
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    if name in {"SQLITE_CORRUPT", "SQLITE_NOTADB"}:
        return StoreUnavailable(
            "the store is damaged",
            f"{name}: move its files away and start again; `sqlite3 FILE .recover` reads the rest",
        )
    if name == "SQLITE_FULL":
        return StoreUnavailable("the store cannot write", "the disk is full")
    return StoreUnavailable("the store cannot write", name)


def vacuum(db: sqlite3.Connection) -> None:
    """Give free pages back; one for each call, as Python takes only the first step of that pragma."""
    for _ in range(min(_pragma(db, "freelist_count"), _VACUUMED_PAGES)):
        db.execute("PRAGMA incremental_vacuum(1)")


def _make(path: Path) -> None:
    # What is in it has been scrubbed, but it is still nobody else's.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait for the other workers in a queue of the kernel's.

    SQLite does not wait at all when two processes switch to WAL; where it does, it sleeps and looks again.
    Two busy workers made 7,200 appends a second that way, the slowest in 110 ms; with a queue, 19,000.
    """
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _opened(path: Path, durability: Literal["fsync", "os"]) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, cached_statements=64)
    try:
        _prepare(db, path, "FULL" if durability == "fsync" else "NORMAL")
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection, path: Path, synchronous: str) -> None:
    version = _pragma(db, "user_version")
    # A process that was killed while it made the file leaves one without tables.
    if version == 0 and db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None:
        _create(db)
    elif _pragma(db, "application_id") != _APPLICATION_ID:
        raise StoreUnavailable("the store cannot be opened", "the file is not a scrubrelay store")
    elif version > VERSION:
        raise StoreUnavailable(
            "the store cannot be opened",
            f"a newer scrubrelay wrote it: its schema is {version}, this one knows {VERSION}",
        )
    elif path.stat().st_size <= _CHECKED_BYTES and _pragma(db, "quick_check(1)") != "ok":
        raise StoreUnavailable("the store is damaged", "move its files away and start again")
    for setting in (
        f"synchronous={synchronous}",
        "journal_mode=WAL",
        f"journal_size_limit={_WAL_KEPT_BYTES}",
        "temp_store=MEMORY",
        "cache_size=-8192",
    ):
        _pragma(db, setting)
    for step in range(_pragma(db, "user_version") + 1, VERSION + 1):
        db.executescript(f"BEGIN IMMEDIATE; {STEPS[step]} PRAGMA user_version={step}; COMMIT;")


def _create(db: sqlite3.Connection) -> None:
    # 8 KiB pages: 30 % more 57 KB envelopes a second than 4 KiB, and still several small ones to a page.
    for setting in ("page_size=8192", "auto_vacuum=INCREMENTAL", "journal_mode=WAL"):
        _pragma(db, setting)
    stamps = f"PRAGMA application_id={_APPLICATION_ID}; PRAGMA user_version={_FIRST};"
    db.executescript(f"BEGIN IMMEDIATE; {_TABLES} {stamps} COMMIT;")


def _pragma(db: sqlite3.Connection, text: str) -> Any:
    with closing(db.execute(f"PRAGMA {text}")) as cursor:
        row = cursor.fetchone()
    return None if row is None else row[0]
