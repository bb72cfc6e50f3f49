"""`scrubrelay explain`: what would become of an event, and why, without a word of it."""

import asyncio

import orjson
import pytest

from scrubrelay.config.build import build
from scrubrelay.config.load import load
from scrubrelay.core.inspection import Circumstances, inspect
from scrubrelay.core.pipeline import Clean
from scrubrelay.core.wire.envelope import Envelope, Item
from scrubrelay.service.clock import SystemClock
from scrubrelay.service.stores.base import Entry, StoreOptions
from scrubrelay.service.stores.registry import make_store

FILE = """
[filters]
ignore_errors = ["KeyError", {type = "HTTPException", status = "< 500"}]
client_addresses = ["10.0.0.0/8"]
groups = ["web-crawlers"]
[sampling]
preset = "by-environment"
[[project]]
id = 7
name = "shop"
key = "77777777777777777777777777777777"
[[project]]
id = 8
name = "bank"
key = "88888888888888888888888888888888"
[project.filters]
ignore_errors = []
"""
SECRET = "hunter" + "2"
HTTP = {"exception": {"values": [{"type": "HTTPException", "value": f"404: {SECRET}"}]}}
TRANSACTION = {"type": "transaction", "transaction": SECRET, "contexts": {"trace": {"trace_id": "0" * 32}}}


@pytest.fixture
def told(cli, tmp_path):
    """Explain a document under the configuration above."""
    (tmp_path / "scrubrelay.toml").write_text(FILE)

    def run(*documents: dict, options: tuple[str, ...] = ()) -> str:
        (tmp_path / "event.json").write_bytes(b"\n".join(orjson.dumps(one) for one in documents))
        code, out, err = cli("explain", *options, "event.json")
        assert (code, err) == (0, "")
        assert SECRET not in out
        return out

    return run


def test_the_filter_that_hit_is_told_among_those_that_were_tried(told):
    out = told(HTTP)
    assert 'no   ignore_errors "KeyError"' in out
    assert 'HIT  ignore_errors "HTTPException" and status' in out
    assert '=> dropped: ignored_error ignore_errors "HTTPException" and status' in out


def test_a_project_has_its_own_filters(told):
    out = told(HTTP, options=("--project", "bank"))
    assert "ignore_errors" not in out
    assert "=> goes on to the scrubber" in out


@pytest.mark.parametrize(("daily", "share"), [("0", "0.1"), ("20000", "0.05")])
def test_what_sampling_would_decide(told, daily, share):
    out = told(TRANSACTION, options=("--daily", daily))
    assert f'share {share} by preset "by-environment"' in out
    assert "by trace id" in out


def test_the_sender_is_an_option(told):
    assert "dropped: client_address" in told(HTTP, options=("--address", "10.1.2.3"))
    browser = {"platform": "javascript"}
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    assert "dropped: web_crawler" in told(browser, options=("--user-agent", agent))


def test_each_line_is_told_apart(told):
    out = told(HTTP, TRANSACTION)
    assert [line for line in out.splitlines() if line.startswith("line")] == [
        "line 1, item 1 (event)",
        "line 2, item 1 (transaction)",
    ]


def test_programs_read_json(told):
    ((explained,),) = [one["items"] for one in orjson.loads(told(HTTP, options=("--json",)))]
    assert explained["dropped"]["reason"] == "ignored_error"
    assert [one["hit"] for one in explained["filters"]].count(True) == 1


@pytest.mark.parametrize("key", ["a\\u001b[2Jb", "a\\nb", "a\\u202eb", "a\\ud800b"], ids=repr)
def test_a_key_of_an_event_does_not_steer_the_terminal(cli, tmp_path, key):
    (tmp_path / "event.json").write_text(f'{{"extra": {{"{key}": "mara@example.com"}}}}')
    code, out, _ = cli("explain", "event.json")
    assert code == 0
    (line,) = [line for line in out.split("\n") if line.startswith("  cut")]
    assert line.isprintable()
    assert orjson.loads(cli("explain", "--json", "event.json")[1])[0]["items"][0]["cuts"]


def test_a_project_that_is_not_there(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text(FILE)
    (tmp_path / "event.json").write_text("{}")
    code, _, err = cli("explain", "--project", "shpo", "event.json")
    assert code == 1
    assert "expected one of shop, bank" in err


def test_what_makes_its_issue_and_what_caps_it(told):
    out = told(HTTP, options=("--project", "bank"))
    assert "issue     by exception.values.0.type, exception.values.0.value" in out
    assert "cap       50 in 1h by [caps]\n" in out


@pytest.mark.parametrize(
    ("caps", "said"),
    [
        ('[caps]\nexempt = {type = "HTTP*"}', "none by [caps] exempt"),
        ('[[caps.rule]]\ntype = "*"\nlimit = 3\nwindow = "1d"', "3 in 24h by [[caps.rule]] number 1"),
        ('[[caps.rule]]\ntype = "*"\nlimit = "none"', "none by [[caps.rule]] number 1"),
    ],
)
def test_what_decides_about_its_cap(cli, tmp_path, caps, said):
    (tmp_path / "scrubrelay.toml").write_text(caps)
    (tmp_path / "event.json").write_bytes(orjson.dumps(HTTP))
    assert f"  cap       {said}\n" in cli("explain", "event.json")[1]
    (one,) = orjson.loads(cli("explain", "--json", "event.json")[1])[0]["items"]
    assert one["counted"]["by"] == said.partition(" by ")[2]


def test_with_a_store_it_says_how_the_issue_stands(told, tmp_path, cli):
    """An event is counted under a cap as the relay counts it; then its explanation knows."""
    config = tmp_path / "scrubrelay.toml"
    project = build(load(config, {})).listed[1]
    store = make_store(load(config, {}).store.url, StoreOptions())

    async def count() -> None:
        await store.open()
        now = SystemClock().now()
        told_apart = Circumstances(now, secret=await store.issues.secret())
        event = Envelope({}, (Item({"type": "event"}, orjson.dumps(HTTP)),))
        claim = inspect(event, project, told_apart).claim
        await store.append(Entry(8, "8" * 32, "e" * 32, now, Clean(b"{}\n"), ("t",), claim=claim))
        await store.close()

    asyncio.run(count())
    out = told(HTTP, options=("--project", "bank"))
    issue = orjson.loads(cli("caps", "list", "--json")[1])[0]["issue"]
    assert f"50 in 1h by [caps]; 1 so far, issue {issue}" in out
