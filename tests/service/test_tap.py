"""Live decisions: filtered, without payload, and never in anybody's way."""

import orjson
import pytest

from scrubrelay.core.errors import Reason
from scrubrelay.core.fates import Dropped, Kept
from scrubrelay.core.pipeline import Outcome
from scrubrelay.service.telling.tap import Tap, Wanted

OUTCOME = Outcome(
    None,
    (
        Kept("event", (("error", 1),)),
        Dropped("session", (("session", 1),), Reason.CAPTURE_OFF),
        Dropped("attachment", (("attachment", 9),), Reason.TOO_LARGE, "over 1 bytes"),
    ),
    "a" * 32,
)


async def told(wanted: Wanted) -> list[dict]:
    tap = Tap(1)
    with tap.reader(wanted) as reader:
        tap.tell(OUTCOME, 7, 1_800_000_000.0)
        lines = await reader.take(0.01)
    return [orjson.loads(line) for line in lines.splitlines() if line]


async def test_each_item_is_a_line():
    first, _, last = await told(Wanted())
    assert first == {
        "at": 1_800_000_000.0,
        "worker": 1,
        "project": 7,
        "event_id": "a" * 32,
        "type": "event",
        "quantities": {"error": 1},
        "decision": "kept",
        "reason": None,
        "detail": "",
        "redactions": 0,
    }
    assert (last["decision"], last["reason"], last["detail"]) == ("dropped", "too_large", "over 1 bytes")


@pytest.mark.parametrize(
    ("wanted", "types"),
    [
        (Wanted(decision="kept"), ["event"]),
        (Wanted(decision="dropped"), ["session", "attachment"]),
        (Wanted(reason="capture_off"), ["session"]),
        (Wanted(type="attachment", project=7), ["attachment"]),
        (Wanted(project=8), []),
    ],
)
async def test_a_reader_gets_what_it_wants(wanted, types):
    assert [line["type"] for line in await told(wanted)] == types


async def test_who_reads_slowly_is_told_how_much_it_missed():
    tap = Tap()
    with tap.reader(Wanted(type="event")) as reader:
        for _ in range(1500):
            tap.tell(OUTCOME, 7, 0.0)
        *lines, last = (await reader.take(0.01)).splitlines()
    assert (len(lines), orjson.loads(last)) == (1000, {"skipped": 500})


async def test_who_has_gone_costs_nothing():
    tap = Tap()
    with tap.reader(Wanted()):
        assert tap.readers == 1
    assert tap.readers == 0
