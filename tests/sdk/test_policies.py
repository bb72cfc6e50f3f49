"""What real SDKs send is dropped by type, and the server that would have had it never sees it."""

from collections.abc import Callable

import pytest

from tests.helpers.relay import Relay
from tests.sdk.bugsink import Bugsink
from tests.sdk.conftest import App

pytestmark = pytest.mark.sdk

KEYS = ("1" * 32, "2" * 32)
CONFIG = """
[[project]]
id = 1
key = "{0}"
upstreams = ["{dsn}"]
[project.filters]
ignore_errors = [{ignored}]

[[project]]
id = 2
key = "{1}"
upstreams = ["{dsn}"]
[project.filters]
ignore_errors = ["KeyError", "{type}Not"]
"""


@pytest.mark.parametrize(
    ("app", "type_", "ignored"),
    [
        ("python_app", "RuntimeError", '"RuntimeError"'),
        (
            "python_app",
            "RuntimeError",
            '{ type = "Runtime*", release = "shop@1.*", environment = "staging" }',
        ),
        ("node_app", "Error", '"Error"'),
    ],
    indirect=["app"],
)
def test_an_ignored_type_does_not_arrive(
    app: App, type_: str, ignored: str, bugsink: Bugsink, start_relay: Callable[..., Relay]
):
    """The same error under another key, whose project does not ignore it, does arrive, and later."""
    dsn = bugsink.dsn(bugsink.project())
    config = CONFIG.replace("{dsn}", dsn).replace("{ignored}", ignored).replace("{type}", type_)
    relay = start_relay(config.replace("{0}", KEYS[0]).replace("{1}", KEYS[1]))
    dropped, kept = (app.run(relay.dsn(number, key)) for number, key in enumerate(KEYS, start=1))
    bugsink.event(kept)
    with pytest.raises(TimeoutError):
        bugsink.event(dropped, timeout=0.5)
    ledger = {
        (one["project_id"], one["fate"]): one["quantity"]
        for one in relay.admin("/api/status")["ledger"]
        if one["category"] == "error" and not one["target"]
    }
    assert ledger[1, "ignored_error"] == ledger[2, "passed"] == 1
