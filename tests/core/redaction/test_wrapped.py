"""Base64 inside text: opened, unless a longer find holds it."""

import base64
from typing import Final

import pytest

from scrubrelay.core.redaction.text.wrapped import unwrapped

_RUN: Final = base64.b64encode(b'{"user": "Jane"}').decode()
_TEXT: Final = f"as {_RUN} said"
_START: Final = _TEXT.index(_RUN)
_END: Final = _START + len(_RUN)


@pytest.mark.parametrize(
    ("cut", "opened"),
    [
        ([], True),
        ([(_START, _END)], True),
        ([(_START - 1, _END)], False),
        ([(_START, _END + 1)], False),
        ([(_START, _END), (0, len(_TEXT))], False),
        ([(0, _START), (_START + 1, _END + 5)], True),
    ],
)
def test_a_run_is_opened_unless_a_longer_span_holds_it(cut, opened):
    assert [*unwrapped(_TEXT, cut)] == ([(_START, _END, '{"user": "Jane"}')] if opened else [])


@pytest.mark.parametrize(
    ("odd", "opened"),
    [*((one, True) for one in "\n\t\x1b\x85\xa0\u2028\u200b\ufeff\ue000"), ("\x00", False), ("\x07", False)],
)
def test_a_text_may_hold_what_is_not_printed(odd, opened):
    run = base64.b64encode(f'{{"user": "Jane{odd}"}}'.encode()).decode()
    assert bool([*unwrapped(f"as {run} said")]) == opened
