"""What Prometheus reads."""

import pytest
import regex
from prometheus_client.parser import text_string_to_metric_families

from scrubrelay.service.telling.metrics import ProjectLabels, exposition

FIGURES = {
    "capture": {"state": "partly", "off": [{"project_id": 7, "since": 1.0, "until": None, "who": "a"}]},
    "store": {"used_bytes": 10, "max_bytes": 20, "waiting": 1, "dead": 2, "kept": 0, "oldest": None},
    "caps": {"issues": 4, "active": 1, "reached": 2, "suppressed": 30},
    "version": "1.2.3",
    "silent": [1],
    "workers": [
        {
            "worker": 0,
            "started_at": 1600000000.0,
            "generation": 3,
            "problems": ["one"],
            "loaded_at": 1700000000.0,
            "reloads": {"taken": 2, "refused": 1},
            "requests": [
                {"endpoint": "envelope", "status": 200, "counts": [1, 0, 2] + [0] * 10 + [4], "seconds": 44.5}
            ],
            "scrubs": {"counts": [0] * 14, "seconds": 0.0},
            "late": {"shop.slow": 3},
        }
    ],
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
        'scrubrelay_config_generation{worker="0"} 3.0',
        'scrubrelay_config_reload_failed{worker="0"} 1.0',
        'scrubrelay_config_loaded_timestamp_seconds{worker="0"} 1.7e+09',
        'scrubrelay_config_reloads_total{result="refused",worker="0"} 1.0',
        'scrubrelay_worker_up{worker="1"} 0.0',
        'scrubrelay_build_info{version="1.2.3"} 1.0',
        'scrubrelay_request_duration_seconds_count{endpoint="envelope",status="200",worker="0"} 7.0',
        'scrubrelay_request_duration_seconds_sum{endpoint="envelope",status="200",worker="0"} 44.5',
        'scrubrelay_pattern_timeouts_total{pattern="shop.slow",worker="0"} 3.0',
    ],
)
def test_every_figure_has_its_line(line):
    assert line in exposition(FIGURES).decode().splitlines()


def test_what_is_unknown_has_no_line():
    assert b"oldest" not in exposition(FIGURES)


def test_names_are_as_prometheus_wants_them():
    """What `promtool check metrics` looks at: help, base units, suffixes by type, words that are no unit."""
    for family in text_string_to_metric_families(exposition(FIGURES).decode()):
        assert family.documentation
        assert regex.fullmatch(r"scrubrelay_[a-z]+(_[a-z]+)*", family.name)
        assert not regex.search(
            r"_(ms|millis\w*|minutes|hours|kb|mb|bits|percent|gauge|counter|histogram)(_|$)", family.name
        )
        assert not regex.search(r"_(sum|count|bucket)$", family.name)
        samples = {sample.name.removeprefix(family.name) for sample in family.samples}
        suffixes = {"counter": {"_total"}, "histogram": {"_bucket", "_sum", "_count"}}
        wanted = suffixes.get(family.type, {""})
        assert not samples or samples - {"_created"} == wanted, family.name


def test_a_histogram_has_every_bucket_and_ends_with_all():
    families = text_string_to_metric_families(exposition(FIGURES).decode())
    (requests,) = (one for one in families if one.name == "scrubrelay_request_duration_seconds")
    values = [sample.value for sample in requests.samples if sample.name.endswith("_bucket")]
    assert values == [1, 1, *[3] * 11, 7]


def projects(text: bytes) -> dict[str, float]:
    """What was received, by the label of its project."""
    lines = [line for line in text.decode().splitlines() if 'fate="received"' in line]
    return {regex.search(r'project="(\w+)"', line)[1]: float(line.rpartition(" ")[2]) for line in lines}


def received(*quantities: int) -> dict[str, object]:
    lines = [
        {"project_id": number, "category": "error", "target": "", "fate": "received", "quantity": quantity}
        for number, quantity in enumerate(quantities, start=1)
    ]
    return {**FIGURES, "ledger": lines}


def test_there_is_an_end_of_labels():
    """Whoever may send to any project makes up as many as they like; the largest are told apart."""
    label = ProjectLabels(most=2)
    assert projects(exposition(received(1, 5, 3, 2), label)) == {"2": 5, "3": 3, "other": 3}
    assert projects(exposition(received(9, 5, 4, 2, 7), label)) == {"2": 5, "3": 4, "other": 18}


def test_no_line_stands_twice():
    text = exposition(received(*range(1, 3000))).decode()
    names = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(names) == len(set(names))
    assert sum(projects(text.encode()).values()) == sum(range(1, 3000))
