import logging

from scrubrelay.service.delivery.refusals import Refusals


def test_each_target_and_status_is_told_at_most_once_a_minute(caplog) -> None:
    refusals = Refusals()
    with caplog.at_level(logging.WARNING):
        for second in range(130):
            refusals.note("a", 403, f"{second:032}")
            refusals.tell(float(second))
    counts = [line.split("envelopes=")[1].split()[0] for line in caplog.messages]
    assert counts == ["1", "60", "60"]


def test_the_line_names_the_last_event(caplog) -> None:
    refusals = Refusals()
    for event_id in ("first", "last"):
        refusals.note("a", 413, event_id)
    refusals.note("b", 413, None)
    refusals.tell(0.0)
    assert [line.split(" see=")[0] for line in caplog.messages] == [
        "upstream_refused target=a status=413 envelopes=2 last_event=last",
        "upstream_refused target=b status=413 envelopes=1 last_event=-",
    ]
