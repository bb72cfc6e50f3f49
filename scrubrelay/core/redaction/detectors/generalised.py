"""Where something was found, told so that no key of a document that may be a user's text is told with it."""

from collections.abc import Iterable
from typing import Final

import regex

from scrubrelay.core.redaction.detectors.keys import segments
from scrubrelay.core.redaction.detectors.vocabulary import WORDS

_MOST_STEPS: Final = 16
_LONGEST_STEP: Final = 48
_MOST_SHORT: Final = 2
"""Numbers of one or two digits, and letters, in a key, and keys of one letter in a path: more would spell."""
_REMEMBERED: Final = 20_000
_LONGEST_REMEMBERED: Final = 500
"""Characters of a path that is remembered; a key can be as long as a document."""
_SHAPE: Final = regex.compile(r"[A-Za-z0-9_$@:/ -]*+(?:\[[A-Za-z][A-Za-z0-9 -]*+\])?+(?: [0-9]{1,2})?+")
"""What a name or the label of a redacted one is written in; `@` and `$` stand before names of templates."""
ANY: Final = "*"
"""What stands for a list index and for a key that is not told."""
_DEEPER: Final = "**"


class Generaliser:
    """Turns paths into what may be stored: indices and keys that are not plain names become `*`.

    Args:
        words: More words that names of fields are made of.
    """

    def __init__(self, words: Iterable[str] = ()) -> None:
        own = (word for name in words for word in segments(name))
        self._words = WORDS | frozenset(own)
        self._known: dict[str, str] = {}

    def __call__(self, path: str) -> str:
        """Return the path as it may be stored.

        >>> Generaliser()("exception.values.0.stacktrace.frames.12.vars.customer_email")
        'exception.values.*.stacktrace.frames.*.vars.customer_email'
        >>> Generaliser()("extra.jane_doe.token")
        'extra.*.token'
        """
        if len(path) > _LONGEST_REMEMBERED:
            return self._told(path)
        known = self._known.get(path)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[path] = self._told(path)
        return known

    def _told(self, path: str) -> str:
        steps = path.split(".", _MOST_STEPS)
        told = [self._step(step) for step in steps[:_MOST_STEPS]]
        single = [at for at, step in enumerate(told) if len(step) == 1 and step != ANY]
        for at in single if len(single) > _MOST_SHORT else ():  # a key with dots is several steps
            told[at] = ANY
        return ".".join((*told, *([_DEEPER] if len(steps) > _MOST_STEPS else ())))

    def _step(self, step: str) -> str:
        if not step:
            return ""
        if len(step) > _LONGEST_STEP or step.isdecimal() or not _SHAPE.fullmatch(step):
            return ANY
        words = segments(step)
        short = [word for word in words if len(word) == 1 or (word.isdecimal() and len(word) == 2)]
        unknown = [word for word in words if word not in self._words and word not in short]
        return step if words and not unknown and len(short) <= _MOST_SHORT else ANY
