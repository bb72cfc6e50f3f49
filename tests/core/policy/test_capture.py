"""What an operator has switched off."""

import pytest

from scrubrelay.core.policy.capture import EVERYTHING, Capture, Switch

NOW = 1_800_000_000.0


def off(project_id: int | None = None, until: float | None = None) -> Switch:
    return Switch(project_id, NOW - 10, until, "on-call")


@pytest.mark.parametrize(
    ("capture", "takes", "state"),
    [
        (EVERYTHING, True, "on"),
        (Capture((off(),)), False, "off"),
        (Capture((off(1),)), False, "partly"),
        (Capture((off(2),)), True, "partly"),
        (Capture((off(2), off())), False, "off"),
        (Capture((off(until=NOW + 1),)), False, "off"),
        (Capture((off(until=NOW),)), True, "on"),
    ],
)
def test_what_is_taken_of_project_one(capture, takes, state):
    assert (capture.takes(1, NOW), capture.state(NOW)) == (takes, state)
