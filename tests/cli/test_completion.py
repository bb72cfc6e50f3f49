"""What a shell offers when Tab is pressed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scrubrelay.cli.main import COMMANDS, main

LINES = [
    ("scrubrelay ", set(COMMANDS)),
    ("scrubrelay cap", {"caps", "capture"}),
    ("scrubrelay outbox ", {"list", "show", "retry", "purge"}),
    ("scrubrelay outbox list --sta", {"--state"}),
    ("scrubrelay outbox list --state ", {"waiting", "dead", "kept"}),
    ("scrubrelay capture o", {"on", "off"}),
    ("scrubrelay completion ", {"bash", "zsh", "fish"}),
]


@pytest.mark.parametrize(("line", "offers"), LINES)
def test_bash_is_told_what_could_follow(line, offers, monkeypatch, capfd):
    words = [*line.split(), *([""] if line.endswith(" ") else [])]
    monkeypatch.setenv("_SCRUBRELAY_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    with pytest.raises(SystemExit):
        main([])
    assert set(capfd.readouterr().out.split()) == offers


@pytest.mark.parametrize("shell", ["zsh", "fish"])
@pytest.mark.parametrize(("line", "offers"), LINES[:3])
def test_other_shells_are_told_too(shell, line, offers, monkeypatch, capfd):
    monkeypatch.setenv("_SCRUBRELAY_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", line)
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    with pytest.raises(SystemExit):
        main([])
    out = capfd.readouterr().out
    assert [name for name in offers if name not in out] == []


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_the_script_of_bash_works_in_bash():
    program = """eval "$(scrubrelay completion bash)"
    COMP_WORDS=(scrubrelay outbox re); COMP_CWORD=2; _scrubrelay scrubrelay; echo "${COMPREPLY[*]}"
    """
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-c", program], env={"PATH": path}, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("retry\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_finds_its_script_well_formed(shell, cli):
    code, script, _ = cli("completion", shell)
    assert (code, "_SCRUBRELAY_COMPLETE=complete_" + shell in script) == (0, True)
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)
