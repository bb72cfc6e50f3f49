"""A dry run: what would become of envelopes, told without counting, keeping or sending anything."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any, Final

import orjson

from scrubrelay.core.errors import Unscrubbable
from scrubrelay.core.fates import Dropped
from scrubrelay.core.inspection import Circumstances, Inspection, inspect
from scrubrelay.core.notes import Note
from scrubrelay.core.pipeline import Outcome, finish
from scrubrelay.core.policy.caps import Capped, Count, Untold
from scrubrelay.core.policy.grouping.fingerprint import issue_keys
from scrubrelay.core.project import Project
from scrubrelay.core.redaction.document.findings import Finding, findings
from scrubrelay.core.redaction.engine.scanner import LATE
from scrubrelay.core.redaction.formats.json import loads_exact
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.envelope import Envelope, Item, decode
from scrubrelay.core.wire.inputs import Format
from scrubrelay.service.audit.asked import Asked

_MOST_FINDINGS: Final = 5000
"""Findings told one by one; beyond them their number is told."""


class Clock:
    """Adds up how long each step takes."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, step: str) -> None:
        """Count the time since the last step as that of this one."""
        now = perf_counter()
        self.spent[step] = self.spent.get(step, 0.0) + now - self._last
        self._last = now

    def told(self) -> dict[str, float]:
        """Return milliseconds by step."""
        return {step: round(seconds * 1000, 3) for step, seconds in self.spent.items()}


@dataclass(frozen=True, slots=True)
class Run:
    """What a dry run needs.

    Args:
        project: Whose rules, with a redactor that remembers nothing of the traffic.
        circumstances: What decides besides.
        pack_of: Returns the name of a pattern's pack.
    """

    project: Project
    circumstances: Circumstances
    pack_of: Callable[[str], str | None]

    def inspect(self, asked: Asked, clock: Clock) -> list[Inspection]:
        """Return what need not be scrubbed of what was asked about.

        Raises:
            BadRequest: An envelope's header is wrong, as the ingest listener would say.
        """
        inspections = [inspect(one, self.project, self.circumstances) for one in asked.envelopes]
        clock.lap("inspect")
        return inspections

    def answer(self, asked: Asked, inspections: Iterable[Inspection], clock: Clock) -> dict[str, Any]:
        """Return what would become of it."""
        decisions: list[dict[str, Any]] = []
        clean: list[Any] = []
        found: list[dict[str, Any]] = []
        for inspection in inspections:
            first, envelope = len(decisions), inspection.envelope
            outcome = finish(inspection)
            clock.lap("scrub")
            kept = _kept(outcome)
            decisions += self._decisions(envelope, outcome, kept, first)
            clean.append(_clean(asked.format, outcome, kept))
            clock.lap("issue_key")
            found += self._found(envelope, outcome, first)
            clock.lap("findings")
        keys = [one["issue_key"] for one in decisions if one["issue_key"] is not None]
        return {
            "project": self.project.id,
            "format": asked.format,
            "findings": found[:_MOST_FINDINGS],
            "findings_total": len(found),
            "clean": clean if asked.format is Format.LINES else clean[0],
            "decisions": decisions,
            "issue_key": keys[0] if keys else None,
            "timings": clock.told(),
        }

    def _decisions(
        self, envelope: Envelope, outcome: Outcome, kept: Mapping[int, Item], first: int
    ) -> Iterator[dict[str, Any]]:
        for at, (item, one) in enumerate(zip(envelope.items, outcome.decisions, strict=True)):
            dropped = isinstance(one, Dropped)
            yield {
                "item": first + at,
                "type": one.type,
                "decision": "dropped" if dropped else "kept",
                "reason": one.reason if isinstance(one, Dropped) else None,
                "detail": one.detail if isinstance(one, Dropped) else "",
                "issue_key": self._issue(kept.get(at, item), scrubbed=not dropped),
            }

    def _issue(self, item: Item, *, scrubbed: bool) -> dict[str, Any] | None:
        """Return what Sentry would group an error by; of a dropped one, as it would be scrubbed."""
        if item.type != "event":
            return None
        try:
            event, _ = loads_exact(item.payload)
        except Unscrubbable:
            return None
        redactor = self.project.redactor
        keys = issue_keys(event, None if scrubbed else lambda text, path: _cut(redactor, text, path))
        return {
            "hashes": list(keys.hashes),
            "stable": keys.stable or None,
            "how": list(keys.how),
            "recipe": keys.recipe,
        }

    def _found(self, envelope: Envelope, outcome: Outcome, first: int) -> Iterator[dict[str, Any]]:
        for at, (item, one) in enumerate(zip(envelope.items, outcome.decisions, strict=True)):
            if not isinstance(one, Dropped):
                for finding in findings(self.project.redactor.changes(item)):
                    yield {"item": first + at, "type": one.type, **self._told(finding)}

    def _told(self, one: Finding) -> dict[str, Any]:
        return {
            "path": ".".join(one.path).encode("utf-8", "replace").decode(),
            "in_key": one.in_key,
            "pattern": one.pattern,
            "pack": self.pack_of(one.pattern.removeprefix(LATE)),
            "action": one.action,
            "rule": one.rule or None,
            "span": one.span,
            "checksum": one.checksum,
            "count": one.count,
        }


def as_counted(inspection: Inspection, count: Count, now: float) -> Inspection:
    """Return an envelope as it would go on, or not, if the issue of its error stood so."""
    claim = inspection.claim
    if claim is None:
        return inspection
    try:
        count.admit(claim, now)
    except Capped:
        return inspection.capped()
    except Untold as refusal:
        told = refusal.count
        return inspection.telling(Note(told.untold, told.since or told.started, claim.limit, claim.window))
    return inspection


def with_redactor(project: Project, redactor: Redactor) -> Project:
    """Return a project that scrubs with another redactor."""
    return replace(project, redactor=redactor)


def _cut(redactor: Redactor, text: str, path: str) -> str:
    return redactor.text(text, path)[0]


def _kept(outcome: Outcome) -> dict[int, Item]:
    """Return the items that go on, by their places in what came."""
    if outcome.clean is None:
        return {}
    left = iter(decode(outcome.clean).items)
    return {at: next(left) for at, one in enumerate(outcome.decisions) if not isinstance(one, Dropped)}


def _clean(kind: Format, outcome: Outcome, kept: Mapping[int, Item]) -> Any:
    if kind is not Format.ENVELOPE:
        return _document(kept[0].payload) if kept else None
    headers = decode(outcome.clean).headers if outcome.clean else {}
    items = [{"item": at, "headers": item.headers, **_payload(item.payload)} for at, item in kept.items()]
    return {"headers": headers, "items": items}


def _document(payload: bytes) -> Any:
    """Return a document; as a string where it has what JSON has not, such as NaN or half a character."""
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError:
        return payload.decode(errors="replace")
    return orjson.Fragment(payload)


def _payload(payload: bytes) -> Mapping[str, Any]:
    """Return a payload as JSON can hold it: a document as itself, text as text, the rest in base64."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(payload).decode()}
    document = _document(payload)
    return {"text": text} if isinstance(document, str) else {"json": document}
