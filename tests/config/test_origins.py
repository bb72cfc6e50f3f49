"""Where rules stand, however they are written."""

import pytest

from scrubrelay.config.load import load
from scrubrelay.config.origins import origins_of

TABLES = """
[redaction]
[[redaction.rule]]
where = "extra.a"
patterns = ["anything"]
[[project]]
id = 1
key = "0123456789abcdef0123456789abcdef"
[project.redaction]
adds = ["rule"]
[[project.redaction.rule]]
where = "extra.b"
patterns = ["anything"]
"""
INLINE = """# rule = [ { } ]
[redaction]
rule = [
  { where = "extra.a", patterns = ["anything"] },  # } ]
  { where = 'extra.\\'[{\\'', patterns = ['''ids_de''', "ids"] }, { where = "extra.c", safe = ["ids"] },
]
[[project]]
id = 1
key = "0123456789abcdef0123456789abcdef"
[project.redaction]
adds = ["rule"]
rule = [{ where = "extra.d", patterns = ["anything"] }]
"""


def test_rules_of_gitleaks_are_told_with_file_and_line(tmp_path):
    """By the names they have here; two files may have rules of one name."""
    for number, name in enumerate(("one", "two"), start=1):
        text = "\n" * number + "[[rules]]\nid = 'acme-key'\nregex = 'k[0-9]+'\n"
        (tmp_path / f"{name}.toml").write_text(text)
    path = tmp_path / "scrubrelay.toml"
    path.write_text("[redaction]\npattern_files = ['one.toml', 'two.toml']\n")
    origins = origins_of(load(path, {}), path, None)
    assert origins.pattern("one.acme_key") == f"{tmp_path / 'one.toml'}:3"
    assert origins.pattern("timed_out.two.acme_key") == f"{tmp_path / 'two.toml'}:4"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (TABLES, [3, 11]),
        (INLINE.replace("\\'[{\\'", "e"), [4, 5, 5, 12]),
        (INLINE.replace("'extra.\\'[{\\''", "\"extra.'[{'\""), [4, 5, 5, 12]),
        ("redaction.rule = [\n\n{ where = 'a', patterns = ['anything'] }]\n", [3]),
        ("redaction = { rule = [{ where = 'a', patterns = ['anything'] }] }\n", []),
    ],
)
def test_rules_are_told_with_file_and_line(tmp_path, text, lines):
    """Those in an inline table of all of `redaction` have their number only."""
    path = tmp_path / "scrubrelay.toml"
    path.write_text(text)
    settings = load(path, {})
    project = settings.project[0] if settings.project else None
    assert list(origins_of(settings, path, project).rules) == [f"{path}:{line}" for line in lines]
