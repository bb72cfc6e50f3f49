"""The emergency stop over HTTP."""

import pytest

from tests.service.admin.conftest import TOKENS, WRITER
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
        ({}, "capture: Field required"),
        ({"capture": "hushhush"}, "capture: Input should be 'on' or 'off'"),
        ({"capture": "off", "hushhush": 1}, "hushhush: Extra inputs are not permitted"),
        ({"capture": "off", "project": 0}, "project: Input should be greater than or equal to 1"),
        ({"capture": "off", "project": 2**63}, "project: "),
        ({"capture": "off", "for": "-1h"}, "for: "),
        ({"capture": "off", "for": 1e300}, "for: "),
        ([], "Input should be a valid dictionary"),
        (b"hushhush", ""),
        (b"\xff", ""),
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


@pytest.mark.parametrize("config", [TOKENS])
async def test_a_wrong_token_makes_its_address_wait(admin):
    answers = [await admin.get("/api/capture", Authorization=f"Bearer {WRITER}x") for _ in range(2)]
    assert [answer.status for answer in answers] == [401, 429]
    assert answers[1].headers["retry-after"] == "1"
