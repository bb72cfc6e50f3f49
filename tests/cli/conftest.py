import pytest

from scrubrelay.cli.main import main
from tests.helpers.compiled import CACHES


@pytest.fixture
def cli(capfdbinary, tmp_path, monkeypatch):
    """Run the command line in an empty folder; returns (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHES))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run
