"""Live decisions for whoever looks on; nobody who reads slowly slows the relay down."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from scrubrelay.core.errors import Reason
from scrubrelay.core.fates import Decision, Kept
from scrubrelay.core.pipeline import Outcome

_MOST_LINES: Final = 1000
"""Lines that wait for one reader; more are skipped, and it is told how many."""
MOST_READERS: Final = 16
"""Readers of one worker: each costs a copy of every line."""


_Reason = Annotated[Reason, WithJsonSchema({"type": "string", "enum": [*Reason]})]


class Wanted(BaseModel):
    """Which decisions a reader wants; what is not given is not asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    project: Annotated[int | None, Field(ge=1, description="Of this project.")] = None
    type: Annotated[str | None, Field(max_length=64, description="Of this item type.")] = None
    reason: Annotated[_Reason | None, Field(description="Dropped for this reason.")] = None
    decision: Annotated[Literal["kept", "dropped"] | None, Field(description="With this end.")] = None

    def wants(self, line: Mapping[str, Any]) -> bool:
        """Whether a line is one of those."""
        return all(getattr(self, name) in {None, line[name]} for name in Wanted.model_fields)


class Reader:
    """One who looks on.

    Args:
        wanted: What it wants to see.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._lines: deque[bytes] = deque()
        self._skipped = 0
        self._bell = asyncio.Event()

    def offer(self, line: Mapping[str, Any]) -> None:
        """Take a line, or count it as skipped."""
        if not self._wanted.wants(line):
            return
        if len(self._lines) >= _MOST_LINES:
            self._skipped += 1
            return
        self._lines.append(orjson.dumps(line) + b"\n")
        self._bell.set()

    async def take(self, patience: float) -> bytes:
        """Return the lines there are; after so many seconds an empty one: a dead connection shows."""
        try:
            async with asyncio.timeout(patience):
                await self._bell.wait()
        except TimeoutError:
            return b"\n"
        self._bell.clear()
        lines = b"".join(self._lines)
        self._lines.clear()
        if self._skipped:
            lines += orjson.dumps({"skipped": self._skipped}) + b"\n"
            self._skipped = 0
        return lines


class Tap:
    """Where the decisions of one worker come out.

    Args:
        worker: Its number.
    """

    def __init__(self, worker: int = 0) -> None:
        self._worker = worker
        self._readers: set[Reader] = set()

    @property
    def readers(self) -> int:
        """How many look on."""
        return len(self._readers)

    def tell(self, outcome: Outcome, project_id: int, now: float) -> None:
        """Offer the decisions about an envelope to all who look on: reasons and numbers, no payload."""
        if not self._readers:
            return
        for one in outcome.decisions:
            line = {"at": now, "worker": self._worker, "project": project_id, "event_id": outcome.event_id}
            line |= _line(one)
            for reader in self._readers:
                reader.offer(line)

    @contextmanager
    def reader(self, wanted: Wanted) -> Iterator[Reader]:
        """Look on for the length of a block."""
        reader = Reader(wanted)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)


def _line(decision: Decision) -> dict[str, Any]:
    line: dict[str, Any] = {"type": decision.type, "quantities": dict(decision.quantities)}
    if isinstance(decision, Kept):
        return {
            **line,
            "decision": "kept",
            "reason": None,
            "detail": "",
            "redactions": len(decision.redactions),
        }
    return {
        **line,
        "decision": "dropped",
        "reason": decision.reason,
        "detail": decision.detail,
        "redactions": 0,
    }
