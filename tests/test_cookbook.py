"""The cookbook is played from top to bottom: files are written, commands run, their outputs compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import regex

from tests.test_docs import ROOT, run

COOKBOOK = ROOT / "docs/cookbook.md"
_BLOCK = regex.compile(r"^```(\w+)\n(.*?)^```$", regex.MULTILINE | regex.DOTALL)
_TIME = regex.compile(r"[\d.]+ µs")


def played(text: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what each output block says, and what the command before it printed."""
    printed = ""
    for language, inner in _BLOCK.findall(text):
        if language == "toml":
            path = folder / inner.split()[1]
            path.write_text(inner)
        elif language == "bash":
            done = run(["bash", "-euo", "pipefail", "-c", f"{{ {inner} }} 2>&1"], folder)
            assert done.returncode == 0, (inner, done.stdout)
            printed = done.stdout
        else:
            yield inner, printed


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cookbook")
    (folder / "scrubrelay-data").mkdir()  # a relay that ran here left its compiled patterns: half the time
    return [*played(COOKBOOK.read_text(), folder)]


def test_every_command_prints_what_the_cookbook_says(outputs):
    said, printed = ([_TIME.sub("µs", one) for one in column] for column in zip(*outputs, strict=True))
    assert printed == said
    assert len(said) >= 9


def test_links_lead_to_headings():
    text = COOKBOOK.read_text()
    headings = (line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("#"))
    anchors = {regex.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in headings}
    assert set(regex.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_every_key_of_a_pattern_is_in_the_table():
    from scrubrelay.core.redaction.pattern import _KEYS

    table = COOKBOOK.read_text().partition("## What a pattern may say")[2]
    assert [key for key in _KEYS if f"`{key}`" not in table] == []
