"""Where a string stands: what its path excludes, what context it gives, and what key above hides it."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Final

import regex

from scrubrelay.core.redaction.detectors.keys import KeyRules, Name
from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.document.changes import Known
from scrubrelay.core.redaction.rules.rules import TEXT, PathRules, Stance, is_of_rule
from scrubrelay.core.redaction.text.marks import Marks
from scrubrelay.core.redaction.text.spans import Cut, Result

_NONE: Final[frozenset[int]] = frozenset()
_PLAIN: Final = regex.compile(r"[^*]+")
MAX_NODES: Final = 20_000
"""Paths remembered; real applications have some thousands, random keys would have no end."""
_FOUND: Final = 2 * 1024 * 1024
"""Bytes that what became of the strings of one place may take, about."""
_RESULT: Final = 200
"""Bytes that one of them takes beside its text, and each cut in it."""
_SHORT_KEY: Final = 64
"""Characters of a key that is one node's worth; one can be as long as a document, and counts for as many."""


class Globs:
    """Path globs such as `contexts.*.version`, `modules.**`, or `release` (the last key, anywhere).

    Args:
        globs: In upper or lower case.
    """

    def __init__(self, globs: Iterable[str]) -> None:
        whole = [(glob if "." in glob else f"**.{glob}").lower() for glob in globs]
        # Nearly all globs are of these two kinds, and an expression asks a path twenty times as long.
        heads = [one.removesuffix(".**") for one in whole if _PLAIN.fullmatch(one.removesuffix(".**"))]
        tails = [one.removeprefix("**.") for one in whole if _PLAIN.fullmatch(one.removeprefix("**."))]
        self._exact = frozenset(heads + tails)
        self._heads = tuple(f"{one}." for one in heads if f"{one}.**" in whole)
        self._tails = tuple(f".{one}" for one in tails if f"**.{one}" in whole)
        other = [
            one
            for one in whole
            if not _PLAIN.fullmatch(one.removesuffix(".**")) and not _PLAIN.fullmatch(one.removeprefix("**."))
        ]
        self._other = regex.compile("|".join(map(_translate, other)), regex.DOTALL) if other else None
        self.key = frozenset(whole)

    def __bool__(self) -> bool:
        return bool(self.key)

    def match(self, path: str) -> bool:
        """Tell whether any of the globs covers this path (dotted, in lower case; list indices are `*`)."""
        if path in self._exact or path.startswith(self._heads) or path.endswith(self._tails):
            return True
        return self._other is not None and self._other.fullmatch(path) is not None


def _translate(glob: str) -> str:
    steps = glob.split(".")
    text = ""
    for at, step in enumerate(steps):
        last = at == len(steps) - 1
        if step == "**":
            text = text.removesuffix(r"\.") + r"(?:\..*)?" if last else text + r"(?:.*\.)?"
        else:
            text += regex.escape(step).replace(r"\*", "[^.]*") + ("" if last else r"\.")
    return text


@dataclass(slots=True, eq=False)
class Place:
    """What two paths have in common if every pattern behaves alike at both.

    Args:
        excluded: The rules that do not look here.
        told: The rules whose context word stands in the path.
        actions: Pattern id to the action that a rule of the configuration wants here, and its number.
        clean: Strings in which nothing was found here; bounded by whoever fills it.
        aged: Those from before the last time that there were too many.
        found: What became of the others, by their digest, None for long ones that are clean.
        weight: Bytes that `found` takes, about.
    """

    excluded: frozenset[int] = frozenset()
    told: frozenset[int] = frozenset()
    actions: Mapping[str, tuple[str | None, int]] = field(default_factory=dict)
    clean: set[str] = field(default_factory=set)
    aged: AbstractSet[str] = frozenset()
    found: dict[bytes, Result | None] = field(default_factory=dict)
    weight: int = 0

    def keep(self, digest: bytes, result: Result | None) -> None:
        """Remember what became of a string."""
        self.weight += _RESULT + (0 if result is None else 4 * len(result.text) + _RESULT * len(result.cuts))
        if self.weight > _FOUND:
            self.found.clear()
            self.weight = 0
        self.found[digest] = result


