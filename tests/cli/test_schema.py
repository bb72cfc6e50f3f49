import tomllib

import orjson
import pytest
from jsonschema import Draft202012Validator

GOOD = """
[server]
listen = ":3000"
workers = "auto"
shutdown_timeout = 2.5
[admin]
token = "${file:/run/secrets/token}"
[store]
max_bytes = "1.5GiB"
keep_envelopes = "${KEEP}"
[upstream]
url = "https://sentry.example.com"
[[project]]
id = 1
key = "0123456789abcdef0123456789abcdef"
upstreams = ["${DSN}", {dsn = "https://k@sentry.example.com/a/1", encoding = "zstd"}]
redaction = {opaque = "forward"}
[redaction]
actions = {email = "mask"}
[caps]
exempt = {level = "fatal"}
[[caps.rule]]
type = ["Timeout*", "Connection*"]
limit = "none"
"""


@pytest.fixture
def validator(cli) -> Draft202012Validator:
    schema = orjson.loads(cli("schema")[1])
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_a_good_file_is_valid(validator):
    assert [error.message for error in validator.iter_errors(tomllib.loads(GOOD))] == []


@pytest.mark.parametrize(
    "text",
    [
        "[servr]",
        "[server]\nlistn = 1",
        "[server]\nworkers = 0",
        '[server]\nworkers = "many"',
        "[[project]]\nid = 1",
        '[store]\nmax_bytes = "64 MBs"',
        '[store]\ndurability = "x"',
        '[upstream]\nurl = "ftp://x"',
        "[limits]\nmax_items=501",
        "[[caps.rule]]\nlimit = 0",
    ],
)
def test_a_wrong_file_is_not(validator, text):
    assert not validator.is_valid(tomllib.loads(text))


def test_every_setting_is_described(validator):
    tables = validator.schema["$defs"].values()
    settings = [one for table in tables for one in table.get("properties", {}).values()]
    assert settings
    assert all(setting.get("description") for setting in settings)


def test_the_tables_for_people(cli):
    code, out, _ = cli("schema", "--markdown")
    assert code == 0
    assert '| `listen` | `"127.0.0.1:3000"` |' in out
