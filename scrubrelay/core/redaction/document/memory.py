"""What was clean or is known from earlier documents, so that most of the next is not looked at again."""

from typing import Any, Final

from scrubrelay.core.redaction.document.changes import Known
from scrubrelay.core.redaction.document.places import Node, Tree
from scrubrelay.core.redaction.text.strings import SHORT

_MET: Final = 100_000
"""Strings of which is known that they were met."""
_TEXTS: Final = 12 * 1024 * 1024
"""Bytes that clean strings weigh, about; then those go that are not met again while as many come."""
_TEXT: Final = 150
"""Bytes that a remembered string takes beside its characters."""
_VALUES: Final = 32 * 1024 * 1024
"""Bytes that dicts and lists weigh, about; then those go that came once, and if that is not enough, all."""
_KNOWN: Final = 500
"""Bytes that one takes by itself."""
_ENOUGH: Final = 0.75
"""What is full to so much of it once those are gone would soon be full again."""
_CHANGE: Final = 1000
"""Bytes that a remembered change weighs, with its remark and its redactions."""


class Memory:
    """Remembers what was seen, over all documents, so that it stays bounded.

    What was clean in a string is remembered by the string, in its place; what became of a whole dict or list
    by a digest of it, in its node. Nothing in which something was found is kept as it was.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._texts = 0
        self._values = 0
        self._nodes: list[Node] = []
        self._met: set[int] = set()

    def unmet(self, value: Any) -> list[str]:
        """Return the short strings and keys in a dict or list that were never met; then they are.

        A string that is taken for one that was met is looked at all the same, only alone.
        """
        met = self._met
        if len(met) > _MET:
            met.clear()
        new: list[str] = []
        inner = [value]
        for one in inner:
            texts = [*one, *one.values()] if type(one) is dict else one
            for text in texts:
                if type(text) is str:
                    mark = hash(text)
                    if mark not in met and len(text) <= SHORT:
                        met.add(mark)
                        new.append(text)
                elif type(text) is dict or type(text) is list:
                    inner.append(text)
        return new

    def add(self, text: str, node: Node) -> None:
        """Remember a string as clean where it stands."""
        if len(text) <= SHORT:
            node.place.clean.add(text)
            self._texts += _TEXT + len(text)
            if self._texts > _TEXTS:
                self.tree.age()
                self._texts = 0

    def keep(self, node: Node, digest: bytes, known: Known) -> None:
        """Remember what became of a dict or list."""
        if not node.known:
            self._nodes.append(node)
        node.known[digest] = known
        self._values += _weight(node, known)
        if self._values > _VALUES:
            self._forget_what_came_once()
            if self._values > _ENOUGH * _VALUES:
                self._forget_values()

    def _forget_what_came_once(self) -> None:
        """Forget dicts and lists that were not seen again: a time or an id in them may be the reason."""
        for node in self._nodes:
            once = [(digest, one) for digest, one in node.known.items() if not one.again]
            for digest, one in once:
                self._values -= _weight(node, one)
                del node.known[digest]
            for one in node.known.values():
                one.again = False
        self._nodes = [node for node in self._nodes if node.known]

    def _forget_values(self) -> None:
        for node in self._nodes:
            node.known.clear()
        self._values, self._nodes = 0, []


def _weight(node: Node, known: Known) -> int:
    """Return about how many bytes it takes to remember a dict or list."""
    # `written`, and twice the remarks of an SDK with ours, which are kept if they are no longer.
    held = 4 * len(known.written) + _CHANGE * len(known.changes) + sum(map(len, node.path))
    return _KNOWN + held
