import orjson
import pytest

from tests.cli.test_check import RULE


def test_the_list_shows_what_is_on(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text('[redaction]\ndisable = ["payment.card"]\n')
    code, out, err = cli("patterns", "list", "--json")
    assert (code, err) == (0, "")
    on = {row["id"]: row["on"] for row in orjson.loads(out)}
    assert (on["payment.card"], on["payment.iban"]) == (False, True)


def test_the_list_can_be_asked_for_a_pack(cli):
    _, out, _ = cli("patterns", "list", "payment")
    assert "payment.card" in out
    assert "contact" not in out.partition("pii")[0]


def test_every_example_of_the_library(cli):
    code, out, err = cli("patterns", "test")
    assert err.splitlines() == []
    assert code == 0
    assert out.endswith(", 0 problems\n")


def test_a_file_is_tested_with_the_library(cli, tmp_path):
    (tmp_path / "shop.toml").write_text(RULE.replace("BECOMES", "buyer"))
    code, _, err = cli("patterns", "test", "shop.toml")
    assert code == 1
    assert "shop.customer: example 1: expected 'for [buyer]', got 'for [customer]'" in err


def test_all_mistakes_of_a_file_are_told(cli, tmp_path):
    (tmp_path / "shop.toml").write_text('[[pattern]]\nid = "X"\nlable = "[x]"\nmatch = "("\n')
    code, _, err = cli("patterns", "test", "shop.toml")
    assert code == 1
    assert "did you mean 'label'" in err
    assert "pattern X: match: line 1, column 2: missing )" in err
    assert err.count("\n") == 4


@pytest.mark.parametrize("command", [["test"], ["try", "--on", "-"], ["lint"]])
def test_a_file_that_is_not_there_is_named(cli, command):
    name, *options = command
    code, out, err = cli("patterns", name, "nowhere.toml", *options)
    assert code
    assert "pattern_files" not in out + err
    assert "nowhere.toml" in out + err


def test_a_name_that_nothing_has_is_told(cli):
    code, _, err = cli("patterns", "list", "paymnt")
    assert (code, "paymnt: unknown pack" in err, "did you mean 'payment'" in err) == (1, True, True)


def test_a_wrong_example_is_told_with_the_line_of_its_pattern(cli, tmp_path):
    example = '[[pattern.example]]\ntext = "b"\nbecomes = "[a]"\n'
    text = f'[[pattern]]\nid = "shop.a"\nlabel = "[a]"\nmatch = "a-[0-9]"\n{example}'
    (tmp_path / "shop.toml").write_text(text)
    _, _, err = cli("patterns", "test", "shop.toml")
    assert err == "scrubrelay: shop.toml:2: shop.a: example 1: expected '[a]', got 'b' (by nothing)\n"
