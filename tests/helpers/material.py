"""Where the material lies that some tests read and that is no part of the repository."""

import os
from pathlib import Path
from typing import Final

_BESIDE: Final = Path(__file__).parents[3] / "shared"
RECORDINGS: Final = Path(os.environ.get("SCRUBRELAY_RECORDINGS", _BESIDE / "envelopes"))
"""Recorded traffic of SDKs."""
GROUPING: Final = Path(os.environ.get("SCRUBRELAY_GROUPING", _BESIDE / "grouping" / "cases"))
"""Events, and what Sentry groups them by."""
