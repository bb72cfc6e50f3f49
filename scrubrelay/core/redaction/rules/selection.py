"""The parts of a selector, and how they match a path."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Final

import regex

from scrubrelay.core.redaction.rules.schema import BASIC, NOT_OPENED, Path, places_of, types_at

_BARE_KEY: Final = regex.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_SCALARS: Final = frozenset({"string", "number", "boolean", "binary", "datetime"})


class Wildcard(Enum):
    """Stands for any one step, or for one or more."""

    ONE = "*"
    DEEP = "**"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Key:
    """A key of an object, by its name in upper or lower case."""

    name: str

    def __str__(self) -> str:
        return self.name if _BARE_KEY.fullmatch(self.name) else "'" + self.name.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Index:
    """A place in a list."""

    number: int

    def __str__(self) -> str:
        return str(self.number)


@dataclass(frozen=True, slots=True)
class Type:
    """Whatever is of a type."""

    name: str

    def __str__(self) -> str:
        return f"${self.name}"


Step = Key | Index | Type | Wildcard


@dataclass(frozen=True, slots=True)
class Steps:
    """A path, matched from its end."""

    items: tuple[Step, ...]
    depth: int = 0

    def __str__(self) -> str:
        return ".".join(map(str, self.items))

    @property
    def specific(self) -> bool:
        """Whether it says enough to be meant for a field that Sentry lives on."""
        types = [(at, one.name) for at, one in enumerate(self.items) if isinstance(one, Type)]
        return Wildcard.DEEP not in self.items and all(at == 0 and name not in BASIC for at, name in types)


@dataclass(frozen=True, slots=True)
class Not:
    """What the part does not select."""

    part: "Node"
    depth: int

    def __str__(self) -> str:
        return f"!{self.part}" if isinstance(self.part, Steps) else f"!({self.part})"


@dataclass(frozen=True, slots=True)
class And:
    """What all parts select."""

    parts: tuple["Node", ...]
    depth: int

    def __str__(self) -> str:
        return " && ".join(f"({one})" if isinstance(one, Or) else str(one) for one in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """What any part selects."""

    parts: tuple["Node", ...]
    depth: int

    def __str__(self) -> str:
        return " || ".join(map(str, self.parts))


Node = Steps | Not | And | Or


class Verdict(IntEnum):
    """Whether something matches; PERHAPS where the path does not tell, as of the places in a list."""

    NO = 0
    PERHAPS = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class State:
    """The payload, a container on the way to a value, or the value: its key and its types."""

    key: str | None
    types: frozenset[str]
    typed: bool


def states_of(path: Path, kind: str, type_: str | None) -> list[State]:
    """Return the payload, and what stands at each step of a path."""
    states: list[State] = []
    for at in range(len(path) + 1):
        types = types_at(path[:at], kind)
        if at < len(path):
            types |= {"array" if path[at] == "*" else "object"}
        elif type_ is not None:
            types |= {type_}
        typed = at < len(path) or type_ is not None
        states.append(State(path[at - 1] if at else None, types, typed))
    return states


def evaluate(node: Node, writings: Sequence[list[State]]) -> Verdict:
    """Return whether a value is selected, given the states of each way to write its path."""
    match node:
        case Steps(items):
            return max(_match(items, states) for states in writings)
        case Not(part):
            return Verdict(Verdict.YES - evaluate(part, writings))
        case And(parts):
            return min(evaluate(part, writings) for part in parts)
        case Or(parts):
            return max(evaluate(part, writings) for part in parts)


def is_named(node: Node, writings: Sequence[list[State]], *, positive: bool = True) -> bool:
    """Return whether a path that is specific, and not negated, selects a value."""
    match node:
        case Steps(items):
            found = positive and node.specific
            return found and any(_match(items, states) for states in writings)
        case Not(part):
            return is_named(part, writings, positive=not positive)
        case And(parts) | Or(parts):
            return any(is_named(part, writings, positive=positive) for part in parts)


def _match(items: tuple[Step, ...], states: Sequence[State]) -> Verdict:
    """Match a path from its end; `**` takes one step or more."""
    if Wildcard.DEEP not in items:
        return _window(items, states[-len(items) :])
    deep = items.index(Wildcard.DEEP)
    left, right = items[:deep], items[deep + 1 :]
    end = len(states) - len(right)
    # The payload itself is no step: `**` takes one after it.
    starts = range(0 if left else 1, end - len(left))
    if not starts:
        return Verdict.NO
    found = max(_window(left, states[at : at + len(left)]) for at in starts)
    return min(found, _window(right, states[end:]))


def _window(items: tuple[Step, ...], states: Sequence[State]) -> Verdict:
    if len(items) > len(states):
        return Verdict.NO
    return min((_fits(one, state) for one, state in zip(items, states, strict=True)), default=Verdict.YES)


def _fits(step: Step, state: State) -> Verdict:
    match step:
        case Type(name) if name in state.types:
            return Verdict.YES
        case Type(name):
            return Verdict.PERHAPS if name in BASIC and not state.typed else Verdict.NO
        case Index():
            return Verdict.PERHAPS if state.key == "*" else Verdict.NO
        case Key("*"):
            return Verdict.PERHAPS if state.key == "*" else Verdict.NO
        case Key(name):
            same = state.key is not None and state.key.lower() == name.lower()
            return Verdict.YES if same else Verdict.NO
        case Wildcard():
            return Verdict.NO if state.key is None else Verdict.YES


def is_reachable(items: tuple[Step, ...]) -> bool:
    """Return whether a value of the type that these end with ever stands below the steps before it."""
    last, before = items[-1], items[-2]
    if is_scalar(before):
        return False
    if not isinstance(last, Type) or last.name in BASIC or last.name in NOT_OPENED:
        return True
    places = places_of(last.name)
    return any(_match(items, states_of(place, kind, "object")) for kind, place in places)


def is_scalar(step: Step) -> bool:
    """Return whether nothing can stand below what this step stands for."""
    return isinstance(step, Type) and step.name in _SCALARS
