import os
import pty
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

RULE = "[[pattern]]\nid = 'shop.customer'\nlabel = '[customer]'\nmatch = 'CUS-[0-9]{4}'\n"
EVENTS = [
    {"message": "refund for CUS-2044 and CUS-2045", "tags": {"who": "jane@example.com"}},
    {"breadcrumbs": [{"message": "saw CUS-2046"}, {"message": "nothing"}]},
]
LINES = b"".join(orjson.dumps(event) + b"\n" for event in EVENTS)


@pytest.fixture
def tried(cli, tmp_path):
    """Try a file on the events, in JSON."""
    (tmp_path / "scrubrelay.toml").write_text('[redaction]\npacks = ["contact"]\n')
    (tmp_path / "shop.toml").write_text(RULE)
    (tmp_path / "events.jsonl").write_bytes(LINES)

    def run(*options: str, on: str = "events.jsonl") -> dict:
        code, out, err = cli("patterns", "try", "shop.toml", "--on", on, "--json", *options)
        assert (code, err) == (0, "")
        return orjson.loads(out)

    return run


def test_strings_cuts_and_paths(tried):
    (found,) = tried()["patterns"].items()
    paths = {"message": 1, "breadcrumbs.*.message": 1}
    assert found == ("shop.customer", {"strings": 2, "cuts": 3, "paths": paths})


def test_an_envelope(tried, tmp_path):
    lines = (b'{"event_id":"' + b"a" * 32 + b'"}', b'{"type":"event"}', orjson.dumps(EVENTS[1]))
    (tmp_path / "one.envelope").write_bytes(b"\n".join(lines))
    assert tried(on="one.envelope")["patterns"]["shop.customer"]["cuts"] == 1


def test_one_document(tried, tmp_path):
    (tmp_path / "event.json").write_bytes(orjson.dumps(EVENTS[0], option=orjson.OPT_INDENT_2))
    assert tried(on="event.json")["events"] == 1


def test_the_difference_to_what_is_cut_already(tried, tmp_path):
    assert tried("--diff")["diff"] == {
        "newly_cut": {
            "message: nothing -> shop.customer": 1,
            "breadcrumbs.*.message: nothing -> shop.customer": 1,
        },
        "changed": {},
        "no_longer_cut": {},
    }


def test_the_difference_to_an_older_version_of_the_file(tried, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old/shop.toml").write_text(RULE.replace("[0-9]{4}", "2046"))
    (tmp_path / "scrubrelay.toml").write_text('[redaction]\npacks = ["contact"]\npattern_files = ["old"]\n')
    (tmp_path / "shop.toml").write_text(RULE.replace("[0-9]{4}", "204[45]"))
    kinds = {kind: sum(counts.values()) for kind, counts in tried("--diff")["diff"].items()}
    assert kinds == {"newly_cut": 1, "changed": 0, "no_longer_cut": 1}


def test_the_cost(tried):
    assert all(cost > 0 for cost in tried("--benchmark")["benchmark"].values())


def test_no_text_of_events_leaves_the_terminal(cli, tried):
    _, out, _ = cli("patterns", "try", "shop.toml", "--on", "events.jsonl", "--diff", "--benchmark")
    assert "on a terminal only" in out
    assert not [one for one in ("CUS-20", "refund", "jane") if one in out + orjson.dumps(tried()).decode()]


def test_the_text_around_a_cut_on_a_terminal(tried, tmp_path):
    reader, writer = pty.openpty()
    program = [
        str(Path(sys.executable).parent / "scrubrelay"),
        "patterns",
        "try",
        "shop.toml",
        "--on",
        "events.jsonl",
    ]
    subprocess.run(program, cwd=tmp_path, stdout=writer, check=True)
    os.close(writer)
    shown = os.read(reader, 10_000).decode()
    os.close(reader)
    assert "saw ⟦CUS-2046⟧" in shown


def test_a_broken_line_is_told_by_its_number(cli, tried, tmp_path):
    (tmp_path / "events.jsonl").write_bytes(LINES + b'{"secret": \n')
    code, _, err = cli("patterns", "try", "shop.toml", "--on", "events.jsonl")
    assert code == 1
    assert "events.jsonl: line 3" in err
    assert "secret" not in err


def test_a_byte_order_mark_and_windows_line_ends(tried, tmp_path, cli):
    bom = b"\xef\xbb\xbf"
    (tmp_path / "shop.toml").write_bytes(bom + RULE.replace("\n", "\r\n").encode())
    (tmp_path / "scrubrelay.toml").write_bytes(bom + b'[redaction]\r\npattern_files = ["shop.toml"]\r\n')
    (tmp_path / "bom.jsonl").write_bytes(bom + LINES.replace(b"\n", b"\r\n"))
    assert tried(on="bom.jsonl")["events"] == 2
    assert cli("explain", "bom.jsonl")[0] == 0
    code, out, _ = cli("scrub", "bom.jsonl")
    assert (code, out.count("[customer]")) == (0, 3)
