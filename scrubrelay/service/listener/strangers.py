"""Bounds how many projects are taken that nobody has listed: each has books of its own, for months."""

from collections.abc import Iterable
from typing import Final

from scrubrelay.core.errors import Forbidden
from scrubrelay.core.project import Project

_MOST: Final = 10_000
"""Pairs of project and key in the life of a worker: more than any company has, and a client could make up."""


class Strangers:
    """Knows the projects that came without being listed.

    Args:
        most: How many there may be.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._known: set[tuple[int, str]] = set()

    def __repr__(self) -> str:
        return f"<Strangers: {len(self._known)} of {self._most}>"

    def check(self, project: Project, listed: Iterable[Project]) -> None:
        """Return if a project is taken.

        Raises:
            Forbidden: It is one too many.
        """
        pair = project.id, project.key
        if pair in self._known or any(one is project for one in listed):
            return
        if len(self._known) >= self._most:
            raise Forbidden("too many projects that are not listed", "list them as [[project]]")
        self._known.add(pair)
