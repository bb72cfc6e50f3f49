"""One walk over a parsed document: every key, string and number is looked at, and changed where it stands."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Any, Final

from scrubrelay.core.errors import Reason, Unscrubbable
from scrubrelay.core.redaction.formats.json import Raw
from scrubrelay.core.redaction.places import Node, Tree
from scrubrelay.core.redaction.spans import Cut
from scrubrelay.core.redaction.strings import Strings

_SHORT: Final = 10**8
"""Numbers below mean something only under a key that says what they are."""
_REMEMBERED: Final = 1024
"""Longer strings are rarely the same twice, and would fill the memory."""
_MEMORY: Final = 100_000
"""Strings remembered as clean, in all; then it starts anew."""
_TYPED: Final = frozenset({"value", "type", "unit"})
_NUMBERS: Final = (int, float)

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What was done at one path.

    Args:
        path: Keys and indices from the root, as they are called afterwards.
        cuts: What was cut there, placed in `text`.
        text: The string that stands there now; None where a key was deleted.
        was: The length of the string that was there, in code points; 0 if it was none.
        was_bytes: Its length in UTF-8.
        is_key: The path's last key is what was changed, not the value under it.
    """

    path: Path
    cuts: tuple[Cut, ...]
    text: str | None
    was: int = 0
    was_bytes: int = 0
    is_key: bool = False


