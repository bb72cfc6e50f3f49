import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scrubrelay.config.load import load
from scrubrelay.config.settings import StoreSettings
from tests.packaging.dockerfile import ROOT, steps, texts

_HADOLINT = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for text in texts("ENV") for pair in text.split())


def test_the_user_is_a_number():
    """Kubernetes' runAsNonRoot refuses names."""
    user, group = texts("USER")[0].split(":")
    assert user.isdecimal()
    assert group.isdecimal()
    assert int(user) > 0


@pytest.mark.parametrize("name", ["ENTRYPOINT", "CMD"])
def test_the_process_is_started_without_a_shell(name):
    """A shell in between would not pass SIGTERM on."""
    assert texts(name)[0].startswith("[")


def test_the_health_check_is_the_command_line():
    assert texts("HEALTHCHECK")[0].endswith('CMD ["scrubrelay", "healthcheck"]')


def test_the_port_is_the_one_of_the_environment():
    assert str(load(None, {**environment(), "PORT": "8080"}).server.listen) == "0.0.0.0:8080"
    assert str(load(None, environment()).server.listen).rpartition(":")[2] in texts("EXPOSE")


def test_only_the_volume_is_written_to():
    store = load(None, environment()).store
    assert isinstance(store, StoreSettings)
    assert [str(store.data_dir)] == [texts("VOLUME")[0].strip('["]')]


def test_dependencies_are_installed_by_their_hashes():
    assert any("--require-hashes" in text and "requirements.lock" in text for text in texts("RUN", 0))


def test_everything_copied_exists_and_is_in_the_build_context():
    copied = {name for text in texts("COPY", 0) for name in text.split()[:-1]}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert all((ROOT / name).exists() for name in copied)
    assert copied == {line[1:] for line in ignored if line.startswith("!")}


def test_only_the_finished_environment_leaves_the_build_stage():
    assert texts("COPY") == ["--from=build /opt/scrubrelay /opt/scrubrelay"]
    assert {step.stage for step in steps()} == {0, 1}


@pytest.mark.skipif(not _HADOLINT, reason="hadolint has no package for this machine")
def test_hadolint_finds_nothing():
    done = subprocess.run([_HADOLINT, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.stdout == ""
