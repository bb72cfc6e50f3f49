from pathlib import Path

import pytest

from tests.fuzz.__main__ import SEEDS
from tests.fuzz.targets import TARGETS

FOUND = sorted(path for path in (Path(__file__).parent / "findings").glob("*/*") if path.name != ".gitkeep")


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name[:14]}")
def test_what_the_fuzzer_found_once_holds_now(path):
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_holds_on_its_seeds(name):
    for seed in SEEDS[name]:
        TARGETS[name](seed)
