"""The outbox, the projects and the caps over HTTP."""

import pytest

from scrubrelay.core.errors import Reason
from scrubrelay.core.pipeline import Clean
from scrubrelay.service.stores.base import Entry, Settlement
from tests.service.conftest import KEY

ENVELOPE = b'{"event_id":"%b"}\n{"type":"event"}\n{"message":"hushhush"}' % (b"a" * 32)


async def dead_letter(relay) -> int:
    """Put a dead letter into the store; return its id."""
    store = relay.outbox.store
    entry = Entry(3, KEY, "b" * 32, 1_800_000_000.0, Clean(b"{}\n"), ("https://t",), (("error", 1),))
    (parcel,) = await store.append(entry)
    await store.settle([Settlement(parcel.id, Reason.REFUSED, 1_800_000_001.0, 413)])
    return parcel.id


async def test_the_outbox_is_listed_and_shown_as_it_would_leave(relay, admin):
    await relay.envelope(ENVELOPE)
    answer = (await admin.get("/api/outbox?state=kept")).json
    (line,) = answer["envelopes"]
    assert (line["state"], line["event_id"], line["holds"], answer["kept"]) == (
        "kept",
        "a" * 32,
        {"error": 1},
        1,
    )
    shown = await admin.get(f"/api/outbox/{line['id']}")
    assert shown.headers["content-type"] == "application/x-sentry-envelope"
    assert shown.body == (await relay.kept())[0]
    assert b"hushhush" not in shown.body


@pytest.mark.parametrize(("verb", "left"), [("retry", "waiting"), ("purge", None)])
@pytest.mark.parametrize("everything", [True, False])
async def test_a_dead_letter_is_retried_or_removed(relay, admin, verb, left, everything):
    number = await dead_letter(relay)
    order = {"all": True} if everything else {"ids": [number, number + 999]}
    assert (await admin.ask("POST", f"/api/outbox/{verb}", order)).json == {"done": 1}
    assert [one["state"] for one in (await admin.get("/api/outbox")).json["envelopes"]] == (
        [left] if left else []
    )
    (deed,) = await relay.outbox.store.audit.deeds()
    assert (deed.action, deed.detail["done"]) == (f"outbox.{verb}", 1)


@pytest.mark.parametrize("number", ["0", "99", "9" * 18])
async def test_an_envelope_that_is_not_there(admin, number):
    assert (await admin.get(f"/api/outbox/{number}")).status == 404


@pytest.mark.parametrize("number", ["x", "-1", "1e3", "%31%20", "9" * 30, "\u0661".encode().hex("%")])
async def test_an_id_that_is_none(admin, number):
    assert (await admin.get(f"/api/outbox/{number}")).status == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/outbox/retry", {}),
        ("/api/outbox/retry", {"ids": [1], "all": True}),
        ("/api/outbox/retry", {"ids": [-1]}),
        ("/api/outbox/retry", {"ids": list(range(1, 1002))}),
        ("/api/outbox/purge", {"all": True, "state": "hushhush"}),
        ("/api/caps/reset", {}),
        ("/api/caps/reset", {"issue": "' OR 1=1"}),
        ("/api/caps/reset", {"issue": "abcd", "all": True}),
    ],
)
async def test_an_order_that_is_none(relay, admin, path, body):
    answer = await admin.ask("POST", path, body)
    assert answer.status == 400
    assert b"hushhush" not in answer.body
    assert await relay.outbox.store.audit.deeds() == []


@pytest.mark.parametrize(
    "path",
    ["/api/outbox?limit=0", "/api/outbox?limit=1001", "/api/outbox?after=x", "/api/caps?limit=hushhush"],
)
async def test_a_query_that_is_none(admin, path):
    answer = await admin.get(path)
    assert answer.status == 400
    assert b"hushhush" not in answer.body


async def test_projects_are_those_configured_and_those_seen(relay, admin):
    await relay.envelope(ENVELOPE)
    await relay.outbox.switches.turn_off(1, None, "test")
    await relay.envelope(ENVELOPE)
    (line,) = (await admin.get("/api/projects")).json["projects"]
    assert line == {
        "id": 1,
        "names": [],
        "configured": False,
        "taken": False,
        "received": 2,
        "dropped": {"capture_off": 1},
        "waiting": 1,
        "forwarded": 0,
    }


@pytest.mark.parametrize("config", [f'[[project]]\nid = 5\nkey = "{KEY}"\nname = "shop"\n'])
async def test_a_project_that_sent_nothing_is_listed_too(admin):
    (line,) = (await admin.get("/api/projects", Authorization="Bearer the-token-that-the-relay-made")).json[
        "projects"
    ]
    assert (line["id"], line["names"], line["configured"], line["received"]) == (5, ["shop"], True, 0)


async def test_caps_are_listed_and_reset(relay, admin):
    assert (await admin.get("/api/caps")).json == {"issues": [], "counted": 0, "active": 0}
    assert (await admin.ask("POST", "/api/caps/reset", {"all": True})).json == {"done": 0}
