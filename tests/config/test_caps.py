"""From the `[caps]` table to what caps the events of a project."""

import pytest

from scrubrelay.config.caps import cap_of
from scrubrelay.config.load import load
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.stack_rules import StackRules

RULES = "path:**/generated/** -app\nfunction:with_retry ^-group -group"


def test_rules_of_sentry_are_taken_as_they_are(tmp_path):
    path = tmp_path / "relay.toml"
    path.write_text(f"[caps]\nstack_rules = '''\n{RULES}\n'''\n")
    cap = cap_of(load(path, {}))
    assert cap is not None
    assert len(cap.stack_rules.rules) == len(StackRules.parse(RULES).rules) == 2


def test_a_line_that_is_no_rule_is_told(tmp_path):
    path = tmp_path / "relay.toml"
    path.write_text("[caps]\nstack_rules = 'color:red -app'\n")
    with pytest.raises(ConfigError) as told:
        load(path, {})
    assert "stack_rules" in told.value.problems[0]
    assert "line 1" in told.value.problems[0]
