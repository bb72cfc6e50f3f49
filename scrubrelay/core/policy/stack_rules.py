"""A project's own rules for stack traces, in the words of Sentry's settings page, so that keys are as there.

One rule a line: matchers, then what follows. `path:**/generated/** -app`, `function:retry* ^-group -group`,
`family:native max-frames=3`. A `^` before an action means the newer frames, a `v` the older ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import regex

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.in_app import Marked

_TOKEN: Final = regex.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+')
_MATCHER: Final = regex.compile(r'(?P<not>!?)(?P<key>[a-z_.]+):"?(?P<glob>.*?)"?')
_ACTION: Final = regex.compile(r"(?P<range>[\^v]?)(?P<sign>[+-])(?P<what>app|group)")
_FRAMES: Final = regex.compile(r"(?P<which>max|min)-frames=(?P<count>\d{1,4})")
_KEYS: Final = {
    "path": "path", "stack.abs_path": "path", "package": "package", "stack.package": "package",
    "module": "module", "stack.module": "module", "function": "function", "stack.function": "function",
    "family": "family", "app": "app", "in_app": "app",
}  # fmt: skip
_LONGEST: Final = 512
"""Characters of a name or path that are looked at, as in `kinds`: several `**` need more time for more."""
_PATHS: Final = frozenset({"path", "package"})
_YES: Final = frozenset({"1", "yes", "true"})

_Test = Callable[[Marked], bool]


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line.

    Args:
        tests: All of which a frame must pass.
        actions: Which frames (`^`, `v`, or this one), whether to set, and what.
        most: Most frames that count, the newest; None for what was before.
        least: Fewest frames that count, or none does.
    """

    tests: tuple[_Test, ...]
    actions: tuple[tuple[str, bool, str], ...]
    most: int | None = None
    least: int | None = None


@dataclass(frozen=True, slots=True)
class StackRules:
    """A project's rules, in order.

    Args:
        rules: The lines.
    """

    rules: tuple[_Rule, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "StackRules":
        """Read rules; empty lines and those that begin with `#` say nothing.

        Raises:
            ConfigError: Lines that are no rules, or none that can be followed without the server.
        """
        found, mistakes = [], []
        for number, line in enumerate(text.splitlines(), 1):
            rule = line.strip()
            if rule and not rule.startswith("#"):
                try:
                    found.append(_rule(rule))
                except ValueError as error:
                    mistakes.append(f"line {number}: {error}")
        if mistakes:
            raise ConfigError(mistakes)
        return cls(tuple(found))

    def mark(self, frames: Sequence[Marked]) -> tuple[int, int]:
        """Say of each frame, oldest first, what the rules say of it.

        Returns:
            Most frames that count, the newest (0 is no limit), and how many there must be lest none counts.
        """
        most, least = 0, 0
        for rule in self.rules:
            fitting = [at for at, frame in enumerate(frames) if all(test(frame) for test in rule.tests)]
            for at in fitting:
                for where, on, what in rule.actions:
                    for frame in _meant(frames, at, where):
                        setattr(frame, "in_app" if what == "app" else "counts", on)
            if fitting:
                most = most if rule.most is None else rule.most
                least = least if rule.least is None else rule.least
        return most, least


NO_RULES: Final = StackRules()
"""What most projects have."""


def _meant(frames: Sequence[Marked], at: int, where: str) -> Sequence[Marked]:
    if where == "^":
        return frames[at + 1 :]
    return frames[:at] if where == "v" else frames[at : at + 1]


def _rule(line: str) -> _Rule:
    tests: list[_Test] = []
    actions: list[tuple[str, bool, str]] = []
    limits: dict[str, int] = {}
    for token in _TOKEN.findall(line):
        if action := _ACTION.fullmatch(token):
            actions.append((action["range"], action["sign"] == "+", action["what"]))
        elif frames := _FRAMES.fullmatch(token):
            limits[frames["which"]] = int(frames["count"])
        elif not actions and not limits and (matcher := _MATCHER.fullmatch(token)):
            tests.append(_test(matcher["key"], matcher["glob"], wanted=not matcher["not"]))
        else:
            raise ValueError("expected matchers such as path:**/lib/**, then actions such as -app")
    if not tests or not (actions or limits):
        raise ValueError("expected at least one matcher and one action")
    return _Rule(tuple(tests), tuple(actions), limits.get("max"), limits.get("min"))


def _test(key: str, glob: str, *, wanted: bool) -> _Test:
    name = _KEYS.get(key)
    if name is None:
        raise ValueError(f"expected one of {', '.join(sorted(_KEYS))} as a matcher")
    if name == "app":
        return lambda frame: (frame.in_app is (glob in _YES)) is wanted
    if name == "family":
        families = glob.split(",")
        return lambda frame: ("all" in families or frame.family in families) is wanted
    if name in _PATHS:
        found = _path(glob)
        return lambda frame: _is_at(found, getattr(frame, name)) is wanted
    shape = _name(glob)
    return lambda frame: (
        (shape.fullmatch((getattr(frame, name) or "<unknown>")[:_LONGEST]) is not None) is wanted
    )


def _is_at(shape: "regex.Pattern[str]", path: str) -> bool:
    """Tell whether a path is of a shape; one that does not begin with a slash may as well."""
    written = path[:_LONGEST].lower().replace("\\", "/")
    return bool(written) and (
        shape.fullmatch(written) is not None
        or (written[0] != "/" and shape.fullmatch(f"/{written}") is not None)
    )


def _path(glob: str) -> "regex.Pattern[str]":
    deep = regex.escape(glob.lower(), special_only=True).replace(r"\*\*", "\0").replace(r"\*", "[^/]*")
    return regex.compile(deep.replace("\0/", "(?:.*/)?").replace("\0", ".*").replace(r"\?", "[^/]"))


def _name(glob: str) -> "regex.Pattern[str]":
    """Compile a name; what is between two `*` is taken where it stands first, and never looked for again."""
    first, *rest = regex.escape(glob, special_only=True).replace(r"\?", ".").split(r"\*")
    if not rest:
        return regex.compile(first)
    *inner, last = rest
    return regex.compile("".join((first, *(f"(?>.*?{one})" for one in inner), ".*", last)))
