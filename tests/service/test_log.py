"""What the log says and what it never says."""

import asyncio
import logging

import pytest

from scrubrelay.service.log import Once, log, on_loop_error, set_up


@pytest.fixture(autouse=True)
def _own_logging():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before


def test_a_line_has_time_level_event_and_fields(capsys):
    set_up("worker=1 ")
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
