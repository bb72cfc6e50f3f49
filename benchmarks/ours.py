"""The relay's parts as its configuration puts them together, for measuring them without a network."""

from collections.abc import Sequence

from benchmarks.payloads import KEY, PROJECT
from scrubrelay.config.build import build
from scrubrelay.config.load import load
from scrubrelay.core.project import Project
from scrubrelay.core.redaction.redactor import Redactor


def project(packs: Sequence[str] = ("default",)) -> Project:
    """Return the project that the benchmarks' envelopes belong to."""
    environ = {
        "SCRUBRELAY_UPSTREAM_URL": "http://127.0.0.1:9",
        "SCRUBRELAY_REDACTION__PACKS": ",".join(packs),
    }
    return build(load(None, environ)).find(KEY, PROJECT)


def redactor(packs: Sequence[str] = ("default",)) -> Redactor:
    """Return what scrubs those envelopes, with no memory of anything."""
    return project(packs).redactor
