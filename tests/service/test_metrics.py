"""What Prometheus reads."""

import pytest

from scrubrelay.service.metrics import exposition

FIGURES = {
    "configuration": {
        "generation": 3,
        "problems": ["one"],
        "loaded_at": 1700000000.0,
        "reloads": {"taken": 2, "refused": 1},
    },
    "capture": {"state": "partly", "off": [{"project_id": 7, "since": 1.0, "until": None, "who": "a"}]},
    "store": {"used_bytes": 10, "max_bytes": 20, "waiting": 1, "dead": 2, "kept": 0, "oldest": None},
    "caps": {"issues": 4, "active": 1, "reached": 2, "suppressed": 30},
    "targets": [{"target": "https://sentry.example.com", "down": True}],
    "ledger": [
        {"project_id": 1, "category": "error", "target": "", "fate": "received", "quantity": 5},
        {"project_id": 1, "category": "error", "target": "t", "fate": "waiting", "quantity": 2},
    ],
}


@pytest.mark.parametrize(
    "line",
    [
        'scrubrelay_items_total{category="error",fate="received",project="1",target=""} 5.0',
        'scrubrelay_items_waiting{category="error",project="1",target="t"} 2.0',
        'scrubrelay_target_down{target="https://sentry.example.com"} 1.0',
        'scrubrelay_capture_off{project=""} 0.0',
        'scrubrelay_capture_off{project="7"} 1.0',
        "scrubrelay_outbox_bytes 10.0",
        "scrubrelay_caps_active 1.0",
        "scrubrelay_caps_issues 4.0",
        "scrubrelay_caps_reached_total 2.0",
        "scrubrelay_events_suppressed_total 30.0",
        "scrubrelay_outbox_dead 2.0",
        "scrubrelay_config_generation 3.0",
        "scrubrelay_config_reload_failed 1.0",
        "scrubrelay_config_loaded_timestamp_seconds 1.7e+09",
        'scrubrelay_config_reloads_total{result="refused"} 1.0',
    ],
)
def test_every_figure_has_its_line(line):
    assert line in exposition(FIGURES).decode().splitlines()


def test_what_is_unknown_has_no_line():
    assert b"oldest" not in exposition(FIGURES)
