"""The Dockerfile as data: no engine is needed to see what it does."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of one stage."""

    stage: int
    name: str
    text: str

    @property
    def arguments(self) -> list[str]:
        """The exec form's list, else the words."""
        return orjson.loads(self.text) if self.text.startswith("[") else self.text.split()


def steps() -> Iterator[Step]:
    stage = -1
    lines = (line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.startswith("#"))
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, text = line.strip().partition(" ")
        stage += name == "FROM"
        if name:
            yield Step(stage, name, " ".join(text.split()))


def texts(name: str, stage: int = 1) -> list[str]:
    return [step.text for step in steps() if (step.name, step.stage) == (name, stage)]
