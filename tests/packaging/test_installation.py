"""The steps of the Dockerfile, run without Docker: what is installed runs, and writes to its data only."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.relay import free_port
from tests.packaging.dockerfile import ROOT, texts

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    """A folder that stands for the image's root: /opt/scrubrelay, an empty /cwd, and /data."""
    root = tmp_path_factory.mktemp("image")
    for name in ("build", "opt", "cwd", "data"):
        (root / name).mkdir()
    for text in texts("COPY", 0):
        *names, _ = text.split()
        for one in names:
            copy = shutil.copytree if (ROOT / one).is_dir() else shutil.copy
            copy(ROOT / one, root / "build" / one)
    for text in texts("RUN", 0):
        run_step(text, root)
    (root / "cwd").chmod(0o555)
    return root


def run_step(text: str, root: Path) -> None:
    command = text.replace("/opt/", f"{root}/opt/").replace("/wheels", f"{root}/wheels")
    command = command.replace("python -m venv", f"{sys.executable} -m venv")
    command = command.replace("pip wheel", f"{root}/opt/scrubrelay/bin/pip wheel")
    kept = {name: text for name, text in os.environ.items() if name.startswith(("PIP_", "PATH", "HOME"))}
    step = ["sh", "-ec", command]
    done = subprocess.run(step, cwd=root / "build", env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def start(image):
    """Start the installed command with the image's environment, and nothing else."""

    def program(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [image / "opt/scrubrelay/bin/scrubrelay", *arguments],
            cwd=image / "cwd",
            env={"PYTHONDONTWRITEBYTECODE": "1", "SCRUBRELAY_DATA_DIR": str(image / "data"), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return program


def snapshot(root: Path) -> dict[str, int]:
    """Every file outside of the data folder, and when it was written."""
    files = (path for path in root.rglob("*") if path.is_file() and root / "data" not in path.parents)
    return {str(path): path.lstat().st_mtime_ns for path in files}


def test_the_version(start):
    out, _ = start("--version").communicate(timeout=60)
    assert out == "scrubrelay 0.1.0\n"


def test_the_wheel_carries_the_patterns(image, start):
    shutil.rmtree(image / "build", ignore_errors=True)
    out, err = start("patterns", "list", "--json").communicate(timeout=60)
    assert err == ""
    assert '"payment.card"' in out


def test_it_serves_is_healthy_stops_and_writes_to_its_data_folder_only(image, start):
    port = str(free_port())
    before = snapshot(image)
    relay = start("serve", PORT=port, SCRUBRELAY_ADMIN__LISTEN="127.0.0.1:0")
    try:
        assert port in relay.stderr.readline()
        assert start("healthcheck", PORT=port).communicate(timeout=60) == ("ready\n", "")
        relay.send_signal(signal.SIGTERM)
        assert relay.wait(timeout=60) == 0
    finally:
        relay.kill()
        relay.communicate()
    assert snapshot(image) == before
    assert list((image / "data").iterdir())


def test_without_a_relay_it_is_not_healthy(start):
    health = start("healthcheck", PORT=str(free_port()))
    _, err = health.communicate(timeout=60)
    assert health.returncode == 1
    assert "no answer" in err
