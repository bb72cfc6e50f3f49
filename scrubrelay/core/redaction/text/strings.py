"""Scrubs one string: looks until nothing is left to find, then says what was cut and where."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

import regex

from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.document.places import Node, Place, Tree
from scrubrelay.core.redaction.engine.scanner import Scanner
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.rules.rules import TEXT, is_of_rule
from scrubrelay.core.redaction.text.marks import Action, Marks
from scrubrelay.core.redaction.text.query import pairs
from scrubrelay.core.redaction.text.spans import Cut, Finding, Put, Result, covering, replace, settle
from scrubrelay.core.redaction.text.structure import KEYED, START, Leaf, leaves
from scrubrelay.core.redaction.text.views import decoded, unescaped
from scrubrelay.core.redaction.text.wrapped import unwrapped

_DEPTH: Final = 5
"""Encodings within encodings; SDKs were seen to nest JSON three times."""
SHORT: Final = 1024
"""Longer strings would fill a memory that holds them as they are."""
_REMEMBERED: Final = 4096
"""Characters of a result that is remembered, by a digest of what it was made of."""
_PIECE: Final = 32_768
_LARGEST_PIECE: Final = 1024 * 1024
_OVERLAP: Final = 4096
_TEMPLATE: Final = regex.compile(r"\s*+(?:\Z|[$:{<]|%[sd(])")
"""A value that a program will fill in."""
_ROUNDS: Final = 8
"""What a cut leaves may read differently than before; a text that is never at peace is hidden whole."""
_SAYS_NOTHING: Final = frozenset({"", "true", "false", "True", "False", "null", "None", "undefined", "nil"})
"""What Relay leaves under a sensitive key too: whether something was set is worth knowing."""
Pointed = Mapping[str, Sequence[int]]
"""Strings, and the rules and readings by which something could be found in them."""
_UNKNOWN: Final[Pointed] = MappingProxyType({})
HIDDEN: Final = Pattern("scrubrelay.hidden", "[hidden]", "Nobody could look into it in time.")
CUSTOM_ID: Final = "keys.custom"


def custom(names: Iterable[str]) -> Pattern:
    """Return the pattern of the keys that the configuration names."""
    return Pattern(CUSTOM_ID, "[hidden]", "The configuration names this key.", words=tuple(names))


class Strings:
    """Scrubs strings by a library and a policy."""

    def __init__(self, library: Library, policy: Policy, tree: Tree, marks: Marks) -> None:
        self._tree = tree
        self.marks = marks
        self._prefilter = library.prefilter
        first = len(library.rules)
        self._readings = tuple(
            enumerate((self._decoded, self._structured, self._queried, self._wrapped), start=first)
        )
        self._scanner = Scanner(library, self.marks, policy)
        patterns = (*library.patterns, *tree.rules.hiders, custom(()))
        self._names: Mapping[str, str] = {one.id: policy.action_for(one) for one in patterns}
        self._actions: Mapping[str, Action] = policy.compile_actions(self._names.values())

    def point(self, texts: Sequence[str]) -> Pointed:
        """Return what could be found in each text: cheaper than when each is scrubbed without."""
        return dict(zip(texts, self._prefilter.of_each(texts), strict=True))

    def at(self, text: str, node: Node, pointed: Pointed = _UNKNOWN) -> Result | None:
        """Return what becomes of a string where it stands, which may hide it whole."""
        if node.hider is None:
            return self.scrub(text, node, pointed)
        if node.place.actions and not is_of_rule(node.hider):
            # A rule that names what the value is goes before the name that hides it: a hashed `user.email`.
            found = settle(self.find(text, node))
            if found and found[0][:2] == (0, len(text)) and found[0].pattern.id in node.place.actions:
                return self.whole(text, found[0].pattern, node)
        return self.whole(text, node.hider, node)

    def scrub(self, text: str, node: Node, pointed: Pointed = _UNKNOWN) -> Result | None:
        """Return what becomes of a string; None if it stays as it is.

        Args:
            text: The string.
            node: Where it stands.
            pointed: What `point` said of some strings.
        """
        candidates = pointed.get(text)
        if candidates is not None and not candidates:
            return None
        place = node.place
        if text in place.aged:
            return None
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if digest in place.found:
            return place.found[digest]
        result = self._scrub(text, node, candidates)
        # What is clean and short is remembered as it is, by whoever asked.
        if len(text) > SHORT if result is None else len(result.text) <= _REMEMBERED:
            place.keep(digest, result)
        return result

    def _scrub(self, text: str, node: Node, candidates: Sequence[int] | None) -> Result | None:
        current = text
        cuts: list[Cut] = []
        for _ in range(_ROUNDS):
            findings: Sequence[Finding] = ()
            if current in node.place.clean:
                pass
            elif candidates is not None and current is text:
                findings = self._found(text, node, 0, candidates)
            else:
                findings = self.find(current, node)
            if not findings:
                return Result(current, tuple(cuts)) if cuts else None
            findings = covering(findings, cuts) if cuts else settle(findings)
            current, cuts = replace(current, findings, cuts, partial(self.hide, node.place))
        return self.whole(text, HIDDEN, node)

    def find(self, text: str, node: Node, depth: int = 0) -> list[Finding]:
        """Return what stands in the text, however it is spelled, unsettled."""
        return self._piece(text, node, depth) if len(text) <= _PIECE else self._find_long(text, node, depth)

    def _piece(self, text: str, node: Node, depth: int) -> list[Finding]:
        candidates = self._prefilter.candidates(text)
        return self._found(text, node, depth, candidates) if candidates else []

    def _found(self, text: str, node: Node, depth: int, candidates: Sequence[int]) -> list[Finding]:
        found = self._scanner.find(text, node.place, candidates)
        if depth < _DEPTH:
            for trigger, read in self._readings:
                if trigger in candidates:
                    found += read(text, node, depth + 1, found)
        return found

    def _find_long(self, text: str, node: Node, depth: int) -> list[Finding]:
        """Look at a long text piece by piece: pieces overlap, and one grows while a find reaches its end."""
        found: list[Finding] = []
        # What is very long is often the same again and again: padding, rows of a table.
        pieces: dict[str, list[Finding]] = {}
        start, size = 0, _PIECE
        while start < len(text):
            end = min(start + size, len(text))
            piece = text[start:end]
            inner = pieces.get(piece)
            if inner is None:
                inner = pieces[piece] = self._piece(piece, node, depth)
            if end < len(text) and any(start + one.end >= end for one in inner) and size < _LARGEST_PIECE:
                size *= 2
                continue
            found += (
                one._replace(start=start + one.start, end=start + one.end)
                for one in inner
                # What stands before is not seen there; the piece before saw both.
                if not start or one.start > _OVERLAP // 2 or one.end > _OVERLAP
            )
            start, size = (end if end == len(text) else end - _OVERLAP), _PIECE
        return found

    def _decoded(self, text: str, node: Node, depth: int, _found: Sequence[Finding]) -> Iterator[Finding]:
        view = decoded(text)
        if view is not None and view.text != text:
            yield from map(view.original, self.find(view.text, node, depth))

    def _structured(self, text: str, _node: Node, depth: int, _found: Sequence[Finding]) -> Iterator[Finding]:
        start = START.search(text) if '"' in text or "'" in text else None
        if start is None or KEYED.search(text, start.start()) is None:
            return
        for leaf in leaves(text, start.start()):
            below = self._tree.root(TEXT)  # not `node`: what is found hangs on the text and its place alone
            for key in leaf.path:
                below = self._tree.child(below, key)
            if below.hider is None:
                yield from self._leaf(text, leaf, below, depth)
            elif not self._says_nothing(text[leaf.start : leaf.end]):
                yield from self._hidden(text, leaf, below, depth)

    def _hidden(self, text: str, leaf: Leaf, node: Node, depth: int) -> Iterator[Finding]:
        """Yield a value that its key hides, by what a rule names it, if one does (as `at`)."""
        whole = Finding(leaf.start, leaf.end, node.hider or HIDDEN)
        if node.place.actions and not is_of_rule(whole.pattern):
            named = (one for one in self._leaf(text, leaf, node, depth) if one.by and one[:2] == whole[:2])
            whole = next(named, whole)
        yield whole

    def _leaf(self, text: str, leaf: Leaf, node: Node, depth: int) -> Iterator[Finding]:
        view = unescaped(text, leaf.start, leaf.end) if leaf.quoted else None
        found: Iterable[Finding] = ()
        if view is not None:
            found = map(view.original, self.find(view.text, node, depth))
        elif node.place.actions or (leaf.quoted and node.place.told):
            inner = self.find(text[leaf.start : leaf.end], node, depth)
            found = (one._replace(start=one.start + leaf.start, end=one.end + leaf.start) for one in inner)
        actions = node.place.actions
        yield from (
            (one._replace(by=one.by or actions.get(one.pattern.id)) for one in found) if actions else found
        )

    def _queried(self, text: str, node: Node, depth: int, _found: Sequence[Finding]) -> Iterator[Finding]:
        for name, start, end in pairs(text):
            hider, value = self._tree.hider(name), text[start:end]
            if hider is not None and not self._says_nothing(value):
                yield Finding(start, end, hider)
            elif "+" in value:  # a space, as forms write it
                for one in self.find(value.replace("+", " "), node, depth):
                    if "+" in value[one.start : one.end]:
                        yield one._replace(start=start + one.start, end=start + one.end)

    def _wrapped(self, text: str, node: Node, depth: int, found: Sequence[Finding]) -> Iterator[Finding]:
        # What is in a longer find goes with it, under its name, whatever it holds: the parts of a JWT.
        cut = [(one.start, one.end) for one in found]
        for start, end, inner in unwrapped(text, cut):
            findings = settle(self.find(inner, node, depth))
            if findings:
                yield Finding(start, end, max(findings, key=lambda one: one.end - one.start).pattern)

    def _says_nothing(self, text: str) -> bool:
        return text in _SAYS_NOTHING or self.marks.only(text) or _TEMPLATE.match(text) is not None

    def whole(self, text: str, pattern: Pattern, node: Node) -> Result | None:
        """Return what becomes of a string that is hidden whole; None if there is nothing to hide any more."""
        says_nothing = not text or (text in _SAYS_NOTHING and not is_of_rule(pattern))
        if says_nothing or self.marks.value(text):
            return None
        hidden, action, rule = self.hide(node.place, Finding(0, len(text), pattern), text)
        return Result(hidden, (Cut(0, len(hidden), pattern, action, rule),))

    def hide(self, place: Place, finding: Finding, text: str) -> Put:
        """Return what stands in the place of a cut, and why; its place within a text comes first."""
        pattern = finding.pattern
        told = (finding.by, place.actions.get(pattern.id), self._tree.rules.own(pattern))
        action, rule = next((one for one in told if one and one[0]), next(filter(None, told)))
        # What nobody could look into in time is no find: of it no end is kept, and no token made.
        name = action or self._names.get(pattern.id, "replace")
        return Put(self._actions[name](pattern, text), name, rule)
