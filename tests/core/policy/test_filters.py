"""Which filter ends which item."""

from ipaddress import ip_network

import orjson
import pytest

from scrubrelay.core.errors import Reason
from scrubrelay.core.policy.client import Client
from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.filters import (
    NEVER,
    Filter,
    Filters,
    Trivial,
    client_addresses,
    environments,
    error_messages,
    releases,
    trivial_transactions,
)
from scrubrelay.core.policy.globs import Glob, Globs, message_matcher
from scrubrelay.core.wire.envelope import Item
from scrubrelay.core.wire.items import ITEMS
from scrubrelay.core.wire.trace import Trace


def view(document: object, kind: str = "event", address: str | None = None) -> Event:
    return Event(Item({"type": kind}, orjson.dumps(document)), Client(address))


def hit(filters: list[Filter], event: Event) -> Reason | None:
    found = Filters(tuple(filters)).first(event)
    return found and found.reason


def thrown(type_: str, value: str) -> dict:
    return {"exception": {"values": [{"type": type_, "value": value}]}}


@pytest.mark.parametrize(
    ("pattern", "document", "expected"),
    [
        ("ConnectionError: *", thrown("ConnectionError", "refused"), True),
        ("refused", thrown("ConnectionError", "refused"), True),
        ("ConnectionError", thrown("ConnectionError", "refused"), False),
        ("ConnectionError", thrown("ConnectionError", ""), True),
        ("*REFUSED*", thrown("ConnectionError", "was refused by x"), True),
        ("/refused by \\w+$/", thrown("ConnectionError", "was refused by x"), True),
        ("user 7 left", {"logentry": {"message": "user %s left", "formatted": "user 7 left"}}, True),
        ("user %s left", {"logentry": {"message": "user %s left", "formatted": "user 7 left"}}, True),
        ("gone", {"message": "gone"}, True),
        ("gone", {"message": {"formatted": "gone"}}, True),
        ("gone", {"message": "undergone"}, False),
        ("*", {"level": "error"}, False),
    ],
)
def test_a_message_is_the_events_or_an_exceptions_with_and_without_its_type(pattern, document, expected):
    found = hit(list(error_messages([message_matcher(pattern)])), view(document))
    assert found == (Reason.ERROR_MESSAGE if expected else None)


def test_every_exception_of_the_chain_has_a_message():
    document = {"exception": {"values": [{"type": "A", "value": "inner"}, {"type": "B", "value": "outer"}]}}
    assert hit(list(error_messages([message_matcher("inner")])), view(document)) is Reason.ERROR_MESSAGE


def test_messages_of_transactions_are_nobodys_business():
    assert hit(list(error_messages([message_matcher("*")])), view({"message": "x"}, "transaction")) is None


@pytest.mark.parametrize("kind", ["event", "transaction", "feedback", "replay_event", "profile_chunk"])
def test_releases_and_environments_are_of_whatever_says_them(kind):
    document = {"release": "shop@1.0-dev", "environment": "Local"}
    assert hit(list(releases([Glob.parse("*-dev")])), view(document, kind)) is Reason.RELEASE
    assert hit(list(environments([Glob.parse("local")])), view(document, kind)) is Reason.ENVIRONMENT


@pytest.mark.parametrize("network", ["10.0.0.0/8", "::ffff:10.0.0.0/104", "10.1.2.3"])
@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "::ffff:a01:203"])
def test_an_address_of_version_4_may_be_written_as_one_of_version_6(network, address):
    event = Event(Item({"type": "event"}, b"{}"), Client(address))
    assert hit([client_addresses([ip_network(network)])], event) is Reason.CLIENT_ADDRESS


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.1.2.3", True),
        ("10.2.0.1", False),
        ("2001:db8::7", True),
        ("::ffff:10.1.2.3", True),
        (None, False),
        ("nonsense", False),
    ],
)
@pytest.mark.parametrize("kind", ["event", "log", "attachment", "unheard-of"])
def test_an_address_ends_whatever_it_sends(kind, address, expected):
    networks = [ip_network("10.1.0.0/16"), ip_network("2001:db8::/32")]
    event = Event(Item({"type": kind}, b"\0"), Client(address))
    assert hit([client_addresses(networks)], event) == (Reason.CLIENT_ADDRESS if expected else None)


