"""What each version of the SQLite schema adds to the one before; a new file takes all the steps too."""

from collections.abc import Mapping
from typing import Final

_AUDIT: Final = """
CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE TRIGGER audit_log_stays BEFORE UPDATE ON audit_log
  BEGIN SELECT raise(ABORT, 'the audit log only grows'); END;

CREATE TABLE finding (
  hour INTEGER NOT NULL, project TEXT NOT NULL, type TEXT NOT NULL, pattern TEXT NOT NULL,
  path TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (hour, project, type, pattern, path)
) WITHOUT ROWID;
CREATE TABLE item_fate (
  hour INTEGER NOT NULL, project TEXT NOT NULL, type TEXT NOT NULL, fate TEXT NOT NULL,
  quantity INTEGER NOT NULL, PRIMARY KEY (hour, project, type, fate)
) WITHOUT ROWID;
CREATE TABLE trail (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, skipped INTEGER NOT NULL, size INTEGER NOT NULL,
  ids BLOB NOT NULL, notes BLOB NOT NULL
);
CREATE INDEX trail_by_age ON trail (at);
"""
"""Version 2. A row of `trail` holds what became of many events; their ids are looked for in `ids`."""

_CAPTURE: Final = """
CREATE TABLE capture_off (
  project TEXT PRIMARY KEY, since REAL NOT NULL, until REAL, who TEXT NOT NULL
) WITHOUT ROWID;
"""
"""A row of `capture_off` is a switch that is off: of a project, or with an empty name of all."""

_ISSUES: Final = """
CREATE TABLE issue (
  id INTEGER PRIMARY KEY, keys BLOB NOT NULL, project TEXT NOT NULL, seen_at REAL NOT NULL,
  period REAL NOT NULL, most INTEGER NOT NULL, started_at REAL NOT NULL, admitted INTEGER NOT NULL,
  reached INTEGER NOT NULL, held INTEGER NOT NULL, trickled INTEGER NOT NULL, untold INTEGER NOT NULL,
  since REAL, event_id TEXT
);
CREATE TABLE issue_key (key BLOB PRIMARY KEY, issue INTEGER NOT NULL REFERENCES issue (id)) WITHOUT ROWID;
CREATE TABLE secret (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('issues', 0), ('caps_reached', 0), ('caps_suppressed', 0), ('caps_resets', 0);
"""
"""Several keys lead to one issue; `keys` has them one behind the other, for when its row goes."""

_FIRSTS: Final = """
CREATE TABLE first_of_hour (name BLOB PRIMARY KEY, hour INTEGER NOT NULL, taken INTEGER NOT NULL)
  WITHOUT ROWID;
"""
"""How many transactions of a name have gone on in an hour whatever their share; older hours are deleted."""

STEPS: Final[Mapping[int, str]] = {2: _AUDIT, 3: _CAPTURE, 4: _ISSUES, 5: _FIRSTS}
"""Version -> the statements that lead to it from the one before."""

VERSION: Final = max(STEPS)
