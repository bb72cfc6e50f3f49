"""Scrubs one JSON document, bytes in and bytes out."""

from typing import Any

from scrubrelay.core.errors import Reason, Unscrubbable
from scrubrelay.core.redaction.document.addresses import forbid_inference, without_labels
from scrubrelay.core.redaction.document.changes import Change, Changes, single
from scrubrelay.core.redaction.document.memory import Memory
from scrubrelay.core.redaction.document.remarks import annotate
from scrubrelay.core.redaction.document.walk import Walk
from scrubrelay.core.redaction.formats import json
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.rules.rules import TEXT
from scrubrelay.core.redaction.text.strings import Strings


class Documents:
    """Scrubs JSON documents.

    Args:
        strings: Scrubs what is in them.
        memory: Remembers what was clean.
        policy: How deep to go, and whether the client's address may be inferred.
    """

    def __init__(self, strings: Strings, memory: Memory, policy: Policy) -> None:
        self._strings = strings
        self._memory = memory
        self._policy = policy

    def scrub(
        self, data: bytes, *, has_meta: bool = False, kind: str = "attachment"
    ) -> tuple[bytes, Changes]:
        """Return the scrubbed document (the same object if it stays as it is) and what was changed.

        Args:
            data: The document.
            has_meta: Whether it can hold `_meta` at its root.
            kind: The type of the item, which rules for single paths go by.

        Raises:
            Unscrubbable: It is no JSON, or nested too deep.
        """
        try:
            document = json.loads(data)
        except ValueError:
            return self._exactly(data, has_meta=has_meta, kind=kind)
        exact = json.is_written_so(document, data)
        walk, scrubbed, changes = self._walk(document, has_meta=has_meta, kind=kind, remember=True)
        if not exact and (json.may_repeat_keys(data, walk.keys) or (changes and json.is_respelled(data))):
            return self._exactly(data, has_meta=has_meta, kind=kind)
        return (json.dumps(scrubbed), changes) if changes else (data, [])

    def value(self, document: Any, *, has_meta: bool = False) -> tuple[Any, Changes]:
        """Scrub a parsed document, which is changed in place."""
        _, scrubbed, changes = self._walk(document, has_meta=has_meta, kind="headers")
        return scrubbed, changes

    def text(self, text: str) -> tuple[str, Changes]:
        """Scrub a text that stands under no key."""
        result = self._strings.scrub(text, self._memory.tree.root(TEXT))
        return (result.text, [Change((), result.cuts, result.text)]) if result else (text, [])

    def _exactly(self, data: bytes, *, has_meta: bool, kind: str) -> tuple[bytes, Changes]:
        document, repeated = json.loads_exact(data)
        _, scrubbed, changes = self._walk(document, has_meta=has_meta, kind=kind)
        if not changes and not repeated:
            return data, []
        return json.dumps_exact(scrubbed), changes

    def _walk(
        self, document: Any, *, has_meta: bool, kind: str, remember: bool = False
    ) -> tuple[Walk, Any, Changes]:
        walk = Walk(self._strings, self._memory, self._policy.max_depth, remember=remember)
        changes: Changes = list(forbid_inference(document)) if self._policy.client_ip == "drop" else []
        keys = sum(change.text is None for change in single(changes))
        try:
            scrubbed = walk.run(document, has_meta=has_meta, root=self._memory.tree.root(kind))
        except RecursionError as error:
            raise Unscrubbable(Reason.TOO_DEEP, "nested too deep to be walked") from error
        walk.keys += keys
        changes += without_labels(scrubbed, walk.changes)
        if changes and has_meta and type(scrubbed) is dict:
            annotate(scrubbed, changes)
        return walk, scrubbed, changes