def transaction(name: str, op: str, seconds: float) -> Event:
    trace = {"op": op}
    document = {
        "transaction": name,
        "contexts": {"trace": trace},
        "start_timestamp": 5,
        "timestamp": 5 + seconds,
    }
    return view(document, "transaction")


TRIVIAL = {
    "names": Trivial(names=Globs.parse(["/x", "/static/*"])),
    "ops": Trivial(ops=Globs.parse(["queue.*"])),
    "short": Trivial(shorter_than=0.005),
    "both": Trivial(ops=Globs.parse(["queue.*"]), shorter_than=0.005),
}


@pytest.mark.parametrize(
    ("kind", "event", "expected"),
    [
        ("names", transaction("/static/x.js", "http.server", 1), True),
        ("names", transaction("/shop", "http.server", 1), False),
        ("ops", transaction("poll", "queue.process", 1), True),
        ("short", transaction("poll", "queue.process", 0.004), True),
        ("short", transaction("poll", "queue.process", 0.006), False),
        ("short", transaction("poll", "queue.process", -1), False),
        ("short", view({"transaction": "no times"}, "transaction"), False),
        ("both", transaction("poll", "queue.process", 0.004), True),
        ("both", transaction("poll", "queue.process", 1), False),
        ("both", transaction("poll", "http.server", 0.004), False),
    ],
)
def test_a_transaction_is_trivial_by_all_that_is_said(kind, event, expected):
    found = hit(list(trivial_transactions([TRIVIAL[kind]])), event)
    assert found == (Reason.TRIVIAL_TRANSACTION if expected else None)


@pytest.mark.parametrize("kind", sorted(NEVER))
def test_no_filter_looks_at_what_is_never_dropped(kind):
    """Not even at what all else is dropped for."""
    every = Filter("every", Reason.RELEASE, None, lambda event: True, of_payload=False)
    assert kind in ITEMS
    assert hit([every], view({}, kind)) is None


def test_the_first_filter_gives_the_reason_and_an_explanation_has_all():
    filters = Filters((*releases([Glob.parse("1")]), *environments([Glob.parse("dev"), Glob.parse("qa")])))
    event = view({"release": "1", "environment": "qa"})
    assert filters.first(event).reason is Reason.RELEASE
    assert [(one.name, was) for one, was in filters.tried(event)] == [
        ('releases "1"', True),
        ('environments "dev"', False),
        ('environments "qa"', True),
    ]


def test_nothing_is_said_of_what_cannot_be_read():
    event = Event(Item({"type": "event"}, b'{"environment": "dev"'))
    assert hit(list(environments([Glob.parse("*")])), event) is None


def entry(environment: str | None) -> dict:
    said = {"value": environment, "type": "string"}
    return {"attributes": {} if environment is None else {"sentry.environment": said, "sentry.release": said}}


@pytest.mark.parametrize("kind", ["log", "span", "trace_metric"])
@pytest.mark.parametrize(
    ("entries", "expected"),
    [(["dev", "dev"], True), (["dev", "qa"], False), (["qa"], False), ([None], False), ([], False)],
)
def test_what_came_together_is_of_an_environment_if_all_of_it_is(kind, entries, expected):
    event = view({"items": [entry(one) for one in entries]}, kind)
    for filters in (environments([Glob.parse("dev")]), releases([Glob.parse("dev")])):
        assert (hit(list(filters), event) is not None) is expected


def test_entries_that_say_nothing_are_of_the_environment_of_their_trace():
    item = Item({"type": "span"}, orjson.dumps({"items": [entry(None)]}))
    event = Event(item, trace=Trace(environment="dev"))
    assert hit(list(environments([Glob.parse("dev")])), event) is Reason.ENVIRONMENT