class Memory:
    """Counts what is remembered over all documents, so that it stays bounded."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._count = 0

    def add(self, text: str, node: Node) -> None:
        """Remember a string as clean where it stands."""
        if len(text) > _REMEMBERED:
            return
        if self._count > _MEMORY:
            self.tree.forget()
            self._count = 0
        self._count += 1
        node.place.clean.add(text)


class Walk:
    """Walks documents (one at a time) and changes them in place.

    Args:
        strings: Scrubs what is met.
        memory: Remembers what was clean, and the paths.
        max_depth: Levels of nesting after which it refuses.
    """

    def __init__(self, strings: Strings, memory: Memory, max_depth: int) -> None:
        self._strings = strings
        self._memory = memory
        self._tree = memory.tree
        self._max_depth = max_depth
        self.changes: list[Change] = []
        self.keys = 0
        self.floats = False

    def run(self, document: Any, *, has_meta: bool) -> Any:
        """Scrub a document; its containers are changed in place.

        Args:
            document: What was parsed.
            has_meta: Whether `_meta` at its root mirrors the document.

        Raises:
            Unscrubbable: It is nested too deep.
        """
        root = self._tree.root()
        holder = [document]
        meta = document.get("_meta") if has_meta and type(document) is dict else None
        if type(meta) is dict:
            document["_meta"] = None  # the walk passes null by
            self._meta(meta, root, ("_meta",))  # first: the walk would rename its keys
        if type(document) is dict:
            self._dict(document, root, ())
        elif type(document) is list:
            self._list(document, root, ())
        else:
            self._value(holder, 0, root, ())
        if type(meta) is dict:
            document["_meta"] = meta
        return holder[0]

    def _value(self, holder: Any, key: Any, node: Node, path: Path) -> None:
        """Scrub what `holder` has under `key`; `path` is the holder's."""
        value = holder[key]
        kind = type(value)
        if kind is float:
            self.floats = True
        if kind is str:
            if value not in node.clean:
                self._string(holder, key, node, path)
        elif kind is dict:
            self._dict(value, node, (*path, str(key)))
        elif kind is list:
            self._list(value, node, (*path, str(key)))
        elif kind is Raw or (kind in _NUMBERS and (node.numbers or not -_SHORT < value < _SHORT)):
            self._number(holder, key, node, path)

    def _dict(self, value: dict[str, Any], node: Node, path: Path) -> None:
        self._check_depth(path)
        self.keys += len(value)
        children = node.children
        own = {} if value.keys() <= children.keys() else self._meet(value, node, path)
        if "value" in value and self._is_named(value, node, own, path):
            return
        for key, child_value in value.items():
            child = children.get(key) or own[key]
            kind = type(child_value)
            if kind is str:
                if child_value not in child.clean:
                    self._string(value, key, child, path)
            elif kind is dict:
                self._dict(child_value, child, (*path, key))
            elif child_value is not None:
                self._value(value, key, child, path)

    def _list(self, value: list[Any], node: Node, path: Path) -> None:
        self._check_depth(path)
        if _are_pairs(value):
            for index, pair in enumerate(value):
                inner = (*path, str(index))
                child = self._child(node, pair[0])
                self._value(pair, 0, self._tree.child(node, "*"), inner)
                self._value(pair, 1, child, inner)
            return
        child = self._tree.child(node, "*")
        for index, entry in enumerate(value):
            if type(entry) is not str or entry not in child.clean:
                self._value(value, index, child, path)

    def _is_named(self, value: dict[str, Any], node: Node, own: dict[str, Node], path: Path) -> bool:
        """Scrub `{key: name, value: ...}` and typed attributes by the name that the value belongs to."""
        name = value.get("key", value.get("name"))
        typed = value.keys() <= _TYPED and "type" in value
        if not typed and type(name) is not str:
            return False
        named = node if typed else self._child(node, str(name))
        was = value["value"]
        self._value(value, "value", named, path)
        for key in value:
            if key != "value":
                self._value(value, key, self._plain if typed else node.children.get(key) or own[key], path)
        if typed and type(was) in _NUMBERS and type(value["value"]) is str:
            value["type"] = "string"
        return True

    def _meet(self, value: dict[str, Any], node: Node, path: Path) -> dict[str, Node]:
        """Look at keys that are new here; those that hold a finding are renamed, and not remembered."""
        own: dict[str, Node] = {}
        names = {}
        for key in value:
            child = self._child(node, key)
            if child.renamed is not None:
                names[key] = name = _unique(child.renamed, value, own)
                own[name] = child
        if own:
            entries = [(names.get(key, key), entry) for key, entry in value.items()]
            value.clear()
            value.update(entries)
            self.changes.extend(
                Change((*path, name), child.cuts, name, is_key=True) for name, child in own.items()
            )
        return own

    def _child(self, node: Node, key: str) -> Node:
        known = node.children.get(key)
        if known is not None:
            return known
        child = self._tree.child(node, key)
        result = self._strings.scrub(key, child)
        if result is not None:
            del node.children[key]
            child.renamed = result.text
            child.cuts = result.cuts
            # What is left of a name may call for hiding where the whole of it did not: `token=url`, cut.
            child.hide_by(self._tree.child(node, result.text).hider)
        return child

    def _string(self, holder: Any, key: Any, node: Node, path: Path) -> None:
        text = holder[key]
        if node.exempt is not None and node.exempt.fullmatch(text):
            return
        if node.hider is not None:
            result = self._strings.whole(text, node.hider)
        else:
            result = self._strings.scrub(text, node)
        if result is None:
            if node.hider is None:
                self._memory.add(text, node)
            return
        holder[key] = result.text
        size = len(text.encode("utf-8", "surrogatepass"))
        self.changes.append(Change((*path, str(key)), result.cuts, result.text, len(text), size))

    def _number(self, holder: Any, key: Any, node: Node, path: Path) -> None:
        value = holder[key]
        text = str(int(value)) if type(value) is float and value.is_integer() else str(value)
        if node.hider is None and text in node.clean:
            return
        result = self._strings.whole(text, node.hider) if node.hider else self._strings.scrub(text, node)
        if result is None:
            self._memory.add(text, node)
            return
        holder[key] = result.text
        self.changes.append(Change((*path, str(key)), result.cuts, result.text))

    def _meta(self, meta: dict[str, Any], node: Node, path: Path) -> None:
        """Scrub `_meta`: it mirrors the document's keys, and `val` holds what stood there."""
        self._check_depth(path)
        self.keys += len(meta)
        self._meet(meta, node, path)
        for key in list(meta):
            if key == "" or type(meta[key]) is not dict:
                self._info(meta, key, node, path)
            else:
                child = self._tree.child(node, "*" if key.isdecimal() else key)
                self._meta(meta[key], child, (*path, key))

    def _info(self, meta: dict[str, Any], key: str, node: Node, path: Path) -> None:
        info = meta[key]
        if type(info) is not dict:
            self._value(meta, key, self._plain, path)
            return
        self.keys += len(info)
        for name in info:
            if name == "val":
                self._value(info, name, node, (*path, key))
            else:
                self._flat(info, name, (*path, key))

    def _flat(self, holder: Any, key: Any, path: Path) -> None:
        """Scrub what no key says anything about: remarks look like pairs, rules are named like keys."""
        value = holder[key]
        if type(value) in (dict, list):
            self._check_depth(path)
            if type(value) is dict:
                self.keys += len(value)
                self._meet(value, self._plain, path)
            for inner in list(value) if type(value) is dict else range(len(value)):
                self._flat(value, inner, (*path, str(key)))
        else:
            self._value(holder, key, self._plain, path)

    @property
    def _plain(self) -> Node:
        """A place about which nothing is known."""
        return self._tree.child(self._tree.root(), "_meta")

    def _check_depth(self, path: Path) -> None:
        if len(path) > self._max_depth:
            raise Unscrubbable(Reason.TOO_DEEP, f"nested deeper than {self._max_depth} levels")


def _are_pairs(value: list[Any]) -> bool:
    """Tell whether a list is a mapping written as `[[key, value], ...]`."""
    if not value or type(value[0]) is not list:
        return False
    return all(type(one) is list and len(one) == 2 and type(one[0]) is str for one in value)


def _unique(name: str, *taken: Container[str]) -> str:
    """Return the name, numbered if it is taken: `[email]`, `[email] 2`."""
    found, number = name, 1
    while any(found in names for names in taken):
        number += 1
        found = f"{name} {number}"
    return found
