"""Values in messages become placeholders, whatever their number and length."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.policy.grouping.parameterise import LONGEST, parameterise

MESSAGES = {
    "nothing to replace": "nothing to replace",
    "mail to me.you+x@mail.example.co.uk bounced": "mail to <email> bounced",
    "GET https://shop.example/cart?id=7 failed": "GET <url> failed",
    "no route to db-3.shop.example.com:5432": "no route to <hostname>:<int>",
    "peer 10.1.2.3 left": "peer <ip> left",
    "peer 2001:db8::8a2e:370:7334 left": "peer <ip> left",
    "cart 88ee7c66-29a9-4a4a-bc26-c72d76c5de14 is gone": "cart <uuid> is gone",
    "object da39a3ee5e6b4b0d3255bfef95601890afd80709": "object <sha1>",
    "sum d41d8cd98f00b204e9800998ecf8427e": "sum <md5>",
    "at 2026-11-24T04:00:00.123Z it broke": "at <date> it broke",
    "at 2026-11-24 04:00:00 it broke": "at <date> it broke",
    "on 2026-11-24 it broke": "on <date> it broke",
    "Tue, 24 Nov 2026 04:00:00 GMT": "<date>",
    "since Nov 24, 2026": "since <date>",
    "Wed Apr 17 22:31:45 2019: failed": "<date>: failed",
    "at 3:04 PM": "at <date>",
    "took 31ms": "took <duration>",
    "took 15.5s, then 3s": "took <duration>, then <duration>",
    "at 0x7fff5ea032a6": "at <hex>",
    "commit 4fd82a01 is bad, so is 4fd82a0": "commit <hex> is bad, so is <hex>",
    "deadbeef and feedface are words": "deadbeef and feedface are words",
    "factor -1.5 of 3.25": "factor <float> of <float>",
    "row 17 of 1881": "row <int> of <int>",
    "utf8 and ipv4 are names": "utf8 and ipv4 are names",
    "name='Jane Doe' missing": "name=<quoted_str> missing",
    'say "Jane Doe"': 'say "Jane Doe"',
    "debug=True": "debug=<bool>",
    "10:11:12/me@example.com": "<date><email>",
    "12.5s/3s late": "<duration>/<duration> late",
    "at 3:04PM": "at <date>",
    "Tuesday, 24-Nov-26 04:00:00 UTC": "<date>C",  # of this zone Sentry knows UT only
    "Tuesday, 24-Nov-26 04:00:00 GMT": "<date>",
    "[24/Nov/2026:04:00:00 +0000] GET": "[<int>/Nov/<int>:<date> +<int>] GET",
    "on 24.11.2026, 11/24/2026 and 20261124": "on <float>.<int>, <int>/<int>/<int> and <int>",
    "until 2026-11-24T04:00Z": "until <date>T<date>Z",
    "datetime.datetime(2026, 11, 24, 4, 0)": "<date>",
    "host a.b.c.d.e.f.g.h.example.com is down": "host <hostname> is down",
    "wss://shop.example/socket?x=1 closed": "<url> closed",
    "see app.js and views.py": "see app.js and views.py",
    "shop.cart.total is None": "shop.cart.total is None",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": "<traceparent>",
    "GET failed (txn: tx000000000000000a1b2c3-0066aabbcc-dc1)": "GET failed (txn: <swift_txn_id>",
    "CART 4FD82A01 and CAFE": "CART <hex> and CAFE",
    '{"id": 17, "rate": 0.5, "name": "a"}': '{"id": <int>, "rate": <float>, "name": "a"}',
    "ref=\"a b\" ok=false left='x'": "ref=<quoted_str> ok=<bool> left=<quoted_str>",
    "1e10, 1_000, 1,000, 50%, $17": "1e10, 1_000, <int>,<int>, <int>%, $<int>",
    "v1.2.3 and 17th": "v1.<float> and 17th",
    "took 12m and 100us": "took 12m and 100us",
    "cart %s of %(user)s and {0}": "cart %s of %(user)s and {<int>}",
    "first\n\n second \nthird": "first\n second ...",
    "only one\n": "only one...",
    "": "",
}
HOSTILE = {
    "no at": "a" * LONGEST,
    "dots": "a." * LONGEST,
    "at signs": "a@" * LONGEST,
    "colons": "a:" * LONGEST,
    "digits": "1" * LONGEST,
    "digits and dots": "1." * LONGEST,
    "hex": "0f" * LONGEST,
    "dashes": "a-" * LONGEST,
    "quotes": "='" * LONGEST,
    "dates": "datetime.datetime(" * LONGEST,
    "days": "Mon, " * LONGEST,
    "brackets": "[email:" * LONGEST,
    "spaces": "Jan" + " " * LONGEST,
    "slashes": "http://" * LONGEST,
    "lines": "\n" * LONGEST,
}


@pytest.mark.parametrize("message", MESSAGES, ids=repr)
def test_a_value_is_replaced_by_what_it_is(message: str) -> None:
    assert parameterise(message) == MESSAGES[message]


@pytest.mark.parametrize(
    ("raw", "scrubbed"),
    [
        ("mail to me@example.com bounced", "mail to [email] bounced"),
        ("mail to me@example.com bounced", f"mail to [email:{'0f' * 16}] bounced"),
        ("peer 10.1.2.3 left", "peer [ip] left"),
        ("cart 88ee7c66-29a9-4a4a-bc26-c72d76c5de14", "cart [uuid]"),
    ],
)
def test_what_redaction_leaves_is_the_same_placeholder(raw: str, scrubbed: str) -> None:
    assert parameterise(raw) == parameterise(scrubbed)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_message_takes_long(text: str) -> None:
    """A fiftieth of a second is a hundred times what a common message takes."""
    parameterise("1")  # the shapes are compiled when they are first used
    started = time.process_time()
    parameterise(text)
    assert time.process_time() - started < 0.1


@given(st.text(alphabet="a1.:@-/[]=' \n", max_size=60))
def test_it_is_done_once(text: str) -> None:
    """What was replaced once holds nothing to replace, but for what stood next to it."""
    assert parameterise(text) == parameterise(text)
    assert len(parameterise(text).splitlines()) <= 2


@given(st.text(max_size=200), st.integers(0, 10**12), st.integers(0, 10**12))
def test_numbers_in_a_message_are_of_no_account(text: str, one: int, other: int) -> None:
    prefix = text.replace("=", "").split("\n", maxsplit=1)[0]
    assert parameterise(f"row {one} of {prefix}") == parameterise(f"row {other} of {prefix}")
