"""A stack trace, twice: all of its frames, and those of the app."""

from dataclasses import dataclass
from typing import Any, Final

import regex

from scrubrelay.core.policy.grouping.frames import MOST_FRAMES, Cut, Frame, Values
from scrubrelay.core.policy.grouping.in_app import mark
from scrubrelay.core.policy.grouping.stack_rules import NO_RULES, StackRules, Thrown

_NUMBER: Final = regex.compile(r"\b\d+\b")
VARIANTS: Final = ("app", "system")
NOTHING: Final[Thrown] = {}


_SAME: Final = ("lineno", "function", "abs_path", "filename", "module", "package", "colno")
"""What calls of itself from one place have in common."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How the events of a project are read.

    Args:
        platform: The event's.
        cut: What redaction makes of a text.
        rules: The project's own rules for stack traces.
    """

    platform: str
    cut: Cut | None = None
    rules: StackRules = NO_RULES


class Trace:
    """What a stack trace says of the issue.

    Args:
        raw: The `stacktrace` of an exception, a thread or an event.
        where: Its dotted path, with the numbers of list members.
        ways: How it is read.
        thrown: The exception that it is of.
    """

    __slots__ = ("_frames", "_place", "_ways", "is_built", "values")

    def __init__(self, raw: Any, where: str, ways: Ways, thrown: Thrown = NOTHING) -> None:
        found = raw.get("frames") if isinstance(raw, dict) else None
        self._frames: list[tuple[int, Frame]] = []
        self._ways = ways
        self._place = f"{_NUMBER.sub('*', where)}.frames.*"
        self.values: dict[str, Values] = {"app": [], "system": []}
        self.is_built = False
        if isinstance(found, list) and found:
            self._read(found)
            most, least = self._mark(thrown)
            if not self._says_nothing():
                self._fill(where, most, least)

    def __bool__(self) -> bool:
        """Whether there are frames at all, of account or not."""
        return bool(self._frames)

    @property
    def crashed(self) -> Frame | None:
        """The newest frame of the app, else the newest."""
        frames = [frame for _, frame in reversed(self._frames)]
        return next((frame for frame in frames if frame.in_app), frames[0] if frames else None)

    def likeness(self) -> tuple[object, ...]:
        """Return what traces of one event are told apart by: all frames, whether they count or not."""
        return tuple(frame.likeness(self._ways.cut, self._place) for _, frame in self._frames)

    def _read(self, found: list[Any]) -> None:
        """Read the frames; a call of itself is the same frame once more."""
        start = max(0, len(found) - MOST_FRAMES)
        before: Any = {}
        for at, raw in enumerate(found[start:], start):
            if not isinstance(raw, dict):
                continue
            again = bool(self._frames) and all(raw.get(name) == before.get(name) for name in _SAME)
            self._frames.append((at, self._frames[-1][1] if again else Frame(raw, self._ways.platform)))
            before = raw

    def _mark(self, thrown: Thrown) -> tuple[int, int]:
        frames = [frame for _, frame in self._frames]
        mark(frames)
        return self._ways.rules.mark(frames, thrown) if self._ways.rules.rules else (0, 0)

    def _fill(self, where: str, most: int, least: int) -> None:
        cut, place = self._ways.cut, self._place
        app: list[Values] = []
        system: list[Values] = []
        before = None
        for at, frame in self._frames:
            if frame.counts and frame is not before:
                self.is_built = self.is_built or frame.is_built
                named = [(f"{where}.frames.{at}.{name}", value) for name, value in frame.values(cut, place)]
                if named:
                    system.append(named)
                    if frame.in_app:
                        app.append(named)
            before = frame
        for variant, counting in (("app", app), ("system", system)):
            if len(counting) >= least:
                self.values[variant] = [value for named in counting[-most:] for value in named]

    def _says_nothing(self) -> bool:
        """A script's only frame, of a page and without a function, says where, not what."""
        if len(self._frames) != 1:
            return False
        frame = self._frames[0][1]
        return frame.family == "javascript" and not frame.function and frame.is_page
