"""The steps of the Dockerfile, run without Docker in a folder that the relay's user cannot write to."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.helpers.relay import free_port
from tests.packaging.dockerfile import ROOT, texts

USER = 10001
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("installation")]


@pytest.fixture(scope="module")
def image():
    """A folder that stands for the image's root: /opt/scrubrelay and /data of the finished stage."""
    # Not pytest's own: the relay's user has to get through to it.
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "build").mkdir()
        for text in texts("COPY", 0):
            *names, _ = text.split()
            for one in names:
                copy = shutil.copytree if (ROOT / one).is_dir() else shutil.copy
                copy(ROOT / one, root / "build" / one)
        for text in texts("RUN", 0):
            run_step(text, root)
        (root / "data").mkdir(mode=0o700)
        if os.getuid() == 0:
            os.chown(root / "data", USER, USER)
        yield root


def run_step(text: str, root: Path) -> None:
    command = text.replace("/opt/", f"{root}/opt/").replace("/wheels", f"{root}/wheels")
    command = command.replace("python -m venv", f"{sys.executable} -m venv").replace(
        "pip wheel", f"{root}/opt/scrubrelay/bin/pip wheel"
    )
    environment = {"PATH": os.environ["PATH"], "PIP_DISABLE_PIP_VERSION_CHECK": "1", "HOME": str(root)}
    passed_on = {name: text for name, text in os.environ.items() if name.startswith("PIP_")}
    (root / "opt").mkdir(exist_ok=True)
    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=root / "build",
        env=environment | passed_on,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def as_user(image):
    """Start the installed command as the image would: its user, its environment, nothing else to write to."""
    read_only = image / "cwd"
    read_only.mkdir(mode=0o555, exist_ok=True)
    who = {"user": USER, "group": USER, "extra_groups": []} if os.getuid() == 0 else {}

    def start(*arguments: str, **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            [image / "opt/scrubrelay/bin/scrubrelay", *arguments],
            cwd=read_only,
            env={"PYTHONDONTWRITEBYTECODE": "1", "SCRUBRELAY_DATA_DIR": str(image / "data"), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **who,
        )

    return start


def test_the_version(as_user):
    out, _ = as_user("--version").communicate(timeout=60)
    assert out == "scrubrelay 0.1.0\n"


def test_the_wheel_carries_the_patterns(as_user):
    out, err = as_user("patterns", "list", "--json").communicate(timeout=60)
    assert err == ""
    assert '"payment.card"' in out


def test_it_serves_is_healthy_and_stops(as_user):
    port = str(free_port())
    relay = as_user("serve", PORT=port, SCRUBRELAY_ADMIN__LISTEN="127.0.0.1:0")
    try:
        assert port in relay.stderr.readline()
        health = as_user("healthcheck", PORT=port)
        assert health.communicate(timeout=60) == ("ready\n", "")
        relay.send_signal(signal.SIGTERM)
        assert relay.wait(timeout=60) == 0
    finally:
        relay.kill()
        relay.communicate()


def test_without_a_relay_it_is_not_healthy(as_user):
    health = as_user("healthcheck", PORT=str(free_port()))
    _, err = health.communicate(timeout=60)
    assert health.returncode == 1
    assert "no answer" in err
