"""The pages of docs/ are played from top to bottom: files are written, commands run, outputs compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import regex

from tests.test_docs import ROOT, run

COOKBOOK = ROOT / "docs/cookbook.md"
PAGES = (COOKBOOK, ROOT / "docs/rules.md")
_BLOCK = regex.compile(r"^```(\w+)\n(.*?)^```$", regex.MULTILINE | regex.DOTALL)
_TIME = regex.compile(r"[\d.]+ µs|\d+(?= patterns are on)")


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


def plain(text: str) -> str:
    """Return a text without what differs from run to run, or cannot be seen."""
    return "\n".join(line.rstrip() for line in _TIME.sub("µs", text).splitlines())


@pytest.mark.timeout(400)  # some twenty commands, each a process of its own
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_prints_what_the_page_says(page, tmp_path):
    outputs = [*played(page.read_text(), tmp_path)]
    assert [plain(printed) for _, printed in outputs] == [plain(said) for said, _ in outputs]
    assert outputs


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_headings(page):
    text = page.read_text()
    headings = (line.lstrip("# ").lower() for line in text.splitlines() if line.startswith("#"))
    anchors = {regex.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in headings}
    assert set(regex.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_every_key_of_a_pattern_is_in_the_table():
    from scrubrelay.core.redaction.detectors.pattern import _KEYS

    table = COOKBOOK.read_text().partition("## What a pattern may say")[2]
    assert [key for key in _KEYS if f"`{key}`" not in table] == []