@dataclass(slots=True, eq=False)
class Node:
    """One path, remembered: documents of one app have the same paths again and again.

    Args:
        path: Its keys; `*` for list indices.
        place: What the rules make of it.
        hider: The key pattern that hides what stands here.
        exempt: The shape of a string that is spared here.
        clean: The place's memory within quick reach; empty where more than the place decides.
        numbers: Whether short numbers mean something here.
        renamed: What becomes of the key itself; such a node is not remembered.
        cuts: What was cut out of the key.
        children: The paths below that were met so far.
        recurring: Whether dicts and lists here are worth remembering whole.
        known: What became of them, by a digest of what they were.
        asked: How often in a row one was not known.
        kind: The type of the item whose path this is.
        covering: The numbers of the configuration's rules that cover it.
        removed: Whether what stands here is deleted with its key.
    """

    path: tuple[str, ...]
    place: Place
    hider: Pattern | None
    exempt: "regex.Pattern[str] | None"
    clean: AbstractSet[str]
    numbers: bool
    renamed: str | None = None
    cuts: tuple[Cut, ...] = ()
    children: dict[str, "Node"] = field(default_factory=dict)
    recurring: bool = False
    known: dict[bytes, Known] = field(default_factory=dict)
    asked: int = 0
    kind: str = ""
    covering: frozenset[int] = frozenset()
    removed: bool = False

    def hide_by(self, hider: Pattern | None) -> None:
        """Hide what stands here by a key pattern, unless another does already."""
        if self.hider is None and hider is not None:
            self.hider, self.clean, self.numbers = hider, _NOTHING, True


@dataclass(frozen=True, slots=True)
class Index:
    """What of a library depends on the path.

    Args:
        located: The rules that only look at some paths, by their globs (only at, not at).
        told_by: The rules that each context word speaks for.
        ids: Pattern id to the index of its rule.
        whole: The rules that cut whole strings; of a key nothing would be left to read.
    """

    located: tuple[tuple[Globs, Globs, frozenset[int]], ...]
    told_by: Mapping[str, frozenset[int]]
    ids: Mapping[str, int]
    whole: frozenset[int] = frozenset()


