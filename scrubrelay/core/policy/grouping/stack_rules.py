"""A project's own rules for stack traces, in the words of Sentry's settings page, so that keys are as there.

One rule a line: matchers, then what follows. `path:**/generated/** -app`, `function:retry* ^-group -group`,
`family:native max-frames=3`, `[ function:pool ] | function:get error.type:Timeout* -group`. A `^` before an
action means the newer frames, a `v` the older ones; what stands in brackets must be true of the frame that
called, or in brackets behind it of the one that was called.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import regex

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.grouping.in_app import Marked

_TOKEN: Final = regex.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+')
_MATCHER: Final = regex.compile(r'(?P<not>!?)(?P<key>[a-z_.]+):"?(?P<glob>.*?)"?')
_ACTION: Final = regex.compile(r"(?P<range>[\^v]?)(?P<sign>[+-])(?P<what>app|group)")
_FRAMES: Final = regex.compile(r"(?P<which>max|min)-frames=(?P<count>\d{1,4})")
_KEYS: Final = {
    "path": "path", "stack.abs_path": "path", "package": "package", "stack.package": "package",
    "module": "module", "stack.module": "module", "function": "function", "stack.function": "function",
    "family": "family", "app": "app", "in_app": "app",
    "type": "type", "error.type": "type", "value": "value", "error.value": "value",
    "mechanism": "mechanism", "error.mechanism": "mechanism",
}  # fmt: skip
_OF_ERROR: Final = frozenset({"type", "value", "mechanism"})
_CALLER: Final = regex.compile(r"\[(?P<tests>.*?)\]\s*\|(?P<rest>.*)")
_CALLEE: Final = regex.compile(r"(?P<before>[^|]*)\|\s*\[(?P<tests>.*?)\](?P<rest>.*)")
_LONGEST: Final = 512
"""Characters of a name or path that are looked at, as in `kinds`: several `**` need more time for more."""
_PATHS: Final = frozenset({"path", "package"})
_YES: Final = frozenset({"1", "yes", "true"})

Thrown = Mapping[str, str]
"""`type`, `value` and `mechanism` of the exception that a stack is of; empty for one that is of none."""
_Test = Callable[[Marked, Thrown], bool]


@dataclass(frozen=True, slots=True)
class _Rule:
    """One line.

    Args:
        tests: All of which a frame must pass.
        actions: Which frames (`^`, `v`, or this one), whether to set, and what.
        caller: What the frame must pass that called it, if anything is said of that.
        callee: The same of the one that it called.
        most: Most frames that count, the newest; None for what was before.
        least: Fewest frames that count, or none does.
    """

    tests: tuple[_Test, ...]
    actions: tuple[tuple[str, bool, str], ...]
    caller: tuple[_Test, ...] = ()
    callee: tuple[_Test, ...] = ()
    most: int | None = None
    least: int | None = None

    def fitting(self, frames: Sequence[Marked], thrown: Thrown) -> list[int]:
        """Return which frames it is about."""
        return [at for at in range(len(frames)) if self._fits(frames, at, thrown)]

    def _fits(self, frames: Sequence[Marked], at: int, thrown: Thrown) -> bool:
        for tests, beside in ((self.tests, at), (self.caller, at - 1), (self.callee, at + 1)):
            if tests and not (
                0 <= beside < len(frames) and all(test(frames[beside], thrown) for test in tests)
            ):
                return False
        return True


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

    def mark(self, frames: Sequence[Marked], thrown: Thrown) -> tuple[int, int]:
        """Say of each frame, oldest first, what the rules say of it.

        Whose it is is settled first, by all of the rules; then which of them count.

        Returns:
            Most frames that count, the newest (0 is no limit), and how many there must be lest none counts.
        """
        most, least = 0, 0
        for rule in self.rules:
            self._apply(rule, frames, rule.fitting(frames, thrown), "app")
        for rule in self.rules:
            fitting = rule.fitting(frames, thrown)
            self._apply(rule, frames, fitting, "group")
            if fitting:
                most = most if rule.most is None else rule.most
                least = least if rule.least is None else rule.least
        return most, least

    def _apply(self, rule: _Rule, frames: Sequence[Marked], fitting: Sequence[int], wanted: str) -> None:
        for at in fitting:
            for where, on, what in rule.actions:
                for frame in _meant(frames, at, where) if what == wanted else ():
                    setattr(frame, "in_app" if what == "app" else "counts", on)


NO_RULES: Final = StackRules()
"""What most projects have."""


def _meant(frames: Sequence[Marked], at: int, where: str) -> Sequence[Marked]:
    if where == "^":
        return frames[at + 1 :]
    return frames[:at] if where == "v" else frames[at : at + 1]


def _rule(line: str) -> _Rule:
    caller: tuple[_Test, ...] = ()
    callee: tuple[_Test, ...] = ()
    if before := _CALLER.fullmatch(line):
        caller, line = _tests(before["tests"]), before["rest"]
    if after := _CALLEE.fullmatch(line):
        callee, line = _tests(after["tests"]), f"{after['before']} {after['rest']}"
    tests, actions, limits = _parts(line)
    return _Rule(tests, actions, caller, callee, limits.get("max"), limits.get("min"))


def _tests(text: str) -> tuple[_Test, ...]:
    found = [_MATCHER.fullmatch(token) for token in _TOKEN.findall(text)]
    tests = [_test(one["key"], one["glob"], wanted=not one["not"]) for one in found if one is not None]
    if not tests or len(tests) < len(found):
        raise ValueError("expected matchers such as function:get between the brackets")
    return tuple(tests)


def _parts(
    line: str,
) -> tuple[tuple[_Test, ...], tuple[tuple[str, bool, str], ...], dict[str, int]]:
    """Return a line's tests, actions and limits."""
    tests: list[_Test] = []
    actions: list[tuple[str, bool, str]] = []
    limits: dict[str, int] = {}
    for token in _TOKEN.findall(line):
        if token.startswith("#"):
            break
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
    return tuple(tests), tuple(actions), limits


def _test(key: str, glob: str, *, wanted: bool) -> _Test:
    name = _KEYS.get(key)
    if name is None:
        raise ValueError(f"expected one of {', '.join(sorted(_KEYS))} as a matcher")
    if name == "app":
        return lambda frame, _: (frame.in_app is (glob in _YES)) is wanted
    if name == "family":
        families = glob.split(",")
        return lambda frame, _: ("all" in families or frame.family in families) is wanted
    if name in _PATHS:
        found = _path(glob)
        return lambda frame, _: _is_at(found, getattr(frame, name)) is wanted
    shape = _name(glob)
    if name in _OF_ERROR:
        return lambda _, thrown: _is_called(shape, thrown.get(name, "")) is wanted
    return lambda frame, _: _is_called(shape, getattr(frame, name)) is wanted


def _is_called(shape: "regex.Pattern[str]", name: str) -> bool:
    return shape.fullmatch((name or "<unknown>")[:_LONGEST]) is not None


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
