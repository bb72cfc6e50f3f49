"""One project's scrubber: a library and a policy, applied to items, headers, documents and texts."""

from dataclasses import dataclass
from typing import Any

import orjson

from scrubrelay.core.redaction.keys import KeyRules
from scrubrelay.core.redaction.library import Library
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.strings import CUSTOM, Strings
from scrubrelay.core.redaction.pattern import Pattern
from scrubrelay.core.redaction.places import Node


@dataclass(frozen=True, slots=True)
class Redaction:
    """A finding and what was done about it; nothing here can hold the hidden text.

    Args:
        path: Where, dotted from the root of the payload.
        pattern: The pattern's id.
        action: What was done with it.
    """

    path: str
    pattern: str
    action: str
    count: int = 1


class Redactor:
    """Scrubs with one library by one policy; safe to use from several threads."""

    def __init__(self, library: Library, policy: Policy = Policy()) -> None:
        keys = KeyRules(library.key_patterns, policy.safe_keys)
        self._tree = library.tree(keys)
        self._strings = Strings(library, policy, self._tree)
        self._policy = policy

    def text(self, text: str, key: str = "") -> tuple[str, tuple[Redaction, ...]]:
        """Scrub a text that stands under a key, or under none."""
        node = self._tree.root()
        for step in key.split(".") if key else ():
            node = self._tree.child(node, step)
        result = self._strings.whole(text, node.hider) if node.hider else self._strings.scrub(text, node)
        if result is None:
            return text, ()
        return result.text, tuple(Redaction(key, cut.pattern.id, self._policy.action_for(cut.pattern)) for cut in result.cuts)
