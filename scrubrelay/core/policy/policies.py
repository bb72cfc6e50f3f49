"""All policies of one project."""

from dataclasses import dataclass
from typing import Final

from scrubrelay.core.policy.caps import Cap
from scrubrelay.core.policy.filters import NO_FILTERS, Filters
from scrubrelay.core.policy.sampling import NO_SAMPLING, Sampling


@dataclass(frozen=True, slots=True)
class Policies:
    """What a project keeps.

    Args:
        filters: What nobody wants to see.
        sampling: Which share of the rest is enough.
        cap: How many events of one issue go on; None for all of them.
    """

    filters: Filters = NO_FILTERS
    sampling: Sampling = NO_SAMPLING
    cap: Cap | None = None


KEEP_ALL: Final = Policies()
"""Nothing is dropped that can be scrubbed."""
