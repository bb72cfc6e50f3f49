"""The examples of docs/audit.md are sent to a running relay, and answered."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import regex

from tests.helpers.relay import KEY, TOKEN, Relay, running

TEXT = (Path(__file__).parents[1] / "docs" / "audit.md").read_text()
BLOCKS = regex.findall(r"^```bash\n(.*?)^```$", TEXT, regex.MULTILINE | regex.DOTALL)
EVENT = b'{"event_id":"9ec79c33ec9942ab8353589fcb2e04dc"}\n{"type":"event"}\n{"message":"hello"}'


@pytest.fixture(scope="module")
def relay(tmp_path_factory) -> Iterator[Relay]:
    with running(Relay(tmp_path_factory.mktemp("docs"))) as relay:
        relay.post(f"/api/1/envelope/?sentry_key={KEY}", EVENT)
        relay.admin("/api/status")
        yield relay


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_examples_are_answered(relay, number):
    environment = {**os.environ, "TOKEN": TOKEN, "RELAY": f"http://127.0.0.1:{relay.admin_port}"}
    program = BLOCKS[number].replace("curl -s", "curl -sS --fail-with-body")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", program], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


def test_every_setting_that_is_named_exists():
    from scrubrelay.config.settings import AuditSettings

    named = set(regex.findall(r"`(\w+_retention|retention|max_\w+)`", TEXT))
    assert named <= set(AuditSettings.model_fields)
    assert len(BLOCKS) > 6
