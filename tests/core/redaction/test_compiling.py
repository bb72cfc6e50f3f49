"""What an earlier run compiled is used if it is whole, of the same rules and of this machine."""

from dataclasses import replace

import pytest

from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.engine import compiling
from scrubrelay.core.redaction.engine.compiling import HAS_ENGINE, Group, loaded, made

pytestmark = pytest.mark.skipif(not HAS_ENGINE, reason="no engine for this machine")


@pytest.fixture
def rules(small_pack) -> tuple[Pattern, ...]:
    return tuple(one for one in small_pack.patterns if not one.is_key)


@pytest.fixture
def group(rules) -> Group:
    return Group((4, 2, 7), rules)


def test_what_was_made_is_loaded_without_being_made_again(group):
    ready = made(group)
    again = loaded(ready.dumped(), group)
    assert (again.name, again.indices, again.numbers) == (ready.name, ready.indices, ready.numbers)
    assert (again.new, len(again.databases)) == (False, len(ready.databases))


def test_rules_are_known_wherever_they_stand_in_a_library(rules, group):
    assert loaded(made(group).dumped(), Group((0, 1, 2), rules)).indices == (0, 1, 2)


@pytest.mark.parametrize(
    "changed",
    [
        lambda rules: rules[::-1],
        lambda rules: rules[:-1],
        lambda rules: (replace(rules[0], keywords=("%",)), *rules[1:]),
        lambda rules: (replace(rules[0], match="a"), *rules[1:]),
    ],
)
def test_other_rules_are_compiled(rules, group, changed):
    others = changed(rules)
    assert loaded(made(group).dumped(), Group(group.indices, others)) is None


def test_a_database_that_the_engine_refuses_is_made_again(group):
    """As that of a machine with another processor, whose folder has moved here."""
    parts = (b"", b"a database of another machine")
    body = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    assert loaded(compiling._seal(group.name, body) + body, group) is None


@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_bit_that_has_changed_is_noticed(group, at):
    saved = bytearray(made(group).dumped())
    saved[at] ^= 1
    assert loaded(bytes(saved), group) is None
