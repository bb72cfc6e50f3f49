"""Commands that talk to a running relay, as a new user meets them."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import regex

from tests.helpers.relay import KEY, Relay, free_port, running

EVENT_ID = "9ec79c33ec9942ab8353589fcb2e04dc"
ENVELOPE = b'{"event_id":"%b"}\n{"type":"event"}\n{"message":"hello"}' % EVENT_ID.encode()


@pytest.fixture(scope="module")
def relay(tmp_path_factory) -> Iterator[Relay]:
    """A relay without a configured token."""
    folder = tmp_path_factory.mktemp("control")
    with running(Relay(folder, environ={"SCRUBRELAY_ADMIN_TOKEN": ""})) as relay:
        relay.post(f"/api/1/envelope/?sentry_key={KEY}", ENVELOPE)
        yield relay


@pytest.fixture
def to(cli, monkeypatch):
    """Run a command in the environment of a relay."""

    def run(relay: Relay, *words: str) -> tuple[int, str, str]:
        for name, text in relay.environment().items():
            if name.startswith("SCRUBRELAY_"):
                monkeypatch.setenv(name, text)
        return cli(*words)

    return run


def test_the_status_for_people(relay, to):
    code, out, err = to(relay, "status")
    assert (code, err) == (0, "")
    assert out.startswith(f"scrubrelay 0.1.0 at http://127.0.0.1:{relay.admin_port}, up ")
    assert "capture  on\n" in out
    assert regex.search("0 waiting, 0 dead, [1-9][0-9]* kept;", out)


@pytest.mark.parametrize(
    ("words", "key"),
    [(("status",), "workers"), (("capture",), "state"), (("reload",), "taken"), (("projects",), None)],
)
def test_json_for_programs(relay, to, words, key):
    code, out, err = to(relay, *words, "--json")
    assert (code, err) == (0, "")
    found = orjson.loads(out)
    assert found[0]["id"] == 1 if key is None else key in found


@pytest.fixture
def there(relay, to, tmp_path):
    """Run a command on that relay from elsewhere: by its URL and a file with its token, without its store."""
    token = relay.directory / "data" / "admin-token"
    where = ("--url", f"http://127.0.0.1:{relay.admin_port}", "--token-file", str(token))
    nowhere = Relay(tmp_path / "nowhere")
    return lambda *words: to(nowhere, *words, *where)


def test_the_outbox_of_a_relay_elsewhere(there):
    code, out, err = there("outbox", "list", "--json")
    assert (code, err) == (0, "")
    listed, *others = orjson.loads(out)  # one, but for other tests that have posted
    assert (listed["event"], listed["state"], listed["holds"]) == (EVENT_ID, "kept", {"error": 1})
    assert f"{len(others) + 1} kept" in there("outbox", "list", "--state", "kept")[1]
    shown = orjson.loads(there("outbox", "show", str(listed["id"]), "--json")[1])
    assert shown["items"][0]["payload"]["message"] == "hello"


def test_what_is_not_in_the_outbox_of_a_relay_elsewhere(there):
    assert there("outbox", "retry", "7", "--json")[:2] == (1, '{\n  "done": 0\n}\n')
    assert there("outbox", "purge", "--all", "--state", "dead")[:2] == (0, "0 removed\n")
    code, _, err = there("outbox", "show", "7")
    assert (code, "no envelope 7 in the outbox" in err) == (1, True)


def test_the_caps_of_a_relay_elsewhere(there):
    assert orjson.loads(there("caps", "list", "--json")[1]) == []
    assert there("caps", "list")[1].endswith("0 issues counted, 0 over their cap\n")
    assert there("caps", "reset", "--all")[:2] == (0, "0 counted anew\n")


def test_capture_says_what_is_off_and_for_how_long(relay, to):
    code, out, _ = to(relay, "capture", "off", "--project", "7", "--for", "1h")
    assert (code, out.startswith("capture: project 7 is OFF since ")) == (0, True)
    assert out.endswith("by local, on again in 1 h\n")
    assert to(relay, "capture", "on", "--project", "7") == (0, "capture: on\n", "")


def test_projects_are_a_table(relay, to):
    code, out, _ = to(relay, "projects")
    assert (code, out.splitlines()[1].split()[:2]) == (0, ["1", "(not"])


def test_a_reload_that_is_refused_says_why_and_that_nothing_changed(relay, to):
    file = relay.directory / "scrubrelay.toml"
    file.write_text("[servr]\n")
    try:
        code, out, err = to(relay, "reload")
    finally:
        file.write_text("")
    assert (code, out) == (1, "")
    assert "[servr]: unknown table" in err
    assert "the old configuration stays" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("capture", "off", "--for", "soon"), 'expected a duration such as "10m"'),
        (("capture", "off", "--for", "0s"), 'expected a duration such as "10m"'),
        (("capture", "off", "--for", "9999d"), "366d at most"),
        (("capture", "on", "--for", "1h"), "--for goes with `off` only"),
        (("capture", "off", "--project", "0"), "--project"),
        (("tail", "--kept", "--dropped"), "expected --kept or --dropped"),
        (("status", "--url", "http://127.0.0.1:1"), "needs --token-file"),
        (("status", "--url", "localhost"), "expected a URL"),
    ],
)
def test_a_wrong_command_line_says_what_was_expected(relay, to, words, says):
    code, out, err = to(relay, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_before_the_first_start_it_says_how_to_start(cli):
    code, _, err = cli("status")
    assert code == 1
    assert "no relay has left a token in scrubrelay-data: start it with `scrubrelay serve`" in err


def test_without_a_relay_it_says_how_to_start_one(tmp_path, to):
    stopped = Relay(tmp_path)
    code, _, err = to(stopped, "status")
    assert code == 1
    assert (
        f"no relay answers at http://127.0.0.1:{stopped.admin_port}: start it with `scrubrelay serve`" in err
    )


def test_a_wrong_token_says_where_the_right_one_may_be(relay, to, tmp_path):
    (tmp_path / "token").write_text("wrong\n")
    code, _, err = to(relay, "status", "--token-file", str(tmp_path / "token"))
    assert code == 1
    assert "the bearer token is wrong: is it the configuration that the relay runs with?" in err
    assert to(relay, "status")[0] == 0  # after a short wait, which the command does itself


def test_a_wrong_configuration_does_not_stand_in_the_way_of_the_stop(relay, to, tmp_path):
    (tmp_path / "wrong.toml").write_text("[servr]\n")
    code, _, err = to(relay, "capture", "off", "--config", str(tmp_path / "wrong.toml"))
    assert (code, "--url with --token-file asks it all the same" in err) == (1, True)


def test_something_else_on_that_port_is_told(relay, to, tmp_path):
    (tmp_path / "token").write_text("any\n")
    where = ("--url", f"http://127.0.0.1:{free_port()}", "--token-file", str(tmp_path / "token"))
    code, _, err = to(relay, "status", *where)
    assert (code, "no relay answers at" in err) == (1, True)


def test_tail_shows_what_happens_until_ctrl_c(relay, tmp_path):
    program = [str(Path(sys.executable).with_name("scrubrelay")), "tail", "--kept"]
    shown, told = tmp_path / "shown", tmp_path / "told"
    with (
        shown.open("wb") as out,
        told.open("wb") as err,
        subprocess.Popen(program, cwd=tmp_path, env=relay.environment(), stdout=out, stderr=err) as tail,
    ):
        deadline = time.monotonic() + 60
        while EVENT_ID not in shown.read_text() and time.monotonic() < deadline:
            own = b'"hello","fingerprint":["%d"]' % time.monotonic_ns()  # an issue of its own: none is capped
            relay.post(f"/api/1/envelope/?sentry_key={KEY}", ENVELOPE.replace(b'"hello"', own))
            time.sleep(0.1)
        tail.send_signal(signal.SIGINT)
        assert tail.wait(60) == 130
    assert "event            kept    0 redactions" in shown.read_text()
    assert (
        told.read_text()
        == f"scrubrelay: decisions of http://127.0.0.1:{relay.admin_port}; Ctrl-C ends this\n"
    )


def test_the_stop_works_on_the_store_when_no_relay_answers(to, tmp_path):
    relay = Relay(tmp_path / "stopped")
    relay.start()
    relay.stop()
    code, out, err = to(relay, "capture", "off", "--for", "1h")
    assert (code, "everything is OFF since" in out, "by cli:" in out) == (0, True, True)
    assert "the switch was set in the store" in err
    relay.start()
    assert to(relay, "capture")[1].startswith("capture: everything is OFF since")
    relay.stop()
