"""The proof of the other proofs: what would have happened without the relay."""

import orjson
import pytest

from tests.helpers.plants import SECRETS, kinds_below, kinds_in
from tests.sdk.bugsink import serving
from tests.sdk.conftest import App

pytestmark = pytest.mark.sdk


def test_without_the_relay_every_kind_of_secret_would_have_been_found(
    python_app: App, node_app: App, tmp_path
):
    """Sent directly, each secret arrives and the search sees it."""
    directory = tmp_path / "direct"
    directory.mkdir()
    with serving(directory) as direct:
        for app in (python_app, node_app):
            event = direct.event(app.run(direct.dsn(direct.project())))
            assert kinds_in(orjson.dumps(event)) == set(SECRETS)
    assert kinds_below(directory) == {"db.sqlite3": set(SECRETS)}
