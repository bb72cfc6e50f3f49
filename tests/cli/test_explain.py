"""`scrubrelay explain`: what would become of an event, and why, without a word of it."""

import orjson
import pytest

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


def test_a_project_that_is_not_there(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text(FILE)
    (tmp_path / "event.json").write_text("{}")
    code, _, err = cli("explain", "--project", "shpo", "event.json")
    assert code == 1
    assert "expected one of shop, bank" in err
