"""Which errors are expected: by type, and by what else must hold."""

import orjson
import pytest

from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.globs import Glob, Globs, message_matcher
from scrubrelay.core.policy.ignored import Ignored
from scrubrelay.core.policy.status import Status
from scrubrelay.core.wire.envelope import Item


def view(*chain: tuple[str, str, str], **rest: object) -> Event:
    values = [{"type": type_, "module": module, "value": value} for type_, module, value in chain]
    return Event(Item({"type": "event"}, orjson.dumps({"exception": {"values": values}, **rest})))


def typed(*patterns: str) -> Globs:
    return Globs.parse(patterns, ignore_case=False)


CAUSE = ("TimeoutError", "asyncio.exceptions", "")
OUTER = ("GatewayError", "shop.errors", "no answer")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("TimeoutError", True),
        ("asyncio.exceptions.TimeoutError", True),
        ("*.TimeoutError", True),
        ("Gateway*", True),
        ("shop.*", True),
        ("timeouterror", False),
        ("Timeout", False),
        ("exceptions.TimeoutError", False),
    ],
)
def test_a_type_goes_by_name_qualified_name_and_wildcard(pattern, expected):
    assert Ignored(types=typed(pattern)).hits(view(CAUSE, OUTER)) is expected


@pytest.mark.parametrize(("match", "cause_counts"), [("any", True), ("outermost", False)])
def test_any_of_the_chain_or_only_the_outermost(match, cause_counts):
    """The outermost is the last: Sentry lists a chain from its cause on."""
    event = view(CAUSE, OUTER)
    assert Ignored(types=typed("TimeoutError"), match=match).hits(event) is cause_counts
    assert Ignored(types=typed("GatewayError"), match=match).hits(event)


EVENT = {
    "level": "warning",
    "logger": "shop.http",
    "transaction": "/checkout",
    "release": "shop@1.4.2",
    "environment": "staging",
    "tags": {"team": "payments"},
}


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        ("level", "warning", "error"),
        ("logger", "shop.*", "bank.*"),
        ("transaction", "/Checkout", "/cart"),
        ("release", "shop@1.*", "shop@2.*"),
        ("environment", "{staging,qa}", "production"),
    ],
)
def test_a_condition_must_hold_as_well(field, right, wrong):
    event = view(OUTER, **EVENT)
    for pattern, expected in ((right, True), (wrong, False)):
        assert Ignored(types=typed("*"), fields={field: Globs.parse([pattern])}).hits(event) is expected


@pytest.mark.parametrize(
    ("tags", "expected"), [({"team": "pay*"}, True), ({"team": "shop"}, False), ({"region": "*"}, True)]
)
def test_a_tag_must_hold_as_well(tags, expected):
    """A tag that is missing is empty, which `*` stands for too."""
    found = Ignored(tags={name: Globs.parse([pattern]) for name, pattern in tags.items()})
    assert found.hits(view(OUTER, **EVENT)) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("no answer", True), ("GatewayError: no*", True), ("/\\bno\\b/", True), ("x", False)],
)
def test_the_message_is_of_the_exception_that_has_the_type(pattern, expected):
    event = view(("KeyError", "", "x"), OUTER)
    assert Ignored(types=typed("GatewayError"), message=message_matcher(pattern)).hits(event) is expected


def test_without_a_type_a_message_is_ignored_by_its_logger():
    event = Event(Item({"type": "event"}, b'{"message": "slow", "logger": "shop.db"}'))
    assert Ignored(fields={"logger": Globs.parse(["shop.db"])}, message=Glob.parse("slow")).hits(event)
    assert not Ignored(types=typed("*")).hits(event)


def test_a_status_must_hold_as_well_and_what_has_none_is_not_ignored():
    """What is not known to be expected is not ignored."""
    found = view(("HTTPException", "", "404: Not Found"))
    assert Ignored(types=typed("*"), status=Status.parse("< 500")).hits(found)
    assert not Ignored(types=typed("*"), status=Status.parse(">= 500")).hits(found)
    assert not Ignored(types=typed("*"), status=Status.parse("!= 500")).hits(view(OUTER))
