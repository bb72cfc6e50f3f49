"""A stack trace, twice: all of its frames, and those of the app."""

from collections.abc import Mapping
from typing import Any, Final

from scrubrelay.core.policy.frames import MOST_FRAMES, Cut, Frame, Values
from scrubrelay.core.policy.in_app import mark

VARIANTS: Final = ("app", "system")


class Trace:
    """What a stack trace says of the issue.

    Args:
        raw: The `stacktrace` of an exception, a thread or an event.
        platform: The event's.
        where: Its dotted path.
        cut: What redaction makes of a text.
    """

    __slots__ = ("frames", "is_built", "values")

    def __init__(self, raw: Any, platform: str, where: str, cut: Cut | None) -> None:
        found = raw.get("frames") if isinstance(raw, Mapping) else None
        found = found if isinstance(found, list) else []
        start = max(0, len(found) - MOST_FRAMES)
        self.frames: list[tuple[int, Frame]] = [
            (at, Frame(one, platform, cut and _under(cut, f"{where}.frames.{at}")))
            for at, one in enumerate(found[start:], start)
            if isinstance(one, Mapping)
        ]
        mark([frame for _, frame in self.frames])
        self.values: dict[str, Values] = {"app": [], "system": []}
        self._fill(where)
        self.is_built = any(frame.is_built for _, frame in self.frames)

    def _fill(self, where: str) -> None:
        if self._says_nothing():
            return
        app, system = self.values["app"], self.values["system"]
        before: tuple[Any, ...] | None = None
        for at, frame in self.frames:
            if frame.counts and frame.like != before:
                named = [(f"{where}.frames.{at}.{name}", value) for name, value in frame.values()]
                system += named
                if frame.in_app:
                    app += named
            before = frame.like

    def _says_nothing(self) -> bool:
        """A script's only frame, of a page and without a function, says where, not what."""
        if len(self.frames) != 1:
            return False
        frame = self.frames[0][1]
        return frame.family == "javascript" and not frame.function and frame.is_page


def _under(cut: Cut, where: str) -> Cut:
    return lambda value, name: cut(value, f"{where}.{name}")
