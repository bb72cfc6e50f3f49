"""`scrubrelay scrub`."""

import os
import sys
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from scrubrelay.cli.console import BOM, ConfigOption, complain
from scrubrelay.config.build import redactor_of
from scrubrelay.config.load import load
from scrubrelay.core.delivery import Target, address
from scrubrelay.core.errors import BadRequest, ScrubrelayError, Unscrubbable
from scrubrelay.core.fates import Dropped
from scrubrelay.core.inspection import Circumstances, inspect
from scrubrelay.core.pipeline import Outcome, finish
from scrubrelay.core.project import Project
from scrubrelay.core.redaction.redactor import Redaction, Redactor
from scrubrelay.core.wire.dsn import Dsn
from scrubrelay.core.wire.envelope import Envelope, decode
from scrubrelay.core.wire.inputs import Format, detect, position_of_error

EXAMPLE: Final = "Example: scrubrelay scrub --report event.json; tail -f app.jsonl | scrubrelay scrub -"
_DROPPED: Final = 3


def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What to scrub; - is standard input.")],
    *,
    report: Annotated[
        bool,
        typer.Option(
            "--report", help="Print what would be cut (path, pattern, action, how often), never the text."
        ),
    ] = False,
    kind: Annotated[
        Format, typer.Option("--format", help="What it is, where that cannot be told.")
    ] = Format.AUTO,
    config: ConfigOption = None,
) -> int:
    """Scrub a JSON document, JSON lines (one document a line) or an envelope, without sending anything.

    Writes to standard output what would leave. What is dropped, and why, is said on standard error.
    Exit code 0: all of it was scrubbed. 1: it cannot be read. 3: an item of the envelope was dropped.
    """
    settings = load(config, os.environ)
    job = _Job(redactor_of(settings), "stdin" if file == "-" else file, report=report)
    if file == "-":
        return job.run(sys.stdin.buffer, kind)
    with Path(file).open("rb") as source:
        return job.run(source, kind)


class _Job:
    """One input, and what is written of it."""

    def __init__(self, redactor: Redactor, name: str, *, report: bool) -> None:
        self._redactor = redactor
        self._name = name
        self._report = report

    def run(self, source: BinaryIO, kind: Format) -> int:
        """Scrub the input as what it is; lines are written as they come."""
        head = [source.readline().removeprefix(BOM), source.readline()]
        found = detect(head[0], head[1]) if kind is Format.AUTO else kind
        if found is Format.LINES:
            return self._lines(chain(filter(None, head), source))
        data = b"".join((*head, source.read()))
        return self._envelope(data) if found is Format.ENVELOPE else self._document(data)

    def _lines(self, lines: Iterable[bytes]) -> int:
        for number, line in enumerate(lines, start=1):
            content = line.rstrip(b"\r\n")
            self._one(content, line[len(content) :], f"line {number}")
        return 0

    def _document(self, data: bytes) -> int:
        content = data.rstrip()
        self._one(content, data[len(content) :], "")
        return 0

    def _one(self, content: bytes, ending: bytes, place: str) -> None:
        try:
            scrubbed, redactions = self._redactor.json_document(content) if content.strip() else (content, ())
        except (Unscrubbable, BadRequest) as error:
            where = place or position_of_error(content)
            told = place and position_of_error(content).partition(", ")[2]
            parts = (self._name, where, told or error.detail)
            raise BadRequest(": ".join(part for part in parts if part)) from error
        self._write(scrubbed + ending, redactions, place or "document")

    def _envelope(self, data: bytes) -> int:
        try:
            envelope = decode(data)
        except ScrubrelayError as error:
            raise BadRequest(f"{self._name}: not an envelope: {error}") from error
        outcome = finish(inspect(envelope, _project_of(envelope, self._redactor), Circumstances()))
        self._write(_with_its_dsn(outcome, envelope), outcome.redactions, "envelope")
        for number, decision in enumerate(outcome.decisions, start=1):
            place = f"item {number} ({decision.type})"
            if isinstance(decision, Dropped):
                complain(f"{self._name}: {place} dropped: {decision.reason} {decision.detail}".rstrip())
            else:
                self._write(b"", decision.redactions, place)
        return _DROPPED if any(isinstance(one, Dropped) for one in outcome.decisions) else 0

    def _write(self, scrubbed: bytes, redactions: Sequence[Redaction], place: str) -> None:
        out = sys.stdout.buffer
        if self._report:
            found = (f"{place}\t{one.path}\t{one.pattern}\t{one.action}\t{one.count}\n" for one in redactions)
            out.write("".join(found).encode("utf-8", "backslashreplace"))
        else:
            out.write(scrubbed)
        out.flush()


def _project_of(envelope: Envelope, redactor: Redactor) -> Project:
    dsn = _dsn_of(envelope)
    return Project(dsn.project_id if dsn else 1, dsn.public_key if dsn else "", "", redactor)


def _with_its_dsn(outcome: Outcome, envelope: Envelope) -> bytes:
    """Return what is left, under the DSN it came with, its secret cut."""
    dsn = _dsn_of(envelope)
    if outcome.clean is None or dsn is None:
        return outcome.clean or b""
    return address(outcome.clean, Target("", dsn.envelope_url, dsn.public_key, dsn.project_id), 0.0)


def _dsn_of(envelope: Envelope) -> Dsn | None:
    try:
        return Dsn.parse(str(envelope.headers.get("dsn", "")))
    except BadRequest:
        return None
