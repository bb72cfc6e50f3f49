"""`[filters]`, `[sampling]` and `[reports]`: from a file to what is decided, and every mistake at once."""

import orjson
import pytest

from scrubrelay.config.agents import agent
from scrubrelay.config.build import build
from scrubrelay.config.load import load
from scrubrelay.core.errors import ConfigError, Reason
from scrubrelay.core.policy.client import Client
from scrubrelay.core.policy.event import Event
from scrubrelay.core.wire.envelope import Item

KEYS = ("0" * 32, "1" * 32)


def projects(tmp_path, text: str):
    path = tmp_path / "scrubrelay.toml"
    path.write_text(text)
    return build(load(path, {}))


def first(policies, document: object, kind: str = "event", **client: str) -> tuple[Reason, str] | None:
    found = policies.filters.first(Event(Item({"type": kind}, orjson.dumps(document)), Client(**client)))
    return found and (found.reason, found.name)


def thrown(type_: str, value: str = "", module: str = "") -> dict:
    return {"exception": {"values": [{"type": type_, "value": value, "module": module}]}}


FILE = """
[filters]
ignore_errors = ["UserCancelled", "*.TimeoutError", {type = "HTTPException", status = "< 500"}]
error_messages = ["Type: *", "/dead+lock/"]
releases = "*-dev"
environments = ["local"]
client_addresses = ["10.0.0.0/8"]
groups = ["localhost", "health-checks"]
trivial_transactions = {ops = "queue.*", shorter_than = "5ms"}
"""


@pytest.mark.parametrize(
    ("kind", "document", "reason"),
    [
        ("event", thrown("UserCancelled"), Reason.IGNORED_ERROR),
        ("event", thrown("TimeoutError", module="asyncio"), Reason.IGNORED_ERROR),
        ("event", thrown("HTTPException", "404: Not Found"), Reason.IGNORED_ERROR),
        ("event", thrown("HTTPException", "500: Oh no"), None),
        ("event", thrown("Type", "x"), Reason.ERROR_MESSAGE),
        ("event", {"message": "a deadddlock"}, Reason.ERROR_MESSAGE),
        ("event", {"release": "1.0-dev"}, Reason.RELEASE),
        ("transaction", {"environment": "local"}, Reason.ENVIRONMENT),
        ("event", {"request": {"url": "http://localhost/"}}, Reason.LOCALHOST),
        ("transaction", {"transaction": "/healthz"}, Reason.HEALTH_CHECK),
        (
            "transaction",
            {"contexts": {"trace": {"op": "queue.x"}}, "start_timestamp": 1, "timestamp": 1.001},
            Reason.TRIVIAL_TRANSACTION,
        ),
        ("event", {"message": "fine"}, None),
    ],
)
def test_each_setting_drops_what_it_says(tmp_path, kind, document, reason):
    found = first(projects(tmp_path, FILE).passing.policies, document, kind)
    assert (found and found[0]) == reason


def test_a_filter_is_called_what_it_is_called_in_the_file(tmp_path):
    policies = projects(tmp_path, FILE).passing.policies
    assert first(policies, thrown("HTTPException", "404: x"))[1] == 'ignore_errors "HTTPException" and status'
    assert first(policies, {}, address="10.1.1.1") == (Reason.CLIENT_ADDRESS, "client_addresses")


def test_a_project_replaces_or_adds(tmp_path):
    text = f"""
[filters]
ignore_errors = ["Common"]
[sampling]
rates = {{ production = 0.5 }}
[[project]]
id = 1
key = "{KEYS[0]}"
[project.filters]
ignore_errors = ["Own"]
[[project]]
id = 2
key = "{KEYS[1]}"
[project.filters]
adds = ["ignore_errors"]
ignore_errors = ["Own"]
[project.sampling]
preset = "by-environment"
"""
    replacing, adding = (one.policies for one in projects(tmp_path, text).listed)
    assert [first(one, thrown("Common")) is not None for one in (replacing, adding)] == [False, True]
    assert [first(one, thrown("Own")) is not None for one in (replacing, adding)] == [True, True]
    assert [one.sampling.by_environment for one in (replacing, adding)] == [False, True]
    assert [one.sampling.rates[0].share for one in (replacing, adding)] == [0.5, 0.5]


def test_nothing_is_filtered_or_sampled_that_nobody_asked_for(tmp_path):
    policies = projects(tmp_path, "").passing.policies
    assert policies.filters.filters == ()
    assert not any(policies.sampling.samples(what) for what in ("traces", "errors", "logs"))


WRONG = """
[filters]
ignore_errors = ["{a", {status = "soon"}, {}, {typ = "X"}]
error_messages = ["/(/"]
groups = ["local-host"]
trivial_transactions = {shorter_than = "x"}
client_addresses = ["10.0.0.300"]
[sampling]
preset = "by-enviroment"
rates = {a = 1.5}
[[sampling.rule]]
transaction = "x"
[reports]
relay_list = true
[[project]]
id = 1
key = "00000000000000000000000000000000"
[project.filters]
adds = ["ignored_errors"]
"""


@pytest.mark.parametrize(
    "told",
    [
        '[filters] ignore_errors number 1, type number 1: expected a "}"',
        '[filters] ignore_errors number 2, status: expected a status code or a condition such as "< 500"',
        "[filters] ignore_errors number 3: expected one of type, message, status",
        '[filters] ignore_errors number 4, typ: unknown key, did you mean "type"?',
        "[filters] error_messages number 1: expected a regular expression",
        'got "local-host", did you mean "localhost"?',
        "[filters] trivial_transactions number 1, shorter_than: expected a duration",
        "[filters] client_addresses number 1: expected an address or a network",
        'got "by-enviroment", did you mean "by-environment"?',
        "[sampling] rates a: expected 1.0 or less, got 1.5",
        "[sampling] rule number 1, rate: is missing",
        '[reports] relay_list: unknown key, did you mean "relay_lists"?',
        '[[project]] number 1, filters adds number 1: expected "ignore_errors"',
    ],
)
def test_every_mistake_is_told_at_once_with_its_place(tmp_path, told):
    with pytest.raises(ConfigError) as error:
        projects(tmp_path, WRONG)
    assert told in str(error.value)


WEBKIT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("text", "family", "major"),
    [
        (f"{WEBKIT} Chrome/90.0.0.0 Safari/537.36", "Chrome", 90),
        ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)", "IE", 8),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox", 153),
        ("curl/8.4.0", "curl", 8),
        ("", "", None),
        ("\ud800" + "x" * 100_000, "", None),
    ],
)
def test_browsers_are_told_apart(text, family, major):
    found = agent(text)
    assert (found.family, found.major, found.crawler) == (family, major, False)


@pytest.mark.parametrize(
    "text",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    ],
)
def test_crawlers_are_known(text):
    assert agent(text).crawler


def test_the_environment_can_name_errors_to_ignore():
    settings = load(
        None, {"SCRUBRELAY_FILTERS__IGNORE_ERRORS": "A, B", "SCRUBRELAY_SAMPLING__RATES": '{"*" = 0.5}'}
    )
    assert [one.type for one in settings.filters.ignore_errors] == [("A",), ("B",)]
    assert settings.sampling.rates == {"*": 0.5}


def test_what_is_remembered_of_a_browser_is_not_as_long_as_a_client_likes():
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert agent(f"{browser:600}a") is agent(f"{browser:600}b")
