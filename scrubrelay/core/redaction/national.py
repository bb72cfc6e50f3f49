"""Numbers a state gives to people and firms, checked by python-stdnum's module for each."""

from collections.abc import Callable

NATIONAL: dict[str, Callable[[str], bool]] = {}
