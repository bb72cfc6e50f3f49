"""Figures of all workers as those of one relay."""

import pytest

from scrubrelay.service.admin.status import merged


def line(target: str, *, down: bool = False, ready: int = 0) -> dict[str, object]:
    return {"target": target, "down": down, "ready": ready, "delayed": 1, "in_flight": 0, "memory_bytes": 5}


def test_an_upstream_is_summed_over_all_workers():
    lines = [line("b", ready=1), line("a", ready=2), line("a", ready=3, down=True)]
    assert merged(lines) == [
        {"target": "a", "down": True, "ready": 5, "delayed": 2, "in_flight": 0, "memory_bytes": 10},
        {"target": "b", "down": False, "ready": 1, "delayed": 1, "in_flight": 0, "memory_bytes": 5},
    ]


@pytest.mark.parametrize("slots", [3])
async def test_a_worker_that_does_not_answer_is_named(admin):
    status = (await admin.get("/api/status")).json
    assert ([one["worker"] for one in status["workers"]], status["silent"]) == ([0], [1, 2])
    lines = (await admin.get("/metrics")).body.decode().splitlines()
    assert {f'scrubrelay_worker_up{{worker="{number}"}} {up}' for number, up in ((0, "1.0"), (1, "0.0"))} < {
        *lines
    }


async def test_requests_are_seen_in_the_metrics(relay, admin):
    await relay.envelope(b'{}\n{"type":"session"}\n{}')
    lines = (await admin.get("/metrics")).body.decode().splitlines()
    labels = '{endpoint="envelope",status="200",worker="0"}'
    assert f"scrubrelay_request_duration_seconds_count{labels} 1.0" in lines
    assert 'scrubrelay_scrub_duration_seconds_count{worker="0"} 1.0' in lines