class Tree:
    """Remembers paths, up to a limit.

    Args:
        index: What of the library depends on the path.
        keys: What hides values for their key.
        marks: What earlier scrubbing left in keys, which says nothing about their values.
        exempt: Paths that are spared, and the shape of what is spared there.
        rules: What the configuration wants at some paths.
    """

    def __init__(
        self,
        index: Index,
        keys: KeyRules,
        marks: Marks,
        exempt: Mapping[tuple[str, ...], "regex.Pattern[str]"],
        rules: PathRules,
    ) -> None:
        self.rules = rules
        self._ids = index.ids
        self._whole = index.whole
        self._exempt = exempt
        self._marks = marks
        self._located = index.located
        self._told_by = index.told_by
        self._keys = keys
        self._places: dict[tuple[frozenset[int], frozenset[int], Stance], Place] = {}
        self._nodes = 0
        self._roots: dict[str, Node] = {}

    def root(self, kind: str = "event") -> Node:
        """Return the node of a document's root; forgets everything when there is too much of it.

        Args:
            kind: The type of the item, which matters to the rules of the configuration only.
        """
        if self._nodes > MAX_NODES:
            self._nodes = 0
            self._roots.clear()
            # A path can tell as many contexts as there are subsets of the words that stand for one.
            self._places.clear()
        kind = kind if self.rules else ""
        known = self._roots.get(kind)
        if known is None:
            known = self._roots[kind] = self._node((), frozenset(), None, self._covering((), kind), kind)
        return known

    def child(self, parent: Node, key: str) -> Node:
        """Return the node below `parent`, new or remembered."""
        known = parent.children.get(key)
        if known is None:
            known = parent.children[key] = self.unmet(parent, key)
        return known

    def unmet(self, parent: Node, key: str) -> Node:
        """Return a node below `parent` that is not remembered yet."""
        name = Name.of(self._marks.strip(key))
        told = parent.place.told
        if not name.runs.isdisjoint(self._told_by.keys()):
            told = told.union(*(self._told_by.get(word, _NONE) for word in name.runs))
        path = (*parent.path, key)
        covering = self._covering(path, parent.kind, parent.covering)
        return self._node(path, told, self._hider(parent, name, covering), covering, parent.kind)

    def key_of(self, node: Node) -> Node:
        """Return the node as which the key that leads to `node` is read itself."""
        if self._whole <= node.place.excluded:
            return node
        stance = self.rules.stance(node.covering)
        return replace(node, place=self._place_of(node.place.excluded | self._whole, node.place.told, stance))

    def typed(self, node: Node) -> Node:
        """Return the node of a typed attribute's value: at the attribute's path, by the rules for both."""
        below = self.child(node, "value")
        if below.covering == node.covering:
            return node
        place = self._place(node.path, node.place.told, self.rules.stance(below.covering))
        clean = place.clean if below.hider is None else _NOTHING
        return replace(node, place=place, clean=clean, hider=below.hider, numbers=below.numbers)

    def hider(self, name: str) -> Pattern | None:
        """Return the key pattern that hides the value of this name, wherever it stands."""
        return self.child(self.root(TEXT), name).hider

    def _covering(
        self, path: tuple[str, ...], kind: str, above: frozenset[int] = frozenset()
    ) -> frozenset[int]:
        return (
            self.rules.covering(path, kind, above) if self.rules and path[:1] != ("_meta",) else frozenset()
        )

    def _hider(self, parent: Node, name: Name, covering: frozenset[int]) -> Pattern | None:
        stance = self.rules.stance(covering)
        if stance.hider is not None:
            return stance.hider
        above = parent.hider
        if above is not None and not is_of_rule(above) and above.id not in stance.off:
            return above
        # Below `modules` stand names of packages: `cookie` and `detect-secrets` have versions, not secrets.
        return None if parent.path[:1] == ("modules",) else self._keys.match(name, stance.off)

    def _node(
        self,
        path: tuple[str, ...],
        told: frozenset[int],
        hider: Pattern | None,
        covering: frozenset[int],
        kind: str,
    ) -> Node:
        self._nodes += 1 + (len(path[-1]) // _SHORT_KEY if path else 0)
        stance = self.rules.stance(covering)
        place = self._place(path, told, stance)
        exempt = self._exempt.get(path)
        return Node(
            path,
            place,
            hider,
            exempt,
            place.clean if hider is None and exempt is None else _NOTHING,
            numbers=bool(told or hider),
            # `user` and `attrs` are touched again after the walk; deeper, entries of lists recur as a whole.
            recurring=(len(path) == 1 and path[0] not in _TOUCHED) or path[-1:] == ("*",),
            kind=kind,
            covering=covering,
            removed=hider is not None and stance.actions.get(hider.id, ("", 0))[0] == "remove",
        )

    def _place(self, path: tuple[str, ...], told: frozenset[int], stance: Stance) -> Place:
        text = ".".join(path).lower()
        elsewhere = [
            rules
            for only, never, rules in self._located
            if (only and not only.match(text)) or never.match(text)
        ]
        off = {self._ids[name] for name in stance.off & self._ids.keys()} if stance.off else _NONE
        excluded = frozenset(off).union(*elsewhere) if off or elsewhere else _NONE
        return self._place_of(excluded, told, stance)

    def _place_of(self, excluded: frozenset[int], told: frozenset[int], stance: Stance) -> Place:
        known = self._places.get((excluded, told, stance))
        if known is None:
            known = self._places[excluded, told, stance] = Place(excluded, told, stance.actions)
        return known

    def age(self) -> None:
        """Forget which strings were clean, but for those since the last time."""
        for place in self._places.values():
            place.aged = frozenset(place.clean)
            place.clean.clear()


_TOUCHED: Final = frozenset({"user", "attrs"})
_NOTHING: frozenset[str] = frozenset()
