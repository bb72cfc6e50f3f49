"""Which token stands for a value, and which key made a token."""

import orjson
import pytest

from scrubrelay.core.redaction.text.marks import key_id

NEW, OLD = "0123456789abcdef" * 2, "fedcba9876543210" * 2
MAIL = "jane@example.com"
HASHED = f'[redaction]\naction = "hash"\nhash_key = "{OLD}"\n'
ROTATED = HASHED.replace(OLD, NEW) + f'previous_hash_key = "{OLD}"\n'


@pytest.fixture
def relay(cli, tmp_path):
    """Run a command with a configuration and an input."""

    def run(toml: str, text: str, *command: str) -> tuple[int, str, str]:
        (tmp_path / "scrubrelay.toml").write_text(toml)
        (tmp_path / "input").write_text(text)
        return cli(*command, "input")

    return run


def hashed(relay, toml: str) -> str:
    """Return the token that scrubbing leaves in place of an address."""
    _, out, _ = relay(toml, orjson.dumps({"message": MAIL}).decode(), "scrub")
    return str(orjson.loads(out)["message"])


def test_both_keys_of_a_rotation_tell_their_token_of_a_value(relay):
    """What Sentry has from before the rotation is found, and what it gets now."""
    before, after = hashed(relay, HASHED), hashed(relay, ROTATED)
    assert before != after
    code, out, err = relay(ROTATED, f"{MAIL}\n", "token", "--json")
    assert (code, err) == (0, "")
    rows = orjson.loads(out)
    assert [(row["key"], f"[email:{row['token']}]") for row in rows] == [
        ("hash_key", after),
        ("previous_hash_key", before),
    ]
    assert [row["id"] for row in rows] == [key_id(NEW.encode()), key_id(OLD.encode())]


def test_a_token_tells_its_key(relay):
    before, after = hashed(relay, HASHED), hashed(relay, ROTATED)
    _, out, _ = relay(ROTATED, "\n".join([before, after, "[email:" + "0" * 32 + "]"]), "token", "--json")
    assert [row["key"] for row in orjson.loads(out)] == ["previous_hash_key", "hash_key", "another key"]


def test_no_value_is_printed(relay):
    _, out, _ = relay(ROTATED, MAIL, "token")
    assert MAIL not in out
    assert "previous_hash_key" in out


def test_a_project_has_its_own_keys(relay):
    own = f'[[project]]\nid = 7\nkey = "{NEW}"\n[project.redaction]\nhash_key = "{NEW}"\n'
    _, out, _ = relay(HASHED + own, MAIL, "token", "--json")
    assert [(row["project"], row["id"]) for row in orjson.loads(out)] == [
        (None, key_id(OLD.encode())),
        (7, key_id(NEW.encode())),
    ]


def test_without_a_key_there_are_no_tokens(relay):
    code, _, err = relay("", MAIL, "token")
    assert (code, err) == (1, "scrubrelay: [redaction] hash_key: is missing, tokens are made with it\n")


def test_the_two_keys_of_a_rotation_differ(relay):
    code, _, err = relay(HASHED + f'previous_hash_key = "{OLD}"\n', "", "token")
    assert code == 1
    assert "previous_hash_key: expected another key than hash_key" in err
