"""Searches stored events for what should not be in them any more."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scrubrelay.core.errors import BadRequest, Reason, Unscrubbable
from scrubrelay.core.inspection import plain_event_id
from scrubrelay.core.redaction.document.findings import findings
from scrubrelay.core.redaction.engine.scanner import LATE
from scrubrelay.core.redaction.formats.json import loads_exact
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.envelope import Item
from scrubrelay.core.wire.inputs import position_of_error

_MOST: Final = 1000
"""Places and unread events told one by one; beyond them their number is told."""
_IDS: Final = ("event_id", "eventID", "id")
"""What an event's id is called: as sent, by Sentry's web API, and in its exports."""


@dataclass(slots=True)
class Search:
    """What was found so far.

    Args:
        redactor: What is looked for.
        pack_of: Returns the name of a pattern's pack.
    """

    redactor: Redactor
    pack_of: Callable[[str], str | None]
    events: int = 0
    places: int = 0
    not_read: int = 0
    dirty: int = 0
    _found: list[Mapping[str, Any]] = field(default_factory=list)
    _unread: list[Mapping[str, Any]] = field(default_factory=list)

    def look(self, documents: Iterable[bytes]) -> None:
        """Search documents, in their order."""
        for document in documents:
            self._look(document)
            self.events += 1

    def told(self) -> dict[str, Any]:
        """Return what was found, with no text of it."""
        return {
            "clean": not (self.places or self.not_read),
            "events": self.events,
            "events_with_findings": self.dirty,
            "findings": self._found,
            "findings_total": self.places,
            "unread": self._unread,
            "unread_total": self.not_read,
        }

    def _look(self, document: bytes) -> None:
        event_id: str | None = None
        try:
            event_id = _id_of(document)
            changes = self.redactor.changes(Item({"type": "event"}, document))
        except Unscrubbable as error:
            self.not_read += 1
            if len(self._unread) < _MOST:
                where = {"event": self.events, "event_id": event_id}
                self._unread.append({**where, "reason": error.reason, "detail": _why(document, error)})
            return
        places = Counter((".".join(one.path), one.pattern) for one in findings(changes))
        self.places += len(places)
        self.dirty += bool(places)
        for (path, pattern), count in places.items():
            if len(self._found) >= _MOST:
                return
            where = {"event": self.events, "event_id": event_id, "path": _printable(path)}
            what = {"pattern": pattern, "pack": self.pack_of(pattern.removeprefix(LATE)), "count": count}
            self._found.append(where | what)


def _id_of(document: bytes) -> str | None:
    """Return the event's id; None if it has none that is one.

    Raises:
        Unscrubbable: It is no JSON.
    """
    event, _ = loads_exact(document)
    return next(_ids(event), None)


def _ids(event: Any) -> Iterator[str]:
    for name in _IDS if isinstance(event, dict) else ():
        try:
            yield plain_event_id(event.get(name))
        except BadRequest:
            continue


def _why(document: bytes, error: Unscrubbable) -> str:
    """Return why a document could not be read, and where; nothing of it is repeated."""
    if document == b"{":
        return "an event on several lines: expected one on each line, as `jq -c .` writes them"
    return (position_of_error(document) if error.reason is Reason.UNDECODABLE else "") or error.detail


def _printable(path: str) -> str:
    return path.encode("utf-8", "replace").decode()
