"""Nothing takes long, whatever the text: a pattern of ours on a short one, or all of them on a megabyte."""

import random
import string
import time
from collections.abc import Callable
from typing import Final

import pytest

from scrubrelay.config.packs import embedded
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.engine.scanner import BRIEF
from scrubrelay.core.redaction.redactor import Redactor

_LONGEST: Final = 0.1
"""Seconds of processor time; twice the budget of a pattern, since test machines are busy and slow."""
_UNITS: Final = (
    "a", "A", "1", "1 ", "a.", "x@", "=", '"', "'", "\\", '{"', "(", "a-", "a/", "%40", "\\u0041",
    "password=", 'key": "', "eyJ", "://", "http://a:", "a=1&", "+1 2", "-----BEGIN ", "é", "ß1", "\u0661",
    " ", "a\n", "::", "--",
)  # fmt: skip
_DRAW: Final = random.Random(5)
_MEGABYTES: Final[dict[str, Callable[[], str]]] = {
    "a.a.a.": lambda: _DRAW.choice(string.ascii_letters) + ".",
    "x@x@x@": lambda: _DRAW.choice(string.ascii_letters) + "@",
    "digits": lambda: str(_DRAW.randrange(10**9)),
    "spaces": lambda: _DRAW.choice(" \t\n"),
    "quotes": lambda: _DRAW.choice("\"'"),
    "password=": lambda: _DRAW.choice(("password=", "Password =", "passwd=")),
    "escapes": lambda: f"\\u00{_DRAW.randrange(0x41, 0x5B):02x}",
    "letters": lambda: _DRAW.choice(string.ascii_letters),
    "pairs": lambda: f"{_DRAW.choice(string.ascii_letters)}={_DRAW.randrange(10)}&",
    "objects": lambda: _DRAW.choice(('{"', "{'", '["')),
}


def _seconds(action: Callable[[], object]) -> float:
    started = time.process_time()
    action()
    return time.process_time() - started


@pytest.mark.parametrize("pack", embedded(), ids=lambda pack: pack.name)
def test_no_pattern_of_ours_takes_long_on_a_short_text(pack):
    """The scanner watches no clock there."""
    texts = [(unit * BRIEF)[:BRIEF] for unit in _UNITS]
    for rule in Library.compile([pack], engine=False).rules:
        assert rule.pattern.measured
        for text in texts:
            takes = [_seconds(lambda: list(rule.regex.finditer(text)))]  # noqa: B023 -- called at once
            while takes[-1] > _LONGEST and len(takes) < 3:
                takes.append(_seconds(lambda: list(rule.regex.finditer(text))))  # noqa: B023 -- called at once
            assert min(takes) <= _LONGEST, (rule.pattern.id, text[:12])


@pytest.mark.parametrize("kind", _MEGABYTES)
def test_a_megabyte_of_anything_takes_linear_time(library, kind):
    pieces = [_MEGABYTES[kind]() for _ in range(600_000)]
    text = "".join(pieces)[: 1024 * 1024]
    assert _seconds(lambda: Redactor(library).text(text)) < 4
