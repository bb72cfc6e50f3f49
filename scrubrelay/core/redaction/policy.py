"""What a project wants done with what is found; detection knows nothing of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.rules.rules import PathRule
from scrubrelay.core.redaction.text.marks import PLAIN_ACTIONS, Action, keyed_hash

MAX_DEPTH = 200
"""Deeper than any SDK nests; Sentry's own parser stops at about 124."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A project's `[redaction]` table.

    Args:
        action: `replace`, `mask`, `hash`, `partial` or `remove`.
        actions: The same for single packs, categories or pattern ids; the most exact name wins.
        hash_key: The key of `hash`.
        opaque: Whether payloads that nobody can look into are dropped or forwarded raw.
        client_ip: Whether `{{auto}}` may make a server fill in the address of the connection.
        budget: Seconds one pattern may take on one string.
        on_timeout: What follows when it takes longer: the string is hidden whole, or its item dropped.
        max_depth: Levels of nesting after which a document is dropped.
        safe_keys: Names whose values are not hidden for their name.
        sensitive_keys: More names whose values are hidden whole.
        rules: What holds at some paths only.
        dormant: The ids of patterns that are on only where a rule says so.
    """

    action: str = "replace"
    actions: Mapping[str, str] = field(default_factory=dict)
    hash_key: bytes | None = field(default=None, repr=False)
    opaque: Literal["drop", "forward"] = "drop"
    client_ip: Literal["drop", "keep"] = "drop"
    budget: float = 0.05
    on_timeout: Literal["hide", "drop"] = "hide"
    max_depth: int = MAX_DEPTH
    safe_keys: tuple[str, ...] = ()
    sensitive_keys: tuple[str, ...] = ()
    rules: tuple[PathRule, ...] = ()
    dormant: frozenset[str] = frozenset()

    def action_for(self, pattern: Pattern) -> str:
        """Return the name of the action for what this pattern finds."""
        pack = pattern.id.partition(".")[0]
        for name in (pattern.id, pack, *pattern.categories):
            if name in self.actions:
                return self.actions[name]
        return self.action

    def compile_actions(self, names: Iterable[str]) -> Mapping[str, Action]:
        """Return the actions of these names and of the rules, and `replace`, which hides whole strings.

        Raises:
            KeyError: The policy names an unknown action.
            ValueError: It hashes and has no key.
        """
        used = {"replace", *names, *(rule.action for rule in self.rules if rule.action)}
        if "hash" not in used:
            return {name: PLAIN_ACTIONS[name] for name in used}
        if not self.hash_key:
            raise ValueError("the action hash needs a hash_key")
        plain = {name: PLAIN_ACTIONS[name] for name in used - {"hash"}}
        return {**plain, "hash": keyed_hash(self.hash_key)}
