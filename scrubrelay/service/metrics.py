"""The admin listener's figures as Prometheus reads them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from scrubrelay.core.ledger import Fate

_LABELS: Final = ("project", "category", "target", "fate")
_OUTBOX: Final[Mapping[str, tuple[str, str]]] = {
    "used_bytes": ("scrubrelay_outbox_bytes", "Bytes of envelopes in the store"),
    "max_bytes": ("scrubrelay_outbox_max_bytes", "Bytes of envelopes after which the store refuses more"),
    "waiting": ("scrubrelay_outbox_waiting", "Envelopes to be sent, once for each target"),
    "dead": ("scrubrelay_outbox_dead", "Envelopes that an upstream refused"),
    "kept": ("scrubrelay_outbox_kept", "Envelopes kept in inspect mode"),
    "oldest": ("scrubrelay_outbox_oldest_timestamp_seconds", "When the oldest waiting envelope was received"),
}
"""Name in the status -> name and help of the metric."""
_CAPS_NOW: Final[Mapping[str, tuple[str, str]]] = {
    "active": ("scrubrelay_caps_active", "Issues that are over their cap now"),
    "issues": ("scrubrelay_caps_issues", "Issues that are counted"),
}
_CAPS_EVER: Final[Mapping[str, tuple[str, str]]] = {
    "reached": ("scrubrelay_caps_reached", "How often an issue came to its cap"),
    "suppressed": ("scrubrelay_events_suppressed", "Events that did not go on for their issue's cap"),
}


def exposition(figures: Mapping[str, Any]) -> bytes:
    """Return what `/metrics` answers. It is read from the store, so it counts for all workers."""
    registry = CollectorRegistry()
    registry.register(_Figures(figures))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, figures: Mapping[str, Any]) -> None:
        self.figures = figures

    def collect(self) -> Iterator[Metric]:
        yield from _ledger(self.figures["ledger"])
        for key, (name, text) in _OUTBOX.items():
            if (value := self.figures["store"][key]) is not None:
                yield GaugeMetricFamily(name, text, value=value)
        yield _capture(self.figures["capture"])
        yield from _caps(self.figures["caps"])
        yield _targets(self.figures["targets"])
        yield from _configuration(self.figures["configuration"])


def _caps(figures: Mapping[str, int]) -> Iterator[Metric]:
    for key, (name, text) in _CAPS_NOW.items():
        yield GaugeMetricFamily(name, text, value=figures[key])
    for key, (name, text) in _CAPS_EVER.items():
        yield CounterMetricFamily(name, text, value=figures[key])


def _configuration(figures: Mapping[str, Any]) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "scrubrelay_config_generation", "How often the configuration was loaded", value=figures["generation"]
    )
    yield GaugeMetricFamily(
        "scrubrelay_config_reload_failed",
        "Whether the last reload failed",
        value=float(bool(figures["problems"])),
    )
    yield GaugeMetricFamily(
        "scrubrelay_config_loaded_timestamp_seconds",
        "When the configuration in force was loaded",
        value=figures["loaded_at"],
    )
    reloads = CounterMetricFamily(
        "scrubrelay_config_reloads", "Reloads by what came of them", labels=["result"]
    )
    for result, count in figures["reloads"].items():
        reloads.add_metric([result], count)
    yield reloads


def _capture(figures: Mapping[str, Any]) -> Metric:
    off = GaugeMetricFamily(
        "scrubrelay_capture_off",
        "Whether an operator has switched a project off, or with an empty project everything",
        labels=["project"],
    )
    lines = {str(one["project_id"] or "") for one in figures["off"]}
    for project in sorted(lines | {""}):
        off.add_metric([project], float(project in lines))
    return off


def _targets(lines: list[dict[str, Any]]) -> Metric:
    down = GaugeMetricFamily(
        "scrubrelay_target_down",
        "Whether an upstream seems to be down, so that it is only probed",
        labels=["target"],
    )
    for line in lines:
        down.add_metric([line["target"]], float(line["down"]))
    return down


def _ledger(lines: list[dict[str, Any]]) -> Iterator[Metric]:
    total = CounterMetricFamily(
        "scrubrelay_items", "What came in and where it went, in Sentry's data categories", labels=_LABELS
    )
    waiting = GaugeMetricFamily(
        "scrubrelay_items_waiting", "What is in the outbox, in Sentry's data categories", labels=_LABELS[:3]
    )
    for line in lines:
        where = [str(line["project_id"]), line["category"], line["target"]]
        if line["fate"] == Fate.WAITING:
            waiting.add_metric(where, line["quantity"])
        else:
            total.add_metric([*where, line["fate"]], line["quantity"])
    yield total
    yield waiting
