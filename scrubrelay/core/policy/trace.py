"""A stack trace, twice: all of its frames, and those of the app."""

from typing import Any, Final

import regex

from scrubrelay.core.policy.frames import MOST_FRAMES, Cut, Frame, Values
from scrubrelay.core.policy.in_app import mark

_NUMBER: Final = regex.compile(r"\b\d+\b")
VARIANTS: Final = ("app", "system")


_SAME: Final = ("lineno", "function", "abs_path", "filename", "module", "package", "colno")
"""What calls of itself from one place have in common."""


class Trace:
    """What a stack trace says of the issue.

    Args:
        raw: The `stacktrace` of an exception, a thread or an event.
        platform: The event's.
        where: Its dotted path, with the numbers of list members.
        cut: What redaction makes of a text.
    """

    __slots__ = ("_frames", "is_built", "values")

    def __bool__(self) -> bool:
        """Whether there are frames at all, of account or not."""
        return bool(self._frames)

    def __init__(self, raw: Any, platform: str, where: str, cut: Cut | None) -> None:
        found = raw.get("frames") if isinstance(raw, dict) else None
        self._frames: list[tuple[int, Frame]] = []
        self.values: dict[str, Values] = {"app": [], "system": []}
        self.is_built = False
        if isinstance(found, list) and found:
            self._read(found, platform)
            self._fill(where, cut)

    def _read(self, found: list[Any], platform: str) -> None:
        """Read the frames; a call of itself is the same frame once more."""
        start = max(0, len(found) - MOST_FRAMES)
        before: Any = {}
        for at, raw in enumerate(found[start:], start):
            if not isinstance(raw, dict):
                continue
            again = bool(self._frames) and all(raw.get(name) == before.get(name) for name in _SAME)
            self._frames.append((at, self._frames[-1][1] if again else Frame(raw, platform)))
            before = raw
        mark([frame for _, frame in self._frames])

    def _fill(self, where: str, cut: Cut | None) -> None:
        if self._says_nothing():
            return
        place = f"{_NUMBER.sub('*', where)}.frames.*"
        app, system = self.values["app"], self.values["system"]
        before = None
        for at, frame in self._frames:
            if frame.counts and frame is not before:
                self.is_built = self.is_built or frame.is_built
                named = [(f"{where}.frames.{at}.{name}", value) for name, value in frame.values(cut, place)]
                system += named
                if frame.in_app:
                    app += named
            before = frame

    def _says_nothing(self) -> bool:
        """A script's only frame, of a page and without a function, says where, not what."""
        if len(self._frames) != 1:
            return False
        frame = self._frames[0][1]
        return frame.family == "javascript" and not frame.function and frame.is_page
