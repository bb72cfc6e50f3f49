"""A flood of a real SDK, and what a real server sees of it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
import sentry_sdk

from tests.helpers.relay import Relay
from tests.sdk.bugsink import Bugsink

pytestmark = pytest.mark.sdk


def lose(order: int) -> None:
    raise RuntimeError(f"order {order} is lost")


def fail(client: sentry_sdk.Client, order: int) -> str:
    """Report an error of always the same place; return its id."""
    try:
        lose(order)
    except RuntimeError as error:
        with sentry_sdk.new_scope() as scope:
            scope.set_client(client)
            return str(scope.capture_exception(error))


def arrived(bugsink: Bugsink, project: int) -> set[str]:
    """Return the ids of the events that the server has."""
    path = f"file:{bugsink.directory}/db.sqlite3?mode=ro"
    with closing(sqlite3.connect(path, uri=True, timeout=10)) as database:
        rows = database.execute("SELECT event_id FROM events_event WHERE project_id = ?", (project,))
        return {str(row[0]) for row in rows}


def test_the_51st_does_not_arrive_and_the_first_after_it_tells(
    bugsink: Bugsink, start_relay: Callable[..., Relay]
):
    """With the defaults: 50 in an hour, then one after ten that did not."""
    relay = start_relay(f'[upstream]\nurl = "{bugsink.url}"\n', environ={"SENTRY_MAX_EVENTS_PER_ISSUE": ""})
    project, key = bugsink.project()
    client = sentry_sdk.Client(relay.dsn(project, key), default_integrations=False)
    sent = []
    for order in range(61):
        sent.append(fail(client, order))
        client.flush(10)  # one by one, so that it is known which is the 51st
    client.close()
    last = bugsink.event(sent[60])
    assert last["tags"] == {"scrubrelay.suppressed": "10"}
    assert last["contexts"]["scrubrelay"]["limit"] == 50
    bugsink.event(sent[49])
    assert arrived(bugsink, project) == {*sent[:50], sent[60]}
