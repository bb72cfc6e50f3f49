"""Which errors are expected: by type, and by what else must hold."""

import orjson
import pytest

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.globs import Glob, Globs, message_matcher
from scrubrelay.core.policy.ignored import Ignored
from scrubrelay.core.policy.status import Status, status_of
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


STATUSES = {
    "starlette": view(("HTTPException", "starlette.exceptions", "404: Not Found")),
    "werkzeug": view(("NotFound", "werkzeug.exceptions", "404 Not Found: The requested URL was not found")),
    "requests": view(("HTTPError", "requests.exceptions", "404 Client Error: Not Found for url: https://x")),
    "httpx": view(("HTTPStatusError", "httpx", "Client error '404 Not Found' for url 'https://x'")),
    "urllib": view(("HTTPError", "urllib.error", "HTTP Error 404: Not Found")),
    "aiohttp": view(("ClientResponseError", "aiohttp", "404, message='Not Found', url='https://x'")),
    "axios": view(("AxiosError", "", "Request failed with status code 404")),
    ".net": view(
        (
            "System.Net.Http.HttpRequestException",
            "",
            "Response status code does not indicate success: 404 (Not Found).",
        )
    ),
    "axios data": view(("AxiosError", "", "failed"), contexts={"AxiosError": {"response": {"status": 404}}}),
    "http-errors": view(("NotFoundError", "", "failed"), contexts={"NotFoundError": {"statusCode": 404}}),
    "response": view(OUTER, contexts={"response": {"status_code": 404}}),
    "tag": view(OUTER, tags=[["http.status_code", "404"]]),
    "extra": view(OUTER, extra={"status_code": 404}),
    "span data": view(OUTER, contexts={"trace": {"data": {"http.response.status_code": 404}}}),
    "mechanism": Event(
        Item(
            {"type": "event"},
            b'{"exception": {"values": [{"type": "E", "mechanism": {"data": {"status_code": 404}}}]}}',
        )
    ),
}


TEXTS = (
    "HTTP 404 Not Found",
    '404 NOT_FOUND "no such cart"',
    '404 : "{"error":"x"}"',
    "[404 Not Found] during [GET] to [https://x] [Carts#get()]: []",
    "Error code: 404 - {'error': {'message': 'gone'}}",
    '<HttpError 404 when requesting https://x returned "Not Found">',
    "HTTP Client Error with status code: 404",
    "The request returned a response with status code of 404 and ...",
    "the server responded with status 404",
    "operation error S3: GetObject, https response error StatusCode: 404, RequestID: x",
    "HTTP error fetching URL. Status=404, URL=[https://x]",
    "status code: 404, reason phrase: Not Found",
    "Response status code was unacceptable: 404.",
    "The remote server returned an error: (404) Not Found.",
    "An error occurred (404) when calling the HeadObject operation: Not Found",
    "googleapi: Error 404: Not found, notFound",
    "GraphQL Error (Code: 404): {}",
    "Client error: `GET https://x` resulted in a `404 Not Found` response:",
    "HTTP status client error (404 Not Found) for url (https://x)",
    'Client request(GET https://x) invalid: 404 Not Found. Text: ""',
    "Response code 404 (Not Found)",
    "Http failure response for https://x/carts/17: 404 Not Found",
    "Response not successful: Received status code 404",
)


@pytest.mark.parametrize("text", TEXTS)
def test_the_status_is_found_in_what_well_known_libraries_say(text: str) -> None:
    event = view(("E", "", text))
    assert status_of(event, event.exceptions[0]) == 404


def test_the_status_is_that_of_an_object_thrown_in_place_of_an_error_or_of_phps_code():
    thrown = view(("Error", "", "Object captured as exception"), extra={"__serialized__": {"status": 404}})
    assert status_of(thrown, thrown.exceptions[0]) == 404
    coded = {"type": "E", "mechanism": {"data": {"code": 404}}}
    for platform, status in (("php", 404), ("python", None)):
        item = Item({"type": "event"}, orjson.dumps({"platform": platform, "exception": [coded]}))
        assert status_of(Event(item), Event(item).exceptions[0]) == status


@pytest.mark.parametrize("source", STATUSES)
def test_the_status_is_found_where_sdks_put_it(source):
    event = STATUSES[source]
    assert status_of(event, event.exceptions[-1]) == 404
    assert Ignored(types=typed("*"), status=Status.parse("< 500")).hits(event)
    assert not Ignored(types=typed("*"), status=Status.parse(">= 500")).hits(event)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "500",
        "4040: no",
        "order 404 is gone",
        "404x",
        "status code 77",
        "version 4.0.4",
        "statusquo 404",
        "status of cart 404",
        "[404]x",
        "Code: 404",
    ],
)
def test_a_number_in_a_sentence_is_no_status(value):
    event = view(("E", "", value))
    assert status_of(event, event.exceptions[0]) == (500 if value == "500" else None)


def test_what_is_nearest_to_the_exception_counts():
    event = view(("HTTPException", "", "404: Not Found"), contexts={"response": {"status_code": 500}})
    assert status_of(event, event.exceptions[0]) == 404


def test_without_a_status_no_condition_on_it_holds():
    """What is not known to be expected is not ignored."""
    assert not Ignored(types=typed("*"), status=Status.parse("!= 500")).hits(view(OUTER))


@pytest.mark.parametrize(
    ("condition", "holds", "fails"),
    [
        ("404", [404], [403]),
        ("= 404", [404], [405]),
        ("!= 404", [403], [404]),
        (">= 400, < 500", [400, 499], [399, 500]),
        ("4xx", [400, 499], [500]),
        ("400-404", [400, 404], [405]),
        ("<= 404", [404], [405]),
        ("> 404", [405], [404]),
    ],
)
def test_a_condition_on_the_status(condition, holds, fails):
    status = Status.parse(condition)
    assert [code for code in (*holds, *fails) if status.holds(code)] == holds


@pytest.mark.parametrize("condition", ["", "soon", "< 5", "600", "404 405", "4x"])
def test_a_condition_that_makes_no_sense_is_refused(condition):
    with pytest.raises(ConfigError):
        Status.parse(condition)
