"""Which tests run on one worker: those that share what takes long to start.

xdist has a mark for it, which from pytest 9.2 on does nothing: the id of a test cannot be changed any more.
"""

from typing import Final

from xdist.scheduler import LoadGroupScheduling

_TOGETHER: Final = (
    "tests/sdk/",
    "tests/packaging/test_installation.py",
    "tests/recordings/test_leaks.py",
    "tests/cli/test_audit.py",
    "tests/cli/test_control.py",
    "tests/test_audit_docs.py",
    "tests/core/policy/test_scrubbed_keys.py",
)


class Together(LoadGroupScheduling):
    """Every test for itself, but for some files and folders."""

    def _split_scope(self, nodeid: str) -> str:
        return next((start for start in _TOGETHER if nodeid.startswith(start)), nodeid)
