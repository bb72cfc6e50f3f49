"""What requests of the audit share: how many work at a time, and what is worth keeping between them."""

import asyncio
from dataclasses import dataclass, field

from scrubrelay.service.audit.trials import Trials
from scrubrelay.service.listener.body import Bodies
from scrubrelay.service.telling.metrics import ProjectLabels

_MIB = 2**20


@dataclass(slots=True)
class Desk:
    """Shared by all requests of one listener.

    Args:
        trials: Redactors for dry runs.
        bodies: Reads bodies, within bounds.
        turns: Dry runs and searches under way at once; the others wait, so that traffic has its share.
        exports: Exports that are being read at once; others are told to come again.
        labels: Projects that `/metrics` tells apart.
    """

    trials: Trials = field(default_factory=Trials)
    bodies: Bodies = field(default_factory=lambda: Bodies(most_held=64 * _MIB))
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    labels: ProjectLabels = field(default_factory=ProjectLabels)
    exports: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
