"""One project's scrubber: a library and a policy, applied to items, headers, documents and texts."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final

import regex

from scrubrelay.core.errors import Reason, Unscrubbable
from scrubrelay.core.redaction.detectors.keys import KeyRules
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.document.addresses import FIELDS
from scrubrelay.core.redaction.document.changes import Block, Change, Changes, Known, Path, single
from scrubrelay.core.redaction.document.documents import Documents
from scrubrelay.core.redaction.document.exempt import CLIENT_ADDRESS, EXEMPT
from scrubrelay.core.redaction.document.memory import Memory
from scrubrelay.core.redaction.document.places import Node
from scrubrelay.core.redaction.explain import Explainer, NearMiss
from scrubrelay.core.redaction.formats import attachment, json, text
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.rules.rules import PathRules
from scrubrelay.core.redaction.text.marks import Marks
from scrubrelay.core.redaction.text.strings import HIDDEN, Strings, custom
from scrubrelay.core.wire.envelope import Item
from scrubrelay.core.wire.items import Shape, kind_of

__all__ = ["Policy", "Redaction", "Redactor", "Scrubbed"]

_REMARKED: Final = frozenset({"event", "transaction", "feedback", "replay_event", "security", "span"})
"""Item types whose payload has `_meta` at its root."""
_TOLD: Final = 2
"""Places of one known value whose redactions are remembered."""
_PLACES: Final = 256
"""Keys whose place is remembered; those that a key is made of are some dozen, and tags."""
_TYPE: Final = regex.compile(r"[a-z][a-z_]{0,31}")
_COUNTS: Final = frozenset({"length", "item_count", "meta_length"})
"""What an item's header says of its payload; spared while it is a number."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """A finding and what was done about it; nothing here can hold the hidden text.

    Args:
        path: Where, dotted from the root of the payload.
        pattern: The pattern's id.
        action: What was done with it.
        count: How often there.
        rule: The number of the `[[redaction.rule]]` that asked for it; 0 if none did.
    """

    path: str
    pattern: str
    action: str
    count: int = 1
    rule: int = 0


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """An item that may go on.

    Args:
        item: The same object if nothing was found.
        redactions: What was found.
    """

    item: Item
    redactions: tuple[Redaction, ...] = ()


class Redactor:
    """Scrubs with one library by one policy; safe to use from several threads."""

    def __init__(self, library: Library, policy: Policy | None = None) -> None:
        self._policy = policy = policy or Policy()
        self.library = library
        patterns = (
            *library.key_patterns,
            *((custom(policy.sensitive_keys),) if policy.sensitive_keys else ()),
        )
        spared = dict(EXEMPT)
        if policy.client_ip == "keep":
            spared.update((field, CLIENT_ADDRESS) for field in FIELDS)
        marks = Marks({*(one.label for one in (*library.patterns, HIDDEN))})
        known = frozenset(one.id for one in (*library.patterns, *patterns))
        rules = PathRules(policy.rules, policy.dormant, known)
        self._tree = library.tree(KeyRules(patterns, policy.safe_keys), marks, spared, rules)
        self._strings = Strings(library, policy, self._tree, marks)
        self._memory = Memory(self._tree)
        self._places: dict[str, tuple[Node, Node]] = {}
        self._documents = Documents(self._strings, self._memory, policy)

    def item(self, item: Item) -> Scrubbed:
        """Scrub an item: its payload, as its type demands, and its header.

        Raises:
            Unscrubbable: It cannot be looked into, so it must not go on.
        """
        payload, changes = self._payload(item)
        own, more = self._headers(item.headers, _framing(item))
        redactions = (*self._redactions(changes), *self._redactions(more, "headers"))
        if payload is item.payload and not more:  # a payload may change without a redaction: a repeated key
            return Scrubbed(item)
        return Scrubbed(replace(item, headers=own, line=None).replace(payload), redactions)

    def renewed(self, library: Library | None = None) -> "Redactor":
        """Return one that remembers nothing yet, with another library if one is given."""
        return Redactor(library or self.library, self._policy)

    def near(self, item: Item) -> tuple[NearMiss, ...]:
        """Return the patterns that came near in what scrubbing left of an item.

        Args:
            item: As `item` returned it; nothing is said of what is no JSON or has a spelling of its own.
        """
        if kind_of(item).shape not in (Shape.JSON, Shape.CONTAINER):
            return ()
        try:
            document = json.loads(item.payload)
        except ValueError:
            return ()
        explainer = Explainer(self.library, self._strings.marks, self._tree)
        return tuple(explainer.document(document, item.type))

    def changes(self, item: Item) -> list[Change]:
        """Return what scrubbing does to an item, string by string, with placed cuts.

        Raises:
            Unscrubbable: As `item`.
        """
        _, changes = self._payload(item)
        _, more = self._headers(item.headers, _framing(item))
        return [*single(changes), *single(tuple(more), ("headers",))]

    def headers(self, headers: Mapping[str, Any]) -> tuple[Mapping[str, Any], tuple[Redaction, ...]]:
        """Scrub an envelope's header, all but its DSN, which `pipeline` writes anew.

        The same object comes back if nothing was found.
        """
        own, changes = self._headers(headers, frozenset({"dsn"}))
        return (own if changes else headers), self._redactions(changes)

    def json_document(self, data: bytes) -> tuple[bytes, tuple[Redaction, ...]]:
        """Scrub a JSON document, as if it were an event; the same object comes back if nothing was found.

        Raises:
            Unscrubbable: It is no JSON, or nested too deep.
        """
        scrubbed, changes = self._documents.scrub(data, has_meta=True, kind="event")
        return scrubbed, self._redactions(changes)

    def text(self, text: str, key: str = "") -> tuple[str, tuple[Redaction, ...]]:
        """Scrub a text that stands under a key (dotted, from the root), or under none."""
        node = self._tree.root()
        for step in key.split(".") if key else ():
            node = self._tree.child(node, step)
        result = self._strings.at(text, node)
        if result is None:
            return text, ()
        path = tuple(key.split("."))
        return result.text, self._redactions([Change(path, result.cuts, result.text)])

    def remains(self, text: str, key: str) -> str:
        """Return what scrubbing an event leaves of a text under a key (dotted; `*` for a list's members).

        For keys made of a text that goes nowhere: never raises, and is quick where a text was met before.
        """
        root = self._tree.root()
        known, node = self._places.get(key, (None, root))
        if known is not root:  # not met yet, or the tree was forgotten
            node = root
            for step in key.split("."):
                node = self._tree.child(node, step)
            if len(self._places) >= _PLACES:
                self._places.clear()
            self._places[key] = root, node
        if text in node.clean:
            return text
        try:
            result = self._strings.at(text, node)
        except Unscrubbable:
            return HIDDEN.label
        if result is None:
            self._memory.add(text, node)
        return text if result is None else result.text

    def _payload(self, item: Item) -> tuple[bytes, Changes]:
        kind = kind_of(item)
        if kind.shape in (Shape.JSON, Shape.CONTAINER):
            return self._documents.scrub(item.payload, has_meta=item.type in _REMARKED, kind=item.type)
        if kind.shape is Shape.PROFILE_CHUNK and "meta_length" not in item.headers:
            return self._documents.scrub(item.payload)
        if kind.shape is Shape.TEXT:
            return text.scrub(self._documents, item.payload)
        if kind.shape is Shape.ATTACHMENT:
            return self._attachment(item)
        return self._opaque(item)

    def _attachment(self, item: Item) -> tuple[bytes, Changes]:
        try:
            return attachment.scrub(self._documents, item)
        except Unscrubbable as error:
            if error.reason is Reason.NOT_UNDERSTOOD:
                return self._opaque(item)
            raise

    def _opaque(self, item: Item) -> tuple[bytes, Changes]:
        if self._policy.opaque == "forward":
            return item.payload, []
        raise Unscrubbable(Reason.NOT_UNDERSTOOD, f"no scrubber for {kind_of(item).shape.value}")

    def _headers(
        self, headers: Mapping[str, Any], spared: AbstractSet[str]
    ) -> tuple[Mapping[str, Any], Changes]:
        own = deepcopy({key: value for key, value in headers.items() if key not in spared})
        scrubbed, changes = self._documents.value(own)
        if not changes:
            return headers, []
        return {**{key: value for key, value in headers.items() if key in spared}, **scrubbed}, changes

    def _redactions(self, changes: Iterable[Change | Block], *prefix: str) -> tuple[Redaction, ...]:
        """Return what was done, each once, in the order in which it was met first."""
        counts: dict[tuple[str, str, str, int], int] = {}
        rows: dict[tuple[str | int, ...], tuple[Redaction, ...]] = {}
        for change in changes:
            path = (*prefix, *change.path)
            if isinstance(change, Block):
                rows[path] = self._of_known(change.known, path)
                continue
            for cut in change.cuts:
                what = (".".join(path), cut.pattern.id, cut.action, cut.rule)
                counts[what] = counts.get(what, 0) + 1
                rows[what] = (Redaction(*what[:3], counts[what], cut.rule),)
        return tuple(one for those in rows.values() for one in those)

    def _of_known(self, known: Known, path: Path) -> tuple[Redaction, ...]:
        told = known.told.get(path)
        if told is None:
            if len(known.told) >= _TOLD:
                known.told.clear()
            told = known.told[path] = self._redactions(known.changes, *path)
        return told


def _framing(item: Item) -> AbstractSet[str]:
    """Return the keys of an item's header that envelopes are read by, where they hold what belongs there."""
    counts = {
        key
        for key in _COUNTS & item.headers.keys()
        if type(item.headers[key]) is int and item.headers[key] < 10**9
    }
    return counts | {"type"} if _TYPE.fullmatch(item.type) else counts
