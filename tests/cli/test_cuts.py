"""Why each thing was cut, by which line of which file; and why others were not."""

import orjson
import pytest

KEY = "0123456789abcdef" * 2
CONFIG = f"""[redaction]
packs = ["payment", "contact"]
pattern_files = ["own.toml"]
actions = {{ payment = "mask" }}
sensitive_keys = ["badge"]

[[redaction.rule]]
where = "extra.note"
patterns = ["anything"]
action = "mask"

[[project]]
id = 7
key = "{KEY}"
[project.redaction]
adds = ["rule"]
[[project.redaction.rule]]
where = "extra.own"
patterns = ["contact.email"]
"""
OWN = """
[[pattern]]
id    = "own.ref"
label = "[ref]"
match = 'REF- [0-9]+'
"""
CARD, MAIL = "4111 1111 1111 1111", "jane@example.com"


@pytest.fixture
def explain(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text(CONFIG)
    (tmp_path / "own.toml").write_text(OWN)

    def run(event: object, *options: str) -> dict:
        (tmp_path / "event.json").write_bytes(orjson.dumps(event))
        code, out, err = cli("explain", "event.json", "--json", *options)
        assert (code, err) == (0, "")
        ((item,),) = (one["items"] for one in orjson.loads(out))
        return {"cuts": {one["path"]: one for one in item["cuts"]}, "near": item["near"]}

    return run


CAUSES = {
    "message": ("payment.card", "patterns/payment.toml:", '[redaction] actions."payment"', ""),
    "extra.a": ("contact.email", "patterns/contact.toml:", "[redaction] action", ""),
    "extra.ref": ("own.ref", "own.toml:3", "[redaction] action", ""),
    "extra.badge": ("keys.custom", "[redaction] sensitive_keys", "[redaction] action", ""),
    "extra.note": (
        "rules.1",
        "scrubrelay.toml:7",
        "[[redaction.rule]] action, scrubrelay.toml:7",
        "scrubrelay.toml:7",
    ),
}


@pytest.mark.parametrize("path", CAUSES)
def test_each_cut_names_pattern_file_line_and_setting(explain, path):
    event = {"message": CARD, "extra": {"a": MAIL, "ref": "REF-12", "badge": "x7", "note": "it"}}
    cut = explain(event)["cuts"][path]
    pattern, origin, action, rule = CAUSES[path]
    assert cut["pattern"] == pattern
    assert origin in cut["from"]
    assert (cut["action_from"], cut["rule_at"]) == (action, rule)


def test_the_line_is_that_of_the_pattern(explain):
    from scrubrelay.config.packs import sources

    line = int(explain({"message": CARD})["cuts"]["message"]["from"].rpartition(":")[2])
    assert 'id         = "payment.card"' in dict(sources())["patterns/payment.toml"].splitlines()[line - 1]


def test_a_project_has_its_own_rules_behind_the_common_ones(explain):
    cuts = explain({"extra": {"own": MAIL, "note": "x"}}, "--project", "7")["cuts"]
    assert (cuts["extra.note"]["rule_at"], cuts["extra.own"]["rule_at"]) == (
        "scrubrelay.toml:7",
        "scrubrelay.toml:17",
    )


def test_what_came_near_is_told_with_what_said_no(explain):
    near = explain({"extra": {"order": "4111 1111 1111 1112"}})["near"]
    assert [(one["path"], one["pattern"]) for one in near if one["pattern"] == "payment.card"] == [
        ("extra.order", "payment.card")
    ]
    assert all("checksum" in one["why"] for one in near)


@pytest.mark.parametrize("options", [(), ("--show",), ("--json",), ("--json", "--show")])
def test_no_text_is_printed_into_a_pipe(cli, tmp_path, options):
    event = {"message": f"{MAIL} and REF-1", "extra": {"order": "4111 1111 1111 1112", MAIL: "x"}}
    (tmp_path / "event.json").write_bytes(orjson.dumps(event))
    _, out, err = cli("explain", "event.json", *options)
    assert not [text for text in (MAIL, "jane", "4111", "REF-1") if text in out + err]
    assert ("terminal only" in err) == ("--show" in options)
    assert "contact.email" in out


def test_on_a_terminal_the_owner_sees_the_text(cli, tmp_path, monkeypatch):
    (tmp_path / "event.json").write_bytes(orjson.dumps({"message": f"mail {MAIL}"}))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert MAIL not in cli("explain", "event.json")[1]
    assert MAIL in cli("explain", "event.json", "--show")[1]


def test_an_item_that_cannot_be_scrubbed_says_why(cli, tmp_path):
    png = b"\x89PNG\r\n\x1a\n" + bytes(8)
    lines = [b"{}", b'{"type":"event"}', orjson.dumps({"message": MAIL})]
    lines += [b'{"type":"attachment","filename":"a.png","length":%d}' % len(png), png]
    (tmp_path / "in").write_bytes(b"\n".join(lines))
    ((event, attachment),) = (one["items"] for one in orjson.loads(cli("explain", "in", "--json")[1]))
    assert event["unscrubbable"] is None
    assert attachment["unscrubbable"].startswith("not_understood")


def test_what_a_filter_drops_is_not_scrubbed(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text('[filters]\nignore_errors = ["KeyError"]\n')
    (tmp_path / "e").write_bytes(
        orjson.dumps({"exception": {"values": [{"type": "KeyError", "value": MAIL}]}})
    )
    out = cli("explain", "e")[1]
    assert "=> dropped: ignored_error" in out
    assert "contact.email" not in out
