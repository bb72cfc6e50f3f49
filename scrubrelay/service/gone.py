"""Which events did not go on, so that what comes later and belongs to one does not go on either."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from scrubrelay.core.errors import Reason
from scrubrelay.core.fates import Dropped
from scrubrelay.core.pipeline import Outcome
from scrubrelay.core.wire.items import EVENTS

MOST_EVENTS: Final = 50_000
"""Events that are remembered, some 12 MB; a report of one that was forgotten goes on without its event."""


class Gone:
    """Remembers the latest events of which this process let nothing go on."""

    def __init__(self) -> None:
        self._reasons: OrderedDict[tuple[int, str | None], Reason] = OrderedDict()

    def __repr__(self) -> str:
        return f"<Gone: {len(self._reasons)} events>"

    @property
    def reasons(self) -> Mapping[tuple[int, str | None], Reason]:
        """(project, event id) -> why it did not go on; may be read in another thread."""
        return self._reasons

    def note(self, outcome: Outcome, project_id: int) -> None:
        """Remember an event that has ended; forget one that goes on, should its id come again."""
        fates = [one for one in outcome.decisions if one.type in EVENTS]
        if not fates or outcome.event_id is None:
            return
        key = project_id, outcome.event_id
        ended = [one.reason for one in fates if isinstance(one, Dropped)]
        if len(ended) < len(fates):
            self._reasons.pop(key, None)
            return
        self._reasons[key] = ended[0]
        self._reasons.move_to_end(key)
        if len(self._reasons) > MOST_EVENTS:
            self._reasons.popitem(last=False)
