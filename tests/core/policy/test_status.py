"""Which HTTP status an error stands for, and conditions on it."""

import orjson
import pytest

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.status import Status, status_of
from scrubrelay.core.wire.envelope import Item


def view(*chain: tuple[str, str, str], **rest: object) -> Event:
    values = [{"type": type_, "module": module, "value": value} for type_, module, value in chain]
    return Event(Item({"type": "event"}, orjson.dumps({"exception": {"values": values}, **rest})))


OUTER = ("GatewayError", "shop.errors", "no answer")
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
