import io

import orjson
import pytest

EMAIL = "jane@example.com"
LINES = f'{{"a":"{EMAIL}"}}\n\n{{"a":"fine"}}\r\n{{"password":"hunter2"}}'
ITEM = orjson.dumps({"message": f"mail from {EMAIL}"}).decode()
IMAGE = "\x89PNG\r\n\x1a\n" + "\x00" * 8


def envelope(*items: tuple[str, str], **headers: str) -> str:
    lines = [orjson.dumps({"event_id": "9ec79c33ec9942ab8353589fcb2e04dc", **headers}).decode()]
    for kind, payload in items:
        lines += [orjson.dumps({"type": kind, "length": len(payload.encode("latin-1"))}).decode(), payload]
    return "\n".join(lines)


@pytest.fixture
def scrub(cli, tmp_path):
    def run(text: str, *options: str):
        (tmp_path / "input").write_bytes(text.encode("latin-1"))
        return cli("scrub", *options, "input")

    return run


def test_a_document(scrub):
    code, out, err = scrub(f'{{"a":"mail {EMAIL}"}}\n')
    assert (code, err) == (0, "")
    assert out.startswith('{"a":"mail [email]",')
    assert out.endswith("}\n")


@pytest.mark.parametrize("text", ["", '{ "a": [1,2.50, null]}', "[]\n", '"fine"', '{\n  "a": 1\n}\n\n'])
def test_an_untouched_document_is_identical(scrub, text):
    assert scrub(text) == (0, text, "")


def test_lines_stay_in_order_and_keep_their_ends(scrub):
    code, out, err = scrub(LINES)
    assert (code, err) == (0, "")
    lines = out.split("\n")
    assert lines[1:3] == ["", '{"a":"fine"}\r']
    assert [EMAIL in out, "hunter2" in out] == [False, False]


def test_standard_input(cli, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(LINES.encode())))
    _, out, _ = cli("scrub", "-")
    assert out.count("\n") == LINES.count("\n")
    assert EMAIL not in out


def test_a_broken_line_is_named(scrub):
    code, out, err = scrub('{"a":1}\n{"b": hunter2}\n{"c":1}\n')
    assert (code, out) == (1, '{"a":1}\n')
    assert err.startswith("scrubrelay: input: line 2")
    assert "hunter2" not in err


@pytest.mark.parametrize("text", ["hunter2", '{"a": hunter2}', '{"a": 1', "\x00\x01"])
def test_what_is_no_document_is_refused(scrub, text):
    code, out, err = scrub(text)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "hunter2" not in err


def test_an_envelope(scrub):
    code, out, err = scrub(envelope(("event", ITEM)))
    assert (code, err) == (0, "")
    assert "mail from [email]" in out
    assert EMAIL not in out


def test_an_envelope_keeps_its_dsn_without_the_secret(scrub):
    key = "0123456789abcdef0123456789abcdef"
    _, out, _ = scrub(envelope(("event", ITEM), dsn=f"https://{key}:0badc0de@sentry.example.com/5"))
    assert orjson.loads(out.split("\n")[0])["dsn"] == f"https://{key}@sentry.example.com/5"


def test_what_is_dropped_is_told(scrub):
    code, out, err = scrub(envelope(("event", ITEM), ("attachment", IMAGE)))
    assert code == 3
    assert "PNG" not in out
    assert err.startswith("scrubrelay: input: item 2 (attachment) dropped: not_understood")


@pytest.mark.parametrize(
    ("text", "place"),
    [(ITEM, "document"), (f"{{}}\n{ITEM}", "line 2"), (envelope(("event", ITEM)), "item 1 (event)")],
)
def test_a_report_has_no_text(scrub, text, place):
    code, out, _ = scrub(text, "--report")
    assert code == 0
    assert out.split("\t")[:2] == [place, "message"]
    assert EMAIL not in out


def test_a_format_can_be_told(scrub):
    code, _, err = scrub("{}", "--format", "envelope")
    assert (code, err) == (0, "")


def test_the_configuration_decides(scrub, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text('[redaction]\naction = "mask"\n')
    _, out, _ = scrub(ITEM)
    assert EMAIL not in out
    assert "[email]" not in out
