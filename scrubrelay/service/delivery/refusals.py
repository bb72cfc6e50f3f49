"""What upstreams refused, told in a log line a minute instead of one for each envelope."""

import logging
from collections import Counter

from scrubrelay.service.log import log

_EVERY_SECONDS = 60.0


class Refusals:
    """Counts refusals by target and status between two log lines."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._last_event: dict[tuple[str, int], str | None] = {}
        self._told_at: dict[tuple[str, int], float] = {}

    def note(self, target: str, status: int, event_id: str | None) -> None:
        """Count a refusal."""
        self._counts[target, status] += 1
        self._last_event[target, status] = event_id

    def tell(self, now: float) -> None:
        """Log what was refused since it was told last, each target and status at most once a minute."""
        for (target, status), count in tuple(self._counts.items()):
            told_at = self._told_at.get((target, status))
            if told_at is not None and now - told_at < _EVERY_SECONDS:
                continue
            log(
                "upstream_refused",
                level=logging.WARNING,
                target=target,
                status=status,
                envelopes=count,
                last_event=self._last_event.pop((target, status)) or "-",
                see="scrubrelay outbox list",
            )
            self._told_at[target, status] = now
            del self._counts[target, status]
