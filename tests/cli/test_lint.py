import orjson
import pytest

from scrubrelay.config.lint import ordinary

RULE = "[[pattern]]\nid = 'shop.one'\nlabel = '[one]'\n"
PROVEN = """example = [{text = "CUS-2044", becomes = "[one]"}, {text = "a CUS-2045", becomes = "a [one]"}]
counterexample = [{text = "CUS-1", why = "short"}, {text = "DUS-1234", why = "another"}]
"""


@pytest.fixture
def codes(cli, tmp_path):
    """Lint one pattern; returns the exit code with --strict and the codes of what was noticed."""

    def run(text: str) -> tuple[int, set[str]]:
        (tmp_path / "scrubrelay.toml").write_text('[redaction]\npacks = ["contact"]\n')
        (tmp_path / "shop.toml").write_text(text)
        code, out, _ = cli("patterns", "lint", "--strict", "--json", "shop.toml")
        return code, {one["code"] for one in orjson.loads(out)}

    return run


def test_nothing_is_wrong_with_a_proven_pattern(codes):
    assert codes(RULE + "match = 'CUS-[0-9]{4}'\n" + PROVEN) == (0, set())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("match = 'k=(a+)+b'", "backtracking"),
        (r"match = 'k=(?:\w|\d)*!'", "backtracking"),
        (r"match = '(?:x+x+)+(?:x+x+)+(?:x+x+)+y'", "backtracking"),
        (r"match = '\d+'", "matches-much"),
        ("match = 'CUS-[0-9]{4}'\nkeywords = ['customer']", "keywords"),
        ("match = 'CUS-[0-9]{4}|KUN-[0-9]{4}'\nkeywords = ['cus']", "keywords"),
        (
            "match = '[a-z]+@[a-z.]+com'\nexample = [{text = 'jane@example.com', becomes = '[email]'}]",
            "overlap",
        ),
    ],
)
def test_what_is_suspicious(codes, text, code):
    exit_code, found = codes(f"{RULE}{text}\n")
    assert exit_code == 1
    assert found >= {code, "no-examples"}


@pytest.mark.parametrize(
    ("label", "noticed"), [("ab12cd34", {"label"}), ("adafruit-access-key", set()), ("sha1", set())]
)
def test_a_label_that_grouping_takes_for_a_number(codes, label, noticed):
    text = (RULE + "match = 'CUS-[0-9]{4}'\n" + PROVEN).replace("[one]", f"[{label}]")
    assert codes(text)[1] - {"file"} == noticed


@pytest.mark.parametrize(
    ("match", "noticed"),
    [("Order number: [0-9]+", True), (r"\b CUS- [0-9] {4} \b # two words", False), ("[a b]c [ ]d", False)],
)
def test_spaces_that_mean_nothing(codes, match, noticed):
    assert ("spaces" in codes(f"{RULE}match = '{match}'\n")[1]) == noticed


@pytest.mark.parametrize(
    ("match", "noticed"),
    [("/CUS-[0-9]+/i", True), ("[a-z&&[^b]]x", True), ("/CUS/[0-9]+", False), ("a&&b[c]", False)],
)
def test_expressions_of_other_languages(codes, match, noticed):
    assert ("dialect" in codes(f"{RULE}match = '{match}'\n")[1]) == noticed


def test_short_names_of_a_list(codes, tmp_path):
    (tmp_path / "names.txt").write_text("Acme\nAB\n")
    assert "short-names" in codes(RULE + "list = 'names.txt'\n")[1]


def test_equal_shapes(codes):
    again = RULE.replace("shop.one", "shop.two") + "match = 'CUS-[0-9]{4}'\n"
    assert "overlap" in codes(again + RULE + "match = 'CUS-[0-9]{4}'\n")[1]


@pytest.mark.parametrize("text", ["match = '('", "match = 'b'\nexample = [{text = 'a', becomes = 'b'}]"])
def test_what_is_wrong(codes, text):
    code, found = codes(f"{RULE}{text}\n")
    assert code == 2
    assert found & {"file", "example"}


def test_warnings_alone_are_no_failure(cli, tmp_path):
    (tmp_path / "shop.toml").write_text(RULE + "match = 'CUS-[0-9]{4}'\n")
    code, out, _ = cli("patterns", "lint", "shop.toml")
    assert (code, out.splitlines()[-1]) == (0, "0 errors, 1 warnings, 0 notes")


def test_what_gitleaks_says_and_we_do_not_is_noted(codes):
    code, found = codes("[[rules]]\nid = 'a'\nregex = 'CUS-[0-9]{4}'\npath = 'x'\n")
    assert (code, "ignored" in found) == (0, True)


def test_the_ordinary_strings():
    assert len(set(ordinary())) > 350
