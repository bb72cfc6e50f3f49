import pytest

from scrubrelay.core.wire.inputs import Format, detect, position_of_error

HEADER = b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc","sent_at":"2026-11-01T00:00:00Z"}\n'


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (b"", b"", Format.JSON),
        (b'{"a": 1}', b"", Format.JSON),
        (b"{\n", b'  "a": 1\n', Format.JSON),
        (b"[1,\n", b"2]\n", Format.JSON),
        (b'{"a": 1}\n', b'{"a": 2}\n', Format.LINES),
        (b'{"a": 1}\n', b"\n", Format.LINES),
        (b"1\n", b"[]\n", Format.LINES),
        (b'{"message":"x"}\n', b'{"type":"event"}\n', Format.LINES),
        (HEADER, b'{"type":"event","length":2}\n', Format.ENVELOPE),
        (HEADER, b'{"type":"event"}\n', Format.ENVELOPE),
        (b"{}\n", b'{"type":"client_report"}\n', Format.ENVELOPE),
    ],
)
def test_what_begins_with_two_lines(first, second, found):
    assert detect(first, second) is found


def test_the_position_of_an_error_repeats_nothing():
    said = position_of_error(b'{"a": 1,\n"hunter2": }')
    assert said.startswith("line 2, column 12: unexpected character")
    assert "hunter2" not in said


def test_no_position_where_nothing_is_wrong():
    assert position_of_error(b"{}") == ""
