import http.server
import threading

import orjson
import pytest

from tests.helpers.relay import free_port


class Listener(http.server.BaseHTTPRequestHandler):
    """Answers `/readyz` with the status that the server was given."""

    def do_GET(self):
        self.send_response(self.server.status if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def listening():
    """Start a listener that answers with a status; returns its port."""
    servers = []

    def start(status: int) -> int:
        server = http.server.HTTPServer(("127.0.0.1", 0), Listener)
        server.status = status
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", ""])
def test_ready(cli, listening, monkeypatch, host):
    monkeypatch.setenv("SCRUBRELAY_LISTEN", f"{host}:{listening(200)}")
    assert cli("healthcheck") == (0, "ready\n", "")


def test_the_port_of_the_environment(cli, listening, monkeypatch):
    monkeypatch.setenv("PORT", str(listening(200)))
    assert cli("healthcheck")[0] == 0


def test_not_ready(cli, listening, monkeypatch):
    port = listening(503)
    monkeypatch.setenv("SCRUBRELAY_LISTEN", f"127.0.0.1:{port}")
    assert cli("healthcheck") == (1, "", f"scrubrelay: 127.0.0.1:{port}: not ready, it answered 503\n")


def test_nobody_there(cli, monkeypatch):
    monkeypatch.setenv("SCRUBRELAY_LISTEN", f"127.0.0.1:{free_port()}")
    code, out, err = cli("healthcheck")
    assert (code, out) == (1, "")
    assert "no answer: ConnectionRefusedError" in err


@pytest.mark.parametrize(("status", "ready"), [(200, True), (503, False)])
def test_the_answer_for_programs(cli, listening, monkeypatch, status, ready):
    monkeypatch.setenv("SCRUBRELAY_LISTEN", f"127.0.0.1:{listening(status)}")
    code, out, err = cli("healthcheck", "--json")
    assert (code, orjson.loads(out), err) == (int(not ready), {"ready": ready, "status": status}, "")
