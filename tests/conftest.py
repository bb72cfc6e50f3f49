"""What tests of a running relay share."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.helpers.material import RECORDINGS
from tests.helpers.relay import Relay
from tests.helpers.together import Together

# A busy machine draws slowly; how long an example takes is what the benchmarks are for.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Together | None:
    """Return what gives tests to workers."""
    return Together(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session", autouse=True)
def unsettled() -> Iterator[None]:
    """Nothing that whoever runs the tests has set holds in them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [one for one in os.environ if one.startswith(("SCRUBRELAY_", "SENTRY_"))]:
            patch.delenv(name)
        # Processes that tests start find their hundreds of modules compiled.
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture
def new_relay(tmp_path: Path) -> Iterator[Callable[..., Relay]]:
    """Make relays that are gone after the test; what they logged is shown when it fails."""
    made: list[Relay] = []

    def make(config: str = "", **options: object) -> Relay:
        made.append(Relay(tmp_path / f"relay{len(made)}", config, **options))
        return made[-1]

    yield make
    for relay in made:
        relay.kill()
        print(relay.log()[-4000:])


@pytest.fixture
def start_relay(new_relay: Callable[..., Relay]) -> Callable[..., Relay]:
    """Start relays that are gone after the test."""

    def start(config: str = "", **options: object) -> Relay:
        relay = new_relay(config, **options)
        relay.start()
        return relay

    return start


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of recorded SDK traffic; skips where there is none."""
    if not (RECORDINGS / "corpus" / "manifest.json").exists():
        pytest.skip("no recordings here: SCRUBRELAY_RECORDINGS names their folder")
    return RECORDINGS
