import importlib
import subprocess
import sys

import pytest

from scrubrelay.cli.main import _GROUPS, COMMANDS

GROUPS = {name: importlib.import_module(COMMANDS[name][0]).app for name in _GROUPS}
EVERY = [[name] for name in COMMANDS]
EVERY += [
    [name, one.name or one.callback.__name__]
    for name, app in GROUPS.items()
    for one in app.registered_commands
]


def test_the_version(cli):
    assert cli("--version") == (0, "scrubrelay 0.1.0\n", "")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(cli, words):
    code, out, err = cli(*words)
    assert (code, err) == (0, "")
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_has_help_with_an_example(cli, words):
    code, out, _ = cli(*words, "--help")
    assert code == 0
    assert f"scrubrelay {' '.join(words)}" in " ".join(out.split()) or len(words) == 1
    assert f"Example: scrubrelay {' '.join(words)} " in out or words[0] in ("completion", "reload", "token")
    assert "Example:" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["serv"], "No such command 'serv'. Did you mean 'serve'?"),
        (["serve", "--wrkers", "2"], "No such option"),
        (["scrub"], "Missing argument 'FILE'"),
        (["outbox", "retry"], "expected numbers, or --all"),
        (["audit", "log", "--limit", "0"], "Invalid value for '--limit': expected at least 1"),
        (["audit", "log", "--limit", "x"], "Invalid value for '--limit': expected a whole number"),
        (["completion", "tcsh"], "Invalid value for 'shell': 'tcsh' is not one of 'bash', 'zsh', 'fish'"),
    ],
)
def test_a_wrong_command_line_is_one_line(cli, words, says):
    code, out, err = cli(*words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["serv"], "scrubrelay"),
        (["scrub"], "scrubrelay scrub"),
        (["patterns", "try", "a.toml"], "scrubrelay patterns try"),
        (["patterns", "--wrong"], "scrubrelay patterns"),
    ],
)
def test_a_wrong_command_line_leads_to_the_help_of_its_command(cli, words, command):
    assert cli(*words)[2].endswith(f" (see `{command} --help`)\n")


def test_a_wrong_configuration_is_a_line_for_each_mistake(cli, tmp_path):
    (tmp_path / "scrubrelay.toml").write_text("[servr]\n[limits]\nmax_items = 0\n")
    code, _, err = cli("check")
    assert code == 1
    assert err.splitlines() == [
        'scrubrelay: scrubrelay.toml: [servr]: unknown table, did you mean "server"?',
        "scrubrelay: scrubrelay.toml: [limits] max_items: expected 1 or more, got 0",
    ]


def test_a_file_that_is_not_there_is_one_line(cli):
    code, _, err = cli("scrub", "nowhere.json")
    assert (code, err) == (1, "scrubrelay: nowhere.json: No such file or directory\n")


def test_help_needs_no_heavy_modules():
    """They take a third of a second: too long for a command that only prints."""
    program = "import sys; from scrubrelay.cli.main import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"aiohttp", "hyperscan", "pydantic", "phonenumbers"} & set(done.stdout.split())
