import orjson
import pytest

from scrubrelay.core.wire.envelope import Item
from scrubrelay.core.wire.items import ITEMS, Shape, kind_of, quantities


def item(kind, payload=b"{}", **headers):
    return Item({"type": kind, **headers}, payload)


def test_parents_are_known_types():
    assert {parent for kind in ITEMS.values() for parent in kind.parent} <= set(ITEMS)


def test_an_unknown_type_is_opaque():
    kind = kind_of(item("brand_new"))
    assert (kind.type, kind.shape, kind.category) == ("brand_new", Shape.OPAQUE, "default")


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (item("event"), {"error": 1}),
        (item("event", b'{"type":"feedback"}'), {"feedback": 1}),
        (item("event", b'{"tags":{"type":"feedback"}}'), {"error": 1}),
        (item("transaction", b'{"spans":[{},{}]}'), {"transaction": 1, "span": 3}),
        (item("transaction", b'{"spans":null}'), {"transaction": 1, "span": 1}),
        (item("transaction", b"no json"), {"transaction": 1, "span": 1}),
        (item("attachment", b"12345"), {"attachment": 5, "attachment_item": 1}),
        (item("log", orjson.dumps({"items": [1, 2]}), item_count=2), {"log_item": 2, "log_byte": 15}),
        (item("log", b'{"items":[1,2]}'), {"log_item": 2, "log_byte": 15}),
        (item("span", b"{}"), {"span": 1}),
        (item("span", b"{}", item_count=True), {"span": 1}),
        (item("span", b"{}", item_count=2**64 - 1), {"span": 2}),
        (item("log", b"", item_count=2**64 - 1), {"log_item": 1, "log_byte": 0}),
        (item("profile_chunk", platform="python"), {"profile_chunk": 1}),
        (item("profile_chunk", platform="javascript"), {"profile_chunk_ui": 1}),
        (item("client_report"), {}),
        (item("check_in"), {"monitor": 1}),
        (item("user_report"), {"feedback": 1}),
        (item("brand_new"), {"default": 1}),
    ],
)
def test_an_item_counts_as_sentry_counts_it(one, expected):
    assert dict(quantities(one)) == expected
