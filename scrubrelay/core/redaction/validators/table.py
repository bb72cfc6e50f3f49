"""The one table of validators that patterns may name: each says whether a cut is the real thing."""

from collections.abc import Callable, Mapping
from typing import Final

from scrubrelay.core.redaction.validators.checksums import CHECKSUMS
from scrubrelay.core.redaction.validators.plausible import VALIDATORS as PLAUSIBLE

VALIDATORS: Final[Mapping[str, Callable[[str], bool]]] = {**CHECKSUMS, **PLAUSIBLE}
