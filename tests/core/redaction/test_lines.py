"""Lines as they stand in logs: harmless ones stay as they are, in telling ones the secret goes."""

from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"
LEAKS = [line.split(" || ") for line in (DATA / "leaks.txt").read_text().splitlines()]


def _plain(escaped: str) -> str:
    """Undo the two escapes of the file: a line break and a backslash."""
    return escaped.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")


def test_harmless_lines_stay(redactor):
    lines = (DATA / "benign.txt").read_text().splitlines()
    assert [line for line in lines if redactor.text(line, "extra.note")[0] != line] == []


@pytest.mark.parametrize(("text", "secrets"), [(_plain(text), secrets) for text, *secrets in LEAKS])
def test_what_a_line_gives_away_goes(redactor, text, secrets):
    after, _ = redactor.text(text, "extra.note")
    assert [secret for secret in map(_plain, secrets) if secret in after] == []
