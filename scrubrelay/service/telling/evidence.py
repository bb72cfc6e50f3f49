"""Takes evidence of what became of envelopes, and bounds how much of it there can be."""

from collections.abc import Callable
from typing import Final

from scrubrelay.config.settings import AuditSettings
from scrubrelay.core.evidence import ENVELOPE, OTHER, UNKNOWN, Evidence, Finds, evidence_of
from scrubrelay.core.pipeline import Outcome
from scrubrelay.core.redaction.detectors.generalised import Generaliser
from scrubrelay.core.wire.items import ITEMS

_HOUR: Final = 3600
_MOST_PLACES: Final = 20_000
"""Combinations of project, pattern and path told apart in an hour, over all projects."""
_KNOWN: Final = 4096
_MOST_TYPES: Final = 64
"""Item types that nobody knows, told apart in an hour: a client can make as many as it likes."""


class Witness:
    """What the intake asks for evidence.

    Args:
        settings: Returns `[audit]` as it is now.
    """

    def __init__(self, settings: Callable[[], AuditSettings]) -> None:
        self._settings = settings
        self._general = Generaliser()
        self._words: tuple[str, ...] = ()
        self._hour = 0
        self._paths: dict[int, set[str]] = {}
        self._places: set[tuple[int, str, str]] = set()
        self._types: set[str] = set()
        # Events of one issue have their finds at the same places.
        self._known: dict[tuple[int, Finds], Finds] = {}

    def __repr__(self) -> str:
        return f"<Witness of {len(self._places)} places in {len(self._paths)} projects>"

    def evidence(self, outcome: Outcome, project_id: int, now: float) -> tuple[Evidence, ...]:
        """Return what became of an envelope's items; nothing if that is not wanted."""
        settings = self._settings()
        if not settings.findings:
            return ()
        if settings.words != self._words:
            self._words, self._general = settings.words, Generaliser(settings.words)
        if int(now // _HOUR) != self._hour:
            self._hour = int(now // _HOUR)
            self._paths.clear()
            self._places.clear()
            self._types.clear()
            self._known.clear()
        found = map(self._named, evidence_of(outcome, self._general))
        return tuple(
            one._replace(finds=self._bounded(one.finds, project_id, settings.max_paths)) if one.finds else one
            for one in found
        )

    def _named(self, one: Evidence) -> Evidence:
        """Return evidence with `unknown` for the types beyond those that are told apart in this hour."""
        if one.type in ITEMS or one.type in self._types or one.type == ENVELOPE:
            return one
        if len(self._types) >= _MOST_TYPES:
            return one._replace(type=UNKNOWN)
        self._types.add(one.type)
        return one

    def _bounded(self, finds: Finds, project_id: int, most: int) -> Finds:
        """Return finds with `(other)` for the paths beyond those that are told apart in this hour."""
        bounded = self._known.get((project_id, finds))
        if bounded is None:
            bounded = tuple(
                (pattern, path if self._admit(project_id, pattern, path, most) else OTHER, count)
                for pattern, path, count in finds
            )
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._known[project_id, finds] = bounded
        return bounded

    def _admit(self, project_id: int, pattern: str, path: str, most: int) -> bool:
        place = project_id, pattern, path
        if place in self._places:
            return True
        paths = self._paths.setdefault(project_id, set())
        if (path not in paths and len(paths) >= most) or len(self._places) >= _MOST_PLACES:
            return False
        paths.add(path)
        self._places.add(place)
        return True
