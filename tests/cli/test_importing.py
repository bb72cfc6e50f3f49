import tomllib

import orjson
import pytest

from scrubrelay.core.redaction.detectors.pattern import Own, parse_pack

KEY = "0123456789abcdef0123456789abcdef"
CONFIG = "relay:\n  mode: static\n  upstream: https://sentry.example.com\n  port: 3000\n"
RULES = {
    "rules": {"0": {"type": "pattern", "pattern": r"CUS-\d{6}", "redaction": {"method": "mask"}}},
    "applications": {"$user.email": ["@email:mask"], "extra.**": ["0"], "a[0]": ["@ip"]},
}


@pytest.fixture
def relay(tmp_path):
    """A folder of Relay's static mode, with one project."""
    (tmp_path / ".relay" / "projects").mkdir(parents=True)
    (tmp_path / ".relay" / "config.yml").write_text(CONFIG)
    project = {"publicKeys": [{"publicKey": KEY, "isEnabled": True}], "config": {"piiConfig": RULES}}
    (tmp_path / ".relay" / "projects" / "7.json").write_bytes(orjson.dumps(project))
    return tmp_path / ".relay"


@pytest.fixture
def rules(tmp_path):
    (tmp_path / "rules.json").write_bytes(orjson.dumps(RULES))
    return "rules.json"


def test_a_relay_folder_becomes_a_configuration(cli, relay):
    code, out, err = cli("import", "relay", relay)
    settings = tomllib.loads(out)
    assert code == 0
    assert settings["upstream"] == {"url": "https://sentry.example.com"}
    assert [(one["id"], one["key"]) for one in settings["project"]] == [(7, KEY)]
    assert "projects/7.json: selector a[0]: not carried over: column 2" in err


def test_patterns_are_written_beside_the_output(cli, rules, tmp_path):
    (tmp_path / "etc").mkdir()
    code, out, err = cli("import", "sentry-rules", rules, "--output", "etc/scrubrelay.toml")
    assert (code, out) == (0, "")
    redaction = tomllib.loads((tmp_path / "etc" / "scrubrelay.toml").read_text())["redaction"]
    assert redaction["pattern_files"] == ["imported.toml"]
    assert [rule["where"] for rule in redaction["rule"]] == ["$user.email", "extra.**"]
    pack = parse_pack(
        (tmp_path / "etc" / "imported.toml").read_text(), "imported.toml", Own(lambda name: (name, ""))
    )
    assert [pattern.id for pattern in pack.patterns] == redaction["rule"][1]["patterns"]
    assert "etc/imported.toml" in err


def test_the_pattern_file_can_be_named(cli, rules, tmp_path):
    code, out, _ = cli("import", "sentry-rules", rules, "--patterns", "shop.toml")
    assert code == 0
    assert tomllib.loads(out)["redaction"]["pattern_files"] == ["shop.toml"]
    assert "shop.0" in (tmp_path / "shop.toml").read_text()


def test_no_file_is_written_over(cli, rules, tmp_path):
    (tmp_path / "imported.toml").write_text("mine")
    code, out, err = cli("import", "sentry-rules", rules)
    assert (code, out) == (1, "")
    assert "imported.toml: exists already" in err
    assert (tmp_path / "imported.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "line 1, column 2"), ("[]", "there are no rules in it"), ("{}", "there are no rules")],
)
def test_what_is_no_export_is_told(cli, tmp_path, text, told):
    (tmp_path / "rules.json").write_text(text)
    assert told in cli("import", "sentry-rules", "rules.json")[2]


def test_yaml_that_is_none_is_told_with_its_place(cli, relay):
    (relay / "config.yml").write_text("relay: [")
    code, _, err = cli("import", "relay", relay)
    assert (code, "config.yml: line 1, column 9: not YAML" in err) == (1, True)


def test_a_folder_that_is_none_of_relay_is_told(cli, tmp_path):
    code, _, err = cli("import", "relay", tmp_path)
    assert (code, "config.yml: no such file" in err) == (1, True)
