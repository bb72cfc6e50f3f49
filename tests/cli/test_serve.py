import subprocess
import sys
from pathlib import Path

from tests.helpers.relay import free_port

PROGRAM = Path(sys.executable).with_name("scrubrelay")


def test_it_says_where_it_listens_and_what_to_paste(start_relay):
    relay = start_relay()
    assert f"http://0123456789abcdef0123456789abcdef@127.0.0.1:{relay.port}/1" in relay.log()
    assert "SCRUBRELAY_UPSTREAM_URL" in relay.log()


def test_the_health_check_finds_it(start_relay):
    relay = start_relay()
    done = subprocess.run(
        [PROGRAM, "healthcheck"], env={"SCRUBRELAY_LISTEN": f"127.0.0.1:{relay.port}"}, check=False
    )
    assert done.returncode == 0


def test_an_option_wins_over_environment_and_file(tmp_path):
    """Through to the process: it listens where the option says."""
    port = free_port()
    command = [PROGRAM, "serve", "--listen", f"127.0.0.1:{port}"]
    environ = {"SCRUBRELAY_LISTEN": "127.0.0.1:1", "SCRUBRELAY_ADMIN__LISTEN": "127.0.0.1:0"}
    with subprocess.Popen(command, env=environ, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        line = process.stderr.readline()
        process.terminate()
        process.communicate()
    assert line == f"scrubrelay listens on http://127.0.0.1:{port}\n"


def test_a_wrong_configuration_does_not_start(tmp_path):
    (tmp_path / "scrubrelay.toml").write_text("[servr]\n")
    done = subprocess.run(
        [PROGRAM, "serve"], cwd=tmp_path, env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == 'scrubrelay: scrubrelay.toml: [servr]: unknown table, did you mean "server"?\n'


def test_a_supervisor_has_nothing_of_what_serves():
    """It lives as long as the relay, beside every worker: what it does not need is not imported."""
    code = "import scrubrelay.cli.serve, sys; print(*{'aiohttp', 'hyperscan'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
