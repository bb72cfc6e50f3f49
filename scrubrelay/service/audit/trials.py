"""Redactors for the audit: they remember nothing of the traffic, and the traffic nothing of them."""

import time
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import orjson

from scrubrelay.config.build import packs_of
from scrubrelay.config.settings import Settings
from scrubrelay.config.tried import PackText, Tried, read_packs, wrong_examples
from scrubrelay.core.errors import ConfigError, ScrubrelayError
from scrubrelay.core.redaction.detectors.finders import Finder, Found
from scrubrelay.core.redaction.detectors.library import Rule
from scrubrelay.core.redaction.redactor import Redactor

_KEPT: Final = 4
"""Trials kept to be repeated: whoever writes a rule sends it again and again, a little changed."""
_PATIENCE: Final = 10.0
"""Seconds that all tried patterns may take on all documents of a request."""


class TooLong(ScrubrelayError):
    """Tried patterns need more time than a request may take."""

    status = 422


class Hurry:
    """The time that tried patterns have for one request."""

    def __init__(self) -> None:
        self.passed = False
        self._late: Counter[str] = Counter()
        self._deadline = 0.0
        self.begin()

    def begin(self) -> None:
        """Start it."""
        self.passed = False
        self._late.clear()
        self._deadline = time.monotonic() + _PATIENCE

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            TooLong: None.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            self.passed = True
            raise self.error()
        return left

    def late(self, pattern: str) -> None:
        """Note that a pattern (its id) ran out of its budget on a string."""
        self._late[pattern] += 1

    def error(self) -> TooLong:
        """Return what is told when all of it is used up: which patterns were slow, too."""
        slow = (
            f"{name} ran out of its budget on {times} strings" for name, times in self._late.most_common(10)
        )
        limit = f"expected less than {_PATIENCE:.0f} s in all: try them on less at a time"
        return TooLong("the tried patterns take too long", *slow, limit)


class Hurried:
    """A finder that ends when the time of its request is up.

    Args:
        finder: What looks.
        pattern: The id of whose it is.
        hurry: The time.
    """

    def __init__(self, finder: Finder, pattern: str, hurry: Hurry) -> None:
        self._finder = finder
        self._pattern = pattern
        self._hurry = hurry

    def finditer(self, string: str, /, *, timeout: float | None = None) -> Iterator[Found]:
        """Yield what is found.

        Raises:
            TimeoutError: It took longer than `timeout` on this string.
            TooLong: The time of the request is up.
        """
        left = self._hurry.left()
        try:
            yield from self._finder.finditer(string, timeout=min(left, timeout or left))
        except TimeoutError:
            self._hurry.late(self._pattern)
            raise


class Trial:
    """One project's redactor for dry runs; used by one request at a time.

    Args:
        redactor: Of the project.
        tried: Patterns that are not deployed.

    Raises:
        ConfigError: An example does not become what it says.
        TooLong: The examples take too long.
    """

    def __init__(self, redactor: Redactor, tried: Tried | None) -> None:
        self.packs: Mapping[str, str] = {}
        self.lock = Lock()
        self.hurry = Hurry()
        library = redactor.library
        if tried:
            self.packs = {one.id: pack.name for pack in tried.packs for one in pack.patterns}
            library = library.extended(tried.patterns)
            library.rules = tuple(map(self._hurried, library.rules))
            if problems := list(wrong_examples(library, tried)):
                raise ConfigError(problems)
        self.redactor = redactor.renewed(library)

    def _hurried(self, rule: Rule) -> Rule:
        if rule.pattern.id not in self.packs:
            return rule
        return replace(rule, regex=Hurried(rule.regex, rule.pattern.id, self.hurry))


class Trials:
    """Makes trials and keeps the last of them; called from threads."""

    def __init__(self) -> None:
        self._plain: WeakKeyDictionary[Redactor, Trial] = WeakKeyDictionary()
        self._kept: OrderedDict[tuple[int, bytes], tuple[Redactor, Trial]] = OrderedDict()
        self._packs: tuple[int, Mapping[str, str]] = (0, {})
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<Trials: {len(self._kept)} kept>"

    def of(self, redactor: Redactor, texts: Sequence[PackText]) -> Trial:
        """Return a trial with a project's patterns and those of packs that are not deployed.

        Raises:
            ConfigError: A pack is wrong.
        """
        with self._lock:
            if not texts:
                plain = self._plain.get(redactor) or Trial(redactor, None)
                self._plain[redactor] = plain
                return plain
            key = id(redactor), blake2b(orjson.dumps(texts)).digest()
            kept = self._kept.pop(key, None)
            trial = kept[1] if kept and kept[0] is redactor else Trial(redactor, read_packs(texts))
            self._kept[key] = redactor, trial
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return trial

    def packs(self, settings: Settings, generation: int) -> Mapping[str, str]:
        """Return pattern id -> the name of its pack, for all projects.

        Args:
            settings: What holds now.
            generation: Its number: the files are read once for each.
        """
        with self._lock:
            if self._packs[0] != generation:
                tables = [settings.redaction, *map(settings.redaction_of, settings.project)]
                names = {
                    one.id: pack.name for table in tables for pack in packs_of(table) for one in pack.patterns
                }
                self._packs = generation, names
            return self._packs[1]
