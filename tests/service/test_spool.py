"""Lines that survive a kill, until they are stored."""

import os
from pathlib import Path

import pytest

from scrubrelay.service.telling.spool import Spool


def left(folder: Path, slot: int = 0) -> list[list[object]]:
    """What another process finds."""
    return [*Spool(folder, slot).left()]


def test_lines_are_there_for_whoever_comes_after(tmp_path):
    spool = Spool(tmp_path, 0)
    spool.add(["event", 1])
    spool.add(["event", "\n"])
    assert left(tmp_path) == [[["event", 1], ["event", "\n"]]]
    assert left(tmp_path, slot=1) == []


def test_what_is_being_stored_stays_until_it_is(tmp_path):
    spool = Spool(tmp_path, 0)
    spool.add(1)
    spool.turn()
    spool.add(2)
    assert left(tmp_path) == [[1], [2]]
    spool.stored()
    assert left(tmp_path) == [[2]]
    spool.clear()
    assert [*tmp_path.iterdir()] == []


def test_a_turn_without_lines_leaves_nothing(tmp_path):
    spool = Spool(tmp_path, 0)
    spool.turn()
    spool.stored()
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("rest", [b"", b"[", b"\xff", b'{"a": 1'])
def test_a_line_that_was_cut_off_is_left_out(tmp_path, rest):
    spool = Spool(tmp_path, 0)
    spool.add("whole")
    with (tmp_path / "notes-0.jsonl").open("ab") as file:
        file.write(rest)
    assert left(tmp_path) == [["whole"]]


def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_fails(tmp_path):
    spool = Spool(tmp_path / "nowhere", 0)
    spool.add(1)
    spool.turn()
    spool.stored()
    (tmp_path / "nowhere").mkdir()
    spool.add(2)
    assert left(tmp_path / "nowhere") == [[2]]


def test_it_is_for_this_user_only(tmp_path):
    before = os.umask(0)
    try:
        Spool(tmp_path, 0).add(1)
    finally:
        os.umask(before)
    assert (tmp_path / "notes-0.jsonl").stat().st_mode & 0o777 == 0o600


def test_workers_that_are_gone_are_found(tmp_path):
    for slot in range(4):
        Spool(tmp_path, slot).add(slot)
    (tmp_path / "notes-of-mine.jsonl").touch()
    assert [[*one.left()] for one in Spool.orphans(tmp_path, 2)] == [[[2]], [[3]]]
