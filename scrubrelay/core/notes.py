"""What the relay writes into an event: how many of its issue were suppressed since the last one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from scrubrelay.core.errors import Unscrubbable
from scrubrelay.core.redaction.formats.json import dumps_exact, loads_exact
from scrubrelay.core.wire.envelope import Item

TAG: Final = "scrubrelay.suppressed"
CONTEXT: Final = "scrubrelay"


@dataclass(frozen=True, slots=True)
class Note:
    """What is told.

    Args:
        suppressed: How many events of the issue have not gone on since the last one that did.
        since: When the first of them came, in seconds since the epoch.
        limit: Most events of the issue in a window.
        window: Seconds.
    """

    suppressed: int
    since: float
    limit: int
    window: float

    def on(self, item: Item) -> Item:
        """Return a scrubbed event with a tag and a context that tell it.

        The rest keeps its order and its numbers their spelling. What should be tags or contexts and is not
        stays so; an event that cannot be read or written again stays as it is.
        """
        try:
            event, _ = loads_exact(item.payload)
            if not isinstance(event, dict):
                return item
            event["tags"] = _with_tag(event.get("tags"), str(self.suppressed))
            event["contexts"] = _with_context(event.get("contexts"), self._context())
            payload = dumps_exact(event)
        except (RecursionError, Unscrubbable):
            return item
        return item.replace(payload)

    def _context(self) -> dict[str, Any]:
        since = datetime.fromtimestamp(self.since, UTC).isoformat(timespec="seconds")
        window = int(self.window) if self.window == int(self.window) else self.window
        return {"suppressed": self.suppressed, "since": since, "limit": self.limit, "window": window}


def _with_tag(tags: Any, text: str) -> Any:
    if tags is None or isinstance(tags, dict):
        return {**(tags or {}), TAG: text}
    if isinstance(tags, list):
        return [*(one for one in tags if not (isinstance(one, list) and one[:1] == [TAG])), [TAG, text]]
    return tags


def _with_context(contexts: Any, context: dict[str, Any]) -> Any:
    return (
        {**(contexts or {}), CONTEXT: context} if contexts is None or isinstance(contexts, dict) else contexts
    )
