"""What the log says and what it never says."""

import asyncio
import logging
from pathlib import Path

import orjson
import pytest

from scrubrelay.service.log import Once, log, on_loop_error, set_up


@pytest.fixture(autouse=True)
def _own_logging():
    root = logging.getLogger()
    ours = logging.getLogger("scrubrelay")
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:] = before[0]
    # Not `.level =`: loggers remember what they are enabled for, and only `setLevel` makes them forget it.
    root.setLevel(before[1])
    ours.setLevel(before[2])


def test_a_line_has_time_level_event_and_fields(capsys):
    set_up(1)
    log("dropped", level=logging.WARNING, type="event", count=3)
    assert capsys.readouterr().err.partition(" ")[2] == "warning worker=1 dropped type=event count=3\n"


@pytest.mark.parametrize(
    ("value", "written"),
    [("two words", '"two words"'), ("a\nb", '"a\\nb"'), ('say "x"', '"say \\"x\\""'), ("", '""')],
)
def test_a_value_cannot_make_another_line_or_field(capsys, value, written):
    set_up()
    log("event", detail=value)
    assert capsys.readouterr().err.endswith(f"event detail={written}\n")


def test_an_exception_shows_its_type_and_place_only(capsys):
    set_up()
    try:
        int("hushhush")
    except ValueError:
        logging.getLogger("any").exception("it failed")
    line = capsys.readouterr().err
    assert "ValueError at " in line
    assert "hushhush" not in line


def test_what_the_event_loop_reports_quotes_nothing(capsys):
    set_up()
    loop = asyncio.new_event_loop()
    on_loop_error(loop, {"message": "hushhush", "exception": ValueError("hushhush")})
    loop.close()
    assert capsys.readouterr().err.endswith("error loop_error error=ValueError\n")


def test_the_first_of_each_kind_is_told_once():
    once = Once()
    assert [once.first("a", "b"), once.first("a", "b"), once.first("a", "c")] == [True, False, True]


def test_the_kinds_have_an_end():
    once = Once()
    assert sum(once.first(str(number)) for number in range(1000)) == 256


def test_as_json_a_line_is_a_document(capsys):
    set_up(1, "json")
    log("dropped", level=logging.WARNING, type="event", count=3, time="not this", path=Path("a"))
    document = orjson.loads(capsys.readouterr().err)
    assert document.pop("time").endswith("Z")
    wanted = {"level": "warning", "worker": 1, "event": "dropped", "type": "event", "count": 3, "path": "a"}
    assert document == wanted


def test_as_json_a_value_cannot_make_another_line(capsys):
    set_up(form="json")
    log("event", detail='a\n"b\u2028')
    (line,) = capsys.readouterr().err.strip("\n").split("\n")
    assert orjson.loads(line)["detail"] == 'a\n"b\u2028'


def test_as_json_an_exception_shows_its_type_and_place_only(capsys):
    set_up(form="json")
    try:
        int("hushhush")
    except ValueError:
        logging.getLogger("any").exception("it failed")
    document = orjson.loads(capsys.readouterr().err)
    assert (document["event"], document["error"].partition(" ")[0]) == ("it failed", "ValueError")
    assert "hushhush" not in str(document)


@pytest.mark.parametrize(("level", "lines"), [("debug", 3), ("info", 2), ("warning", 1), ("error", 0)])
def test_what_is_less_important_is_left_out(capsys, level, lines):
    set_up(level=level)
    for number in (logging.DEBUG, logging.INFO, logging.WARNING):
        log("event", level=number)
    assert capsys.readouterr().err.count("\n") == lines
