"""The document says what the listener does: it is valid, whole, and checked against a running relay."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
import regex
import schemathesis

from scrubrelay.service.admin.openapi import PATH_NAMES, document
from scrubrelay.service.admin.table import ROUTES
from tests.helpers.relay import TOKEN, Relay

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
)
ENDLESS = "/api/tail"


def test_the_document_is_valid():
    schemathesis.openapi.from_dict(document(ROUTES)).validate()


def test_every_route_is_in_it_with_a_name_of_its_own():
    told = document(ROUTES)["paths"]
    assert {(route.path, route.method.lower()) for route in ROUTES} == {
        (path, method) for path, methods in told.items() for method in methods
    }
    names = [one["operationId"] for methods in told.values() for one in methods.values()]
    assert len(set(names)) == len(names)


def test_every_name_in_a_path_is_explained():
    assert {name for route in ROUTES for name in regex.findall(r"\{(\w+)\}", route.path)} <= set(PATH_NAMES)


async def test_it_is_served_to_who_has_a_token(admin):
    assert (await admin.get("/api/openapi.json", Authorization="")).status == 401
    assert (await admin.get("/api/openapi.json")).json == orjson.loads(orjson.dumps(document(ROUTES)))


async def test_a_word_of_a_path_goes_before_a_name(admin):
    answer = await admin.ask("DELETE", "/api/outbox/retry")
    assert (answer.status, answer.headers["allow"]) == (405, "post")


@pytest.mark.timeout(180)
def test_a_running_relay_does_what_it_says(start_relay: Callable[..., Relay], tmp_path: Path):
    """Some hundred requests made from the document, good ones and bad ones."""
    relay = start_relay()
    relay.admin("/api/status")
    command = [str(Path(sys.executable).with_name("schemathesis")), "run"]
    command += [f"http://127.0.0.1:{relay.admin_port}/api/openapi.json", "--no-color", "--seed", "1"]
    command += ["--header", f"Authorization: Bearer {TOKEN}", "--exclude-path", ENDLESS]
    command += ["--max-examples", "3", "--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]
    (tested,) = regex.findall(r"Tested: (\d+)", done.stdout)
    assert int(tested) == len(ROUTES) - 2  # the document itself is not asked for again
    assert "defect" not in relay.log()
