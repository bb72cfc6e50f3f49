"""The admin listener's figures as Prometheus reads them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from scrubrelay.core.ledger import Fate
from scrubrelay.service.telling.meters import BOUNDS

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

_OF_A_WORKER: Final[Mapping[str, tuple[str, str]]] = {
    "started_at": ("scrubrelay_worker_start_time_seconds", "When a worker began"),
    "generation": ("scrubrelay_config_generation", "How often a worker has loaded the configuration"),
    "loaded_at": ("scrubrelay_config_loaded_timestamp_seconds", "When the configuration in force was loaded"),
    "problems": ("scrubrelay_config_reload_failed", "Whether the last reload was refused"),
}
"""The same for what each worker tells of itself."""


class ProjectLabels:
    """Names projects in labels, and bounds how many: where none are listed, a client can make them up.

    The first that are asked for keep their names, so that no count ever goes down.

    Args:
        most: Projects told apart; the rest is `other`.
    """

    def __init__(self, most: int = 1000) -> None:
        self._most = most
        self._known: set[int] = set()

    def __call__(self, project_id: int) -> str:
        """Return what stands for a project."""
        if project_id in self._known or len(self._known) < self._most:
            self._known.add(project_id)
            return str(project_id)
        return "other"


def exposition(figures: Mapping[str, Any], label: ProjectLabels | None = None) -> bytes:
    """Return what `/metrics` answers.

    Items are counted in the store, for all workers together. What a worker counts for itself has its number
    as a label: the sum is right although one of them may begin anew.
    """
    registry = CollectorRegistry()
    registry.register(_Figures(figures, label or ProjectLabels()))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, figures: Mapping[str, Any], label: ProjectLabels) -> None:
        self.figures = figures
        self.label = label

    def collect(self) -> Iterator[Metric]:
        yield from _ledger(self.figures["ledger"], self.label)
        for key, (name, text) in _OUTBOX.items():
            if (value := self.figures["store"][key]) is not None:
                yield GaugeMetricFamily(name, text, value=value)
        yield _capture(self.figures["capture"])
        yield from _caps(self.figures["caps"])
        yield _targets(self.figures["targets"])
        yield from _workers(self.figures["workers"], self.figures["silent"])
        yield from _durations(self.figures["workers"])
        yield _late(self.figures["workers"])
        yield InfoMetricFamily(
            "scrubrelay_build", "What runs here", value={"version": self.figures["version"]}
        )


def _caps(figures: Mapping[str, int]) -> Iterator[Metric]:
    for key, (name, text) in _CAPS_NOW.items():
        yield GaugeMetricFamily(name, text, value=figures[key])
    for key, (name, text) in _CAPS_EVER.items():
        yield CounterMetricFamily(name, text, value=figures[key])


def _workers(lines: Sequence[Mapping[str, Any]], silent: Sequence[int]) -> Iterator[Metric]:
    up = GaugeMetricFamily("scrubrelay_worker_up", "Whether a worker answers", labels=["worker"])
    for worker, value in (*((one["worker"], 1.0) for one in lines), *((one, 0.0) for one in silent)):
        up.add_metric([str(worker)], value)
    yield up
    for key, (name, text) in _OF_A_WORKER.items():
        gauge = GaugeMetricFamily(name, text, labels=["worker"])
        for one in lines:
            gauge.add_metric([str(one["worker"])], float(bool(one[key]) if key == "problems" else one[key]))
        yield gauge
    reloads = CounterMetricFamily(
        "scrubrelay_config_reloads", "Reloads by what came of them", labels=["worker", "result"]
    )
    for one in lines:
        for result, count in one["reloads"].items():
            reloads.add_metric([str(one["worker"]), result], count)
    yield reloads


def _durations(lines: Sequence[Mapping[str, Any]]) -> Iterator[Metric]:
    requests = HistogramMetricFamily(
        "scrubrelay_request_duration_seconds",
        "Requests of the ingest listener, from their headers to their answer",
        labels=["worker", "endpoint", "status"],
    )
    scrubs = HistogramMetricFamily(
        "scrubrelay_scrub_duration_seconds", "Scrubbing of an envelope", labels=["worker"]
    )
    for one in lines:
        worker = str(one["worker"])
        for request in one["requests"]:
            labels = [worker, request["endpoint"], str(request["status"])]
            requests.add_metric(labels, _buckets(request["counts"]), request["seconds"])
        scrubs.add_metric([worker], _buckets(one["scrubs"]["counts"]), one["scrubs"]["seconds"])
    yield requests
    yield scrubs


def _late(lines: Sequence[Mapping[str, Any]]) -> Metric:
    """Patterns have ids in files only, so that there are no more labels than the rules have had patterns."""
    late = CounterMetricFamily(
        "scrubrelay_pattern_timeouts",
        "Strings hidden whole because a pattern ran out of its budget on them",
        labels=["worker", "pattern"],
    )
    for one in lines:
        for pattern, count in one["late"].items():
            late.add_metric([str(one["worker"]), pattern], count)
    return late


def _buckets(counts: Sequence[int]) -> list[tuple[str, float]]:
    names = [*map(floatToGoString, BOUNDS), "+Inf"]
    return list(zip(names, map(float, accumulate(counts)), strict=True))


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


def _ledger(lines: Sequence[Mapping[str, Any]], label: ProjectLabels) -> Iterator[Metric]:
    total = CounterMetricFamily(
        "scrubrelay_items", "What came in and where it went, in Sentry's data categories", labels=_LABELS
    )
    waiting = GaugeMetricFamily(
        "scrubrelay_items_waiting", "What is in the outbox, in Sentry's data categories", labels=_LABELS[:3]
    )
    sums: Counter[tuple[str, ...]] = Counter()
    for line in sorted(lines, key=lambda line: -line["quantity"]):
        account = label(line["project_id"]), line["category"], line["target"], line["fate"]
        sums[account] += line["quantity"]
    for (*where, fate), quantity in sorted(sums.items()):
        if fate == Fate.WAITING:
            waiting.add_metric(where, quantity)
        else:
            total.add_metric([*where, fate], quantity)
    yield total
    yield waiting
