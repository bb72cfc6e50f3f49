import tomllib

import orjson

KEY = "0123456789abcdef0123456789abcdef"
RULE = """
[[pattern]]
id = "shop.customer"
label = "[customer]"
why = "A customer number leads to a person."
match = '''\\b CUS- [0-9]{6} \\b'''
example = [
  {text = "for CUS-204417", becomes = "for [BECOMES]"},
  {text = "CUS-204417", becomes = "[customer]"},
]
counterexample = [{text = "focus-123456", why = "a word"}, {text = "CUS-2", why = "too short"}]
"""


def test_what_holds_is_shown_as_toml_with_secrets_masked(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text(
        f'[admin]\ntoken = "hunter2hunter2hunter2"\n[[project]]\nid = 1\nkey = "{KEY}"\nupstreams = ["https://{KEY}:0badc0de@s.example/1"]\n'
        '[project.redaction]\naction = "hash"\nhash_key = "hunter2hunter2hunter2"\n'
    )
    code, out, err = cli("check")
    assert (code, err) == (0, "")
    shown = tomllib.loads(out)
    assert shown["project"][0]["upstreams"] == [{"dsn": f"https://{KEY}@s.example/1"}]
    assert shown["project"][0]["redaction"] == {"action": "hash", "hash_key": "********"}
    assert not [secret for secret in ("hunter2", "0badc0de") if secret in out]


def test_each_value_shows_where_it_came_from(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("SCRUBRELAY_SERVER__WORKERS", "2")
    (tmp_path / "scrubrelay.toml").write_text('[server]\nlisten = "127.0.0.1:1"\n')
    lines = {line.split(" = ")[0]: line.rpartition("# ")[2] for line in cli("check")[1].splitlines()}
    origins = [lines[key] for key in ("listen", "workers", "durability")]
    assert origins == ["default", "SCRUBRELAY_SERVER__WORKERS", "default"]


def test_names_of_packs_are_checked_with_a_hint(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text('[redaction]\npacks = ["defalt"]\ndisable = ["payment.crd"]\n')
    code, _, err = cli("check")
    assert code == 1
    assert "[redaction] packs: defalt" in err
    assert "'default'" in err
    assert "[redaction] disable: payment.crd" in err


def test_examples_of_own_patterns_are_run(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text('[redaction]\npattern_files = ["rules/*.toml"]\n')
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/shop.toml").write_text(RULE.replace("BECOMES", "customer"))
    assert cli("check")[0] == 0
    (tmp_path / "rules/shop.toml").write_text(RULE.replace("BECOMES", "buyer"))
    code, out, err = cli("check")
    assert (code, out) == (1, "")
    assert "shop.customer: example 1" in err


def test_a_glob_without_files_is_a_mistake(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text('[redaction]\npattern_files = ["rules/*.toml"]\n')
    code, _, err = cli("check")
    assert (code, err) == (1, "scrubrelay: [redaction] pattern_files: no file is called rules/*.toml\n")


def test_a_rule_that_sentry_reads_otherwise_is_told_but_no_mistake(cli, tmp_path):
    """The configuration holds; the warning stands on standard error."""
    rule = '[[redaction.rule]]\nwhere = "email"\npatterns = ["contact.email"]\n'
    (tmp_path / "scrubrelay.toml").write_text(rule)
    code, _, err = cli("check")
    assert code == 0
    assert "warning: [[redaction.rule]] number 1 where: " in err


def test_rules_are_printed_as_tables_and_long_lists_over_lines(cli, tmp_path):
    """What is printed could stand for the file."""
    names = [f"field_number_{number}" for number in range(12)]
    text = f"[redaction]\nsensitive_keys = {names}\n" + "".join(
        f'[[redaction.rule]]\nwhere = "extra.{name}"\npatterns = ["anything"]\n' for name in ("a", "b")
    )
    (tmp_path / "scrubrelay.toml").write_text(text)
    code, out, err = cli("check")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) < 120
    rule = {"patterns": ["anything"]}
    redaction = tomllib.loads(out)["redaction"]
    assert redaction["rule"] == [{"where": "extra.a", **rule}, {"where": "extra.b", **rule}]
    assert redaction["sensitive_keys"] == names


def test_what_holds_for_programs(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text(
        '[admin]\ntoken = "hunter2hunter2hunter2"\n[server]\nworkers = 2\n'
    )
    code, out, err = cli("check", "--json")
    found = orjson.loads(out)
    assert (code, err, found["problems"], found["settings"]["server"]["workers"]) == (0, "", [], 2)
    assert found["patterns"] > 100
    assert "hunter2" not in out


def test_what_is_wrong_for_programs(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text("[servr]\n")
    code, out, _ = cli("check", "--json")
    assert code == 1
    assert "[servr]" in orjson.loads(out)["problems"][0]
