"""The emergency stop over HTTP."""

import pytest

from tests.service.admin.conftest import TOKENS
from tests.service.conftest import KEY

ENVELOPE = b'{"event_id":"%b"}\n{"type":"event"}\n{"message":"hello"}' % (b"a" * 32)
LISTED = f'{TOKENS}[[project]]\nid = 1\nkey = "{KEY}"\n'


async def test_it_stops_what_comes_in_and_says_so(relay, admin):
    answer = (await admin.ask("POST", "/api/capture", {"capture": "off", "for": "1h"})).json
    (switch,) = answer["off"]
    assert (answer["state"], switch["project_id"], switch["who"]) == ("off", None, "local")
    assert switch["until"] - switch["since"] == 3600
    assert (await relay.envelope(ENVELOPE)).status == 200
    assert await relay.kept() == []
    assert (await admin.get("/api/status")).json["capture"] == answer


async def test_on_takes_the_switch_away(relay, admin):
    for capture in ("off", "on"):
        answer = await admin.ask("POST", "/api/capture", {"capture": capture})
    assert answer.json == {"state": "on", "off": []} == (await admin.get("/api/capture")).json
    await relay.envelope(ENVELOPE)
    assert len(await relay.kept()) == 1


@pytest.mark.parametrize("config", [TOKENS])
async def test_who_did_it_is_written_down(relay, admin):
    await admin.ask("POST", "/api/capture", {"capture": "off", "project": 7, "for": 60})
    (deed,) = await relay.outbox.store.audit.deeds()
    assert (deed.who, deed.action, deed.detail) == ("on-call", "capture.off", {"project": 7, "seconds": 60.0})


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ({}, "capture: is missing"),
        ({"capture": "hushhush"}, 'capture: expected "on" or "off"'),
        ({"capture": "off", "hushhush": 1}, "a name that is not known; there are capture, project, for"),
        ({"capture": "off", "project": 0}, "project: expected 1 or more"),
        ({"capture": "off", "project": 2**63}, "project: "),
        ({"capture": "off", "for": "-1h"}, "for: "),
        ({"capture": "off", "for": 1e300}, "for: "),
        ([], "expected an object"),
        ({"capture": "off", "project": True}, "project: expected a whole number"),
        ({"capture": "off", "projct": 1}, 'a name that is not known, did you mean "project"?'),
        (b"hushhush", "line 1, column 1: "),
        (b'{"a":\n"\xff"}', "line 2, column 2: not UTF-8"),
        (b"[" * 5000, ""),
    ],
)
async def test_what_is_no_order_changes_nothing(relay, admin, body, cause):
    answer = await admin.ask("POST", "/api/capture", body)
    assert answer.status == 400
    assert answer.json.get("causes", [""])[0].startswith(cause)
    assert relay.outbox.switches.state() == "on"


async def test_a_time_goes_with_off_only(admin):
    assert (await admin.ask("POST", "/api/capture", {"capture": "on", "for": "1h"})).status == 400


@pytest.mark.parametrize("config", [LISTED])
async def test_a_project_that_is_not_there_is_no_stop(admin):
    answer = await admin.ask("POST", "/api/capture", {"capture": "off", "project": 7})
    assert (answer.status, answer.json["causes"]) == (400, ["there are [1]"])
    assert (await admin.ask("POST", "/api/capture", {"capture": "off", "project": 1})).status == 200


async def test_a_body_has_a_limit(admin):
    assert (await admin.ask("POST", "/api/capture", b" " * 70_000)).status == 413
