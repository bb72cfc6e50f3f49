"""The real parts: a server, two SDKs' apps and what the apps were told by their users."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest

from tests.helpers.plants import KEYED, SECRETS, TEXTS
from tests.helpers.relay import KEY, Relay, running
from tests.sdk.bugsink import Bugsink, serving

_HERE = Path(__file__).parent
_PYTHON_SOURCE = "\n".join(
    (
        "def charge(*handed):",
        *(f"    {kind} = {text!r}" for kind, text in list(TEXTS.items())[:5]),
        "    raise RuntimeError({!r})",
    )
)
_NODE_SOURCE = "exports.charge = (texts, form) => {{\n  const token = {0};\n  throw new Error({1});\n}};\n"


@pytest.fixture(scope="session")
def bugsink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bugsink]:
    with serving(tmp_path_factory.mktemp("bugsink")) as server:
        yield server


@dataclass(frozen=True)
class App:
    """A program with an unmodified SDK, and what its users handed it."""

    command: tuple[str, ...]
    module: Path
    plants: Path

    def run(self, dsn: str, *options: str) -> str:
        """Run it until its SDK has sent all; return the id of its event."""
        environ = {
            name: text for name, text in os.environ.items() if not name.startswith(("SENTRY_", "SCRUBRELAY_"))
        }
        command = [*self.command, dsn, str(self.plants), str(self.module), *options]
        done = subprocess.run(command, capture_output=True, env=environ, timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the app failed: {done.stderr[-2000:].decode()}")
        return str(orjson.loads(done.stdout)["event_id"])


def handed() -> Mapping[str, object]:
    """What the users of the apps told them."""
    return {
        "texts": TEXTS,
        "keyed": KEYED,
        "ip": SECRETS["ipv4"],
        "request": {
            "query": f"email={quote(SECRETS['email'])}&api_key={SECRETS['api_key']}&page=2",
            "cookie": f"theme=dark; sessionid={SECRETS['session']}",
            "authorization": f"Bearer {SECRETS['bearer']}",
        },
    }


@pytest.fixture
def python_app(tmp_path: Path) -> App:
    """An app whose source, of which the SDK sends the failing lines, holds secrets as well."""
    module, plants = tmp_path / "charging.py", tmp_path / "plants.json"
    module.write_text(_PYTHON_SOURCE.format(TEXTS["card"]))
    plants.write_bytes(orjson.dumps(handed()))
    return App((sys.executable, str(_HERE / "python_app.py")), module, plants)


@pytest.fixture(scope="session")
def node_sdk() -> None:
    """Install the Node SDK as locked, once for a checkout."""
    folder = _HERE / "node"
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        if os.environ.get("CI"):
            pytest.fail("node and npm are needed for the tests of the Node SDK")
        pytest.skip("node or npm is not installed")
    stamp, lock = folder / "node_modules" / ".installed", (folder / "package-lock.json").read_bytes()
    if stamp.exists() and stamp.read_bytes() == lock:
        return
    subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=300,
    )
    stamp.write_bytes(lock)


@pytest.fixture
def node_app(tmp_path: Path, node_sdk: None) -> App:
    module, plants = tmp_path / "charging.cjs", tmp_path / "plants.json"
    quoted = [orjson.dumps(TEXTS[kind]).decode() for kind in ("github", "card")]
    module.write_text(_NODE_SOURCE.format(*quoted))
    plants.write_bytes(orjson.dumps(handed()))
    return App(("node", str(_HERE / "node" / "app.cjs")), module, plants)


@pytest.fixture
def app(request: pytest.FixtureRequest) -> App:
    """The app that a parametrized test names."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, App)
    return found


@pytest.fixture(scope="module")
def pass_through(bugsink: Bugsink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay that passes every project on to the one server, under the keys the apps know."""
    relay = Relay(tmp_path_factory.mktemp("pass"), f'[upstream]\nurl = "{bugsink.url}"\n')
    with running(relay):
        yield relay


@pytest.fixture(scope="module")
def translating(bugsink: Bugsink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay with a project of its own, under a key that the server has never heard of."""
    upstream = bugsink.dsn(bugsink.project())
    config = f'[[project]]\nid = 4711\nkey = "{KEY}"\nname = "shop"\nupstreams = ["{upstream}"]\n'
    relay = Relay(tmp_path_factory.mktemp("translate"), config)
    with running(relay):
        yield relay
