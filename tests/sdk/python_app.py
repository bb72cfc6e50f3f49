"""An app with an unmodified sentry-sdk: argv is its DSN, what its users told it, and its business module."""

import importlib.util
import sys
from pathlib import Path

import orjson
import sentry_sdk
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
from sentry_sdk.scrubber import EventScrubber

dsn, plants, module_path = sys.argv[1:]
planted = orjson.loads(Path(plants).read_bytes())
texts, keyed, request = planted["texts"], planted["keyed"], planted["request"]
sent = []


def dumped(value):
    """Return a value as JSON text."""
    return orjson.dumps(value).decode()


def add_body(event, hint):
    """Web frameworks' integrations add the request's body; plain WSGI has none."""
    sent.append(event["event_id"])
    event.setdefault("request", {})["data"] = {"form": keyed, "comment": list(texts.values())}
    return event


def load(path):
    """Import the business module from its file."""
    spec = importlib.util.spec_from_file_location("charging", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def app(environ, start_response):
    """Fail like a real handler: in the middle of its work, with everything in local variables."""
    halves = [dict(list(texts.items())[i : i + 8]) for i in range(0, len(texts), 8)]
    customer, order, rest, account = *halves, keyed
    load(module_path).charge(customer, order, rest, account)


def describe(scope):
    """Tell the SDK all that apps tell it."""
    scope.set_user(
        {"id": "42", "email": texts["email"], "ip_address": planted["ip"], "username": "mara", **keyed}
    )
    for number, (kind, text) in enumerate(texts.items()):
        scope.set_tag(f"tag.{kind}", text)
        scope.set_extra(f"note {number}", text)
        sentry_sdk.add_breadcrumb(
            category="app", message=f"step {number}: {text}", data={"seen": text, **keyed}
        )
    scope.set_extra("nested", {"deep": [dumped({"inner": dumped(texts), **keyed})]})
    scope.set_context("billing", {"lines": list(texts.values()), **keyed})
    scope.add_attachment(
        bytes="\n".join(texts.values()).encode(), filename="notes.txt", content_type="text/plain"
    )
    scope.add_attachment(
        bytes=orjson.dumps({"texts": texts, **keyed}),
        filename="order.json",
        content_type="application/json",
    )
    scope.add_event_processor(add_body)


sentry_sdk.init(
    dsn=dsn, send_default_pii=True, release="shop@1.4.2", environment="staging", shutdown_timeout=10,
    event_scrubber=EventScrubber(denylist=[]),  # what the SDK hides by itself would prove nothing
)  # fmt: skip
describe(sentry_sdk.get_isolation_scope())
environ = {
    "REQUEST_METHOD": "POST",
    "wsgi.url_scheme": "https",
    "SERVER_NAME": "shop.example.com",
    "SERVER_PORT": "443",
    "PATH_INFO": "/checkout",
    "QUERY_STRING": request["query"],
    "REMOTE_ADDR": planted["ip"],
    "HTTP_COOKIE": request["cookie"],
    "HTTP_AUTHORIZATION": request["authorization"],
    "HTTP_REFERER": "https://shop.example.com/cart?" + request["query"],
}
try:
    list(SentryWsgiMiddleware(app)(environ, lambda *answer: None))
except RuntimeError:
    sentry_sdk.flush(10)
print(dumped({"event_id": sent[-1]}))
