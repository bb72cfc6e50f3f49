"""Every command and every configuration in the documents is run, loaded or checked."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import filterfalse
from pathlib import Path

import orjson
import pytest
import regex

from scrubrelay.cli.main import COMMANDS
from scrubrelay.config.load import load
from scrubrelay.config.names import SHORT
from scrubrelay.config.reference import json_schema, markdown
from scrubrelay.core.errors import Reason
from scrubrelay.core.wire.items import ITEMS, Shape
from scrubrelay.core.wire.reports import REPORTED
from scrubrelay.service.admin.table import ROUTES
from tests.helpers.relay import Relay, running

DROPPED = (Shape.OPAQUE, Shape.REPLAY_RECORDING, Shape.REPLAY_VIDEO)
ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/policy.md")
KEY = "0123456789abcdef0123456789abcdef"
ENVIRONMENT = {
    "SHOP_DSN": f"https://{KEY}@sentry.example.com/7",
    "HASH_KEY": "s" * 16,
    "ADMIN_TOKEN": "t" * 16,
}
NOT_RUN = "<!-- not run here: "
_BLOCK = regex.compile(
    r"^(<!-- not run here: [^\n]*-->\n)?```(\w+)\n(.*?)^```$", regex.MULTILINE | regex.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    document: str
    number: int
    language: str
    text: str
    skipped: bool

    def __str__(self) -> str:
        return f"{self.document}-{self.number}-{self.language}"


def blocks(*languages: str) -> Iterator[Block]:
    for document in DOCUMENTS:
        text = (ROOT / document).read_text()
        for number, found in enumerate(_BLOCK.finditer(text), start=1):
            skipped, language, inner = found.groups()
            if language in languages:
                yield Block(document, number, language, inner, bool(skipped))


def has_make(block: Block) -> bool:
    return block.text.startswith("make ")


def is_run(block: Block) -> bool:
    return not block.skipped and not has_make(block)


def is_rules(block: Block) -> bool:
    return "[[pattern]]" in block.text


@pytest.fixture
def folder(tmp_path):
    """A folder with the pattern files and the secret that the documents speak of."""
    (tmp_path / "rules").mkdir()
    for block in filter(is_rules, blocks("toml")):
        (tmp_path / block.text.split()[1]).write_text(block.text)
    return tmp_path


def run(program: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    ours = ("SCRUBRELAY_", "SENTRY_")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(ours)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**inherited, "PATH": path, **environment}
    return subprocess.run(program, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_every_block_is_of_a_kind_that_is_checked():
    known = {"bash", "output", "toml", "python", "js", "go", "ini"}
    fences = [line for document in DOCUMENTS for line in (ROOT / document).read_text().splitlines()]
    assert {line[3:] for line in fences if line.startswith("```") and line != "```"} <= known


@pytest.mark.parametrize(
    "block", [one for one in blocks("bash") if not one.skipped and not has_make(one)], ids=str
)
def test_commands_run(block, folder):
    done = run(["bash", "-euo", "pipefail", "-c", block.text], folder)
    assert done.returncode == 0, done.stderr


def test_the_first_command_prints_what_the_readme_says(folder):
    output = next(blocks("output"))
    command = next(one for one in blocks("bash") if one.number == output.number - 1)
    assert run(["bash", "-c", command.text], folder).stdout == output.text


@pytest.mark.parametrize("block", [*filter(has_make, blocks("bash"))], ids=str)
def test_make_targets_exist(block):
    targets = regex.findall(r"^make ([\w-]+)|; make ([\w-]+)", block.text, regex.MULTILINE)
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{first or second}:" in makefile for first, second in targets)


@pytest.mark.parametrize("block", [one for one in blocks("bash") if one.skipped], ids=str)
def test_what_is_not_run_is_at_least_a_command(block, folder):
    """Docker needs an engine, the outbox needs dead letters: the words are checked."""
    assert run(["bash", "-n", "-c", block.text], folder).returncode == 0
    for line in block.text.splitlines():
        words = line.split()
        if words[0] == "scrubrelay":
            assert words[1] in COMMANDS
        else:
            assert words[0] in {"docker", "-e"}


@pytest.mark.parametrize("block", [*filterfalse(is_rules, blocks("toml"))], ids=str)
def test_configurations_load(block, folder, tmp_path):
    path = folder / "scrubrelay.toml"
    path.write_text(block.text.replace("/run/secrets/admin-token", "token"))
    (folder / "token").write_text("t" * 16)
    (folder / "token").chmod(0o600)
    load(path, ENVIRONMENT)
    done = run(["scrubrelay", "check"], folder, **ENVIRONMENT)
    assert done.stderr == ""


@pytest.mark.parametrize("block", [*filterfalse(is_rules, blocks("toml"))], ids=str)
def test_configurations_follow_the_schema(block):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(tomllib.loads(block.text), json_schema(), cls=jsonschema.Draft202012Validator)


def test_the_python_sdk(tmp_path):
    """The README's program, its address changed to that of a relay: what is kept has none of its secrets."""
    (program,) = blocks("python")
    with running(Relay(tmp_path / "relay")) as relay:
        text = program.text.replace("127.0.0.1:3000", f"127.0.0.1:{relay.port}")
        done = run([sys.executable, "-W", "error", "-c", text], tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        data = {"SCRUBRELAY_DATA_DIR": str(relay.directory / "data")}
        (listed,) = orjson.loads(run(["scrubrelay", "outbox", "list", "--json"], tmp_path, **data).stdout)
        kept = run(["scrubrelay", "outbox", "show", str(listed["id"])], tmp_path, **data)
    assert "[email]" in kept.stdout
    assert not [secret for secret in ("hunter2", "jane@example.com") if secret in kept.stdout]


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.parametrize("block", [*blocks("js")], ids=str)
def test_javascript_is_well_formed(block, tmp_path):
    (tmp_path / "app.mjs").write_text(block.text)
    done = run(["node", "--check", "app.mjs"], tmp_path)
    assert done.stderr == ""


@pytest.mark.skipif(not shutil.which("gofmt"), reason="Go is not installed")
@pytest.mark.parametrize("block", [*blocks("go")], ids=str)
def test_go_is_formatted(block, tmp_path):
    (tmp_path / "main.go").write_text(block.text)
    assert run(["gofmt", "-l", "main.go"], tmp_path).stdout == ""


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_is_valid(tmp_path):
    (block,) = blocks("ini")
    unit = block.text.replace("/opt/scrubrelay/bin/scrubrelay", sys.executable)
    (tmp_path / "scrubrelay.service").write_text(unit)
    done = run(["systemd-analyze", "verify", "--man=no", "scrubrelay.service"], tmp_path)
    assert "scrubrelay.service" not in done.stderr


def test_the_settings_are_those_of_the_model():
    readme = (ROOT / "README.md").read_text()
    _, _, rest = readme.partition("<!-- settings: ")
    assert rest.partition("-->\n")[2].partition("<!-- /settings -->")[0].strip() == markdown()


@pytest.mark.parametrize("name", [*SHORT, "SCRUBRELAY_CONFIG", "PORT"])
def test_every_short_variable_is_documented(name):
    assert f"`{name}`" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented_with_its_client_report(reason):
    _, _, table = (ROOT / "README.md").read_text().partition("| reason | it was dropped because |")
    rows = [line for line in table.splitlines() if line.startswith(f"| `{reason}` |")]
    shown = f"`{REPORTED[reason]}`" if REPORTED[reason] else ""
    assert [row.split("|")[3].strip() for row in rows] == [shown]


def test_every_metric_is_documented():
    source = (ROOT / "scrubrelay/service/telling/metrics.py").read_text()
    metrics = set(regex.findall(r'"(scrubrelay_\w+)"', source))
    shown = regex.findall(r"`(scrubrelay_\w+?)(?:_total|_info)?`", (ROOT / "docs/operations.md").read_text())
    assert metrics == set(shown)


def test_every_route_that_operators_use_is_documented():
    text = (ROOT / "docs/operations.md").read_text()
    paths = {route.path for route in ROUTES if not route.path.startswith("/api/audit")}
    assert [path for path in paths if path not in text] == []


@pytest.mark.parametrize(
    "kind", [one for one in ITEMS.values() if one.shape in DROPPED], ids=lambda one: one.type
)
def test_every_item_type_that_is_dropped_is_documented(kind):
    _, _, limits = (ROOT / "README.md").read_text().partition("## Limits, and what is not covered")
    assert f"`{kind.type}`" in limits


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name):
    assert f"scrubrelay {name}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("document", [*DOCUMENTS, "CHANGELOG.md"])
def test_links_lead_somewhere(document):
    text = (ROOT / document).read_text()
    targets = regex.findall(r"\]\(([^)#:]+)\)", text)
    headings = (line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    anchors = {regex.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert [target for target in targets if not (ROOT / target).exists()] == []
    assert set(regex.findall(r"\]\(#([^)]+)\)", text)) <= anchors


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_exist(document):
    named = regex.findall(r"`((?:scrubrelay|patterns|tests)/[\w/.]*)`", (ROOT / document).read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_first_screen():
    """What it is, `make run`, the DSN to paste, `make test`: before anything else."""
    screen = "\n".join((ROOT / "README.md").read_text().splitlines()[:22])
    wanted = ("make run", f"http://{KEY}@127.0.0.1:3000/1", "make test")
    assert [one for one in wanted if one not in screen] == []
