"""One walk over a parsed document: every key, string and number is looked at, and changed where it stands."""

from collections.abc import Callable, Container
from hashlib import blake2b
from typing import Any, Final

import orjson

from scrubrelay.core.errors import Reason, Unscrubbable
from scrubrelay.core.redaction.document.changes import Block, Change, Changes, Known, Path
from scrubrelay.core.redaction.document.memory import Memory
from scrubrelay.core.redaction.document.places import Node
from scrubrelay.core.redaction.formats.json import Raw
from scrubrelay.core.redaction.rules.rules import is_of_rule
from scrubrelay.core.redaction.text.spans import Cut
from scrubrelay.core.redaction.text.strings import Pointed, Strings

_SHORT: Final = 10**8
"""Numbers below mean something only under a key that says what they are."""
_PATIENCE: Final = 32
"""A node whose values were new so often in a row is asked every eighth time only."""
_FEW: Final = 4
_TYPED: Final = frozenset({"value", "type", "unit"})
_ATTRIBUTES: Final = frozenset({"string", "boolean", "integer", "double", "array"})
"""What an attribute may be (relay-event-schema); an exception has a type and a value too."""
_NUMBERS: Final = (int, float)


class Walk:
    """Walks documents (one at a time) and changes them in place.

    Args:
        strings: Scrubs what is met.
        memory: Remembers what was clean, and the paths.
        max_depth: Levels of nesting after which it refuses.
        remember: Whether dicts and lists may be known from before; numbers must be numbers then.
    """

    def __init__(self, strings: Strings, memory: Memory, max_depth: int, *, remember: bool = False) -> None:
        self._strings = strings
        self._memory = memory
        self._tree = memory.tree
        self._max_depth = max_depth
        self._remember = remember
        self._pointed: Pointed = {}
        self._learning = False
        self.changes: Changes = []
        self.keys = 0

    def run(self, document: Any, *, has_meta: bool, root: Node) -> Any:
        """Scrub a document; its containers are changed in place.

        Args:
            document: What was parsed.
            has_meta: Whether `_meta` at its root mirrors the document.
            root: The node of its root.

        Raises:
            Unscrubbable: It is nested too deep.
        """
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
        if kind is str:
            if value not in node.clean:
                self._string(holder, key, node, path)
        elif kind is dict or kind is list:
            self._container(holder, key, node, (*path, str(key)))
        elif kind is Raw or (kind in _NUMBERS and (node.numbers or not -_SHORT < value < _SHORT)):
            self._number(holder, key, node, path)
        elif kind is bool:
            self._boolean(holder, key, node, path)

    def _container(self, holder: Any, key: Any, node: Node, path: Path) -> None:
        """Scrub a dict or list, unless it is known from before; `path` is its own."""
        value = holder[key]
        walk = self._dict if type(value) is dict else self._list
        if not self._remember or not node.recurring:
            walk(value, node, path)
            return
        node.asked += 1
        if node.asked > _PATIENCE and node.asked % 8:
            walk(value, node, path)
            return
        digest = blake2b(orjson.dumps(value), digest_size=16).digest()
        known = node.known.get(digest)
        if known is None:
            self._learn(walk, value, node, path, digest)
            return
        node.asked = 0
        known.again = True
        self.keys += known.keys
        if known.changes:
            holder[key] = orjson.Fragment(known.written)
            self.changes.append(Block(path, known))

    def _dict(self, value: dict[str, Any], node: Node, path: Path) -> None:
        self._check_depth(path)
        self.keys += len(value)
        children = node.children
        own = {} if value.keys() <= children.keys() else self._meet(value, node, path)
        if own:  # what a key was says more than what it is called now
            children = {**children, **own}
        if "value" in value and self._is_named(value, node, children, path):
            return
        removed: list[str] = []
        for key, child_value in value.items():
            child = children[key]
            if child.removed and child_value is not None:
                removed.append(key)
                continue
            kind = type(child_value)
            if kind is str:
                if child_value not in child.clean:
                    self._string(value, key, child, path)
            elif kind is dict or kind is list:
                self._container(value, key, child, (*path, key))
            elif child_value is not None:
                self._value(value, key, child, path)
        for key in removed:
            self._remove(value, key, children[key], path)

    def _remove(self, value: dict[str, Any], key: str, node: Node, path: Path) -> None:
        del value[key]
        if node.hider is not None:
            _, rule = node.place.actions[node.hider.id]
            self.changes.append(Change((*path, key), (Cut(0, 0, node.hider, "remove", rule),), None))

    def _learn(
        self, walk: Callable[[Any, Node, Path], None], value: Any, node: Node, path: Path, digest: bytes
    ) -> None:
        keys, changes = self.keys, len(self.changes)
        outermost = not self._learning
        if outermost:
            self._learning = True
            new = self._memory.unmet(value)
            # A few may be ids that are spared, and are not worth it.
            self._pointed = self._strings.point(new) if len(new) > _FEW else {}
        walk(value, node, path)
        if outermost:
            self._learning = False
        made = tuple(one._replace(path=one.path[len(path) :]) for one in self.changes[changes:])
        written = orjson.dumps(value) if made else b""
        self._memory.keep(node, digest, Known(self.keys - keys, made, written))

    def _list(self, value: list[Any], node: Node, path: Path) -> None:
        self._check_depth(path)
        if _are_pairs(value):
            names = self._tree.child(node, "*")
            if names.hider is not None and is_of_rule(names.hider):
                names = self._plain  # the rule is about the values
            for index, pair in enumerate(value):
                inner = (*path, str(index))
                child = self._child(node, pair[0])
                self._value(pair, 0, names, inner)
                self._value(pair, 1, child, inner)
            return
        child = self._tree.child(node, "*")
        for index, entry in enumerate(value):
            if type(entry) is not str or entry not in child.clean:
                self._value(value, index, child, path)

    def _is_named(self, value: dict[str, Any], node: Node, children: dict[str, Node], path: Path) -> bool:
        """Scrub `{key: name, value: ...}` and typed attributes by the name that the value belongs to."""
        name = value.get("key", value.get("name"))
        type_ = value.get("type")
        typed = value.keys() <= _TYPED and type(type_) is str and type_ in _ATTRIBUTES
        if not typed and type(name) is not str:
            return False
        named = self._tree.typed(node) if typed else self._child(node, str(name))
        was = value["value"]
        self._value(value, "value", named, path)
        for key in value:
            if key != "value":
                self._value(value, key, self._plain if typed else children[key], path)
        if typed and isinstance(was, _NUMBERS) and type(value["value"]) is str:
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
        child = self._tree.unmet(node, key)  # it is known when it was looked at, not before
        reading = self._tree.key_of(child)
        clean = key in reading.place.clean
        result = None if clean else self._strings.scrub(key, reading, self._pointed)
        if result is None:
            node.children[key] = child
            if not clean:
                self._memory.add(key, reading)
        else:
            child.renamed = result.text
            child.cuts = result.cuts
            # What is left of a name may call for hiding where the whole of it did not: `token=url`, cut.
            child.hide_by(self._tree.child(node, result.text).hider)
        return child

    def _string(self, holder: Any, key: Any, node: Node, path: Path) -> None:
        text = holder[key]
        if node.exempt is not None and node.exempt.fullmatch(text):
            return
        result = self._strings.at(text, node, self._pointed)
        if result is None:
            if node.hider is None:
                self._memory.add(text, node)
            return
        holder[key] = result.text
        if node.hider is None:
            self._memory.add(result.text, node)
        size = len(text.encode("utf-8", "surrogatepass"))
        self.changes.append(Change((*path, str(key)), result.cuts, result.text, len(text), size))

    def _boolean(self, holder: Any, key: Any, node: Node, path: Path) -> None:
        if node.hider is not None and is_of_rule(node.hider):  # other keys may say whether something was set
            self._number(holder, key, node, path)

    def _number(self, holder: Any, key: Any, node: Node, path: Path) -> None:
        value = holder[key]
        text = str(int(value)) if type(value) is float and value.is_integer() else str(value)
        if node.hider is None and text in node.clean:
            return
        if node.exempt is not None and node.exempt.fullmatch(text):
            return
        result = self._strings.at(text, node)
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
                self._remembered_meta(meta[key], child, (*path, key))

    def _remembered_meta(self, meta: dict[str, Any], node: Node, path: Path) -> None:
        if not self._remember or len(path) > 2:
            self._meta(meta, node, path)
            return
        digest = blake2b(b"_meta" + orjson.dumps(meta), digest_size=16).digest()
        known = node.known.get(digest)
        if known is not None:
            known.again = True
            self.keys += known.keys
            return
        keys, changes = self.keys, len(self.changes)
        self._meta(meta, node, path)
        if len(self.changes) == changes:
            self._memory.keep(node, digest, Known(self.keys - keys))

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
