"""What a relay says when it has started: where it listens, what to paste, and what is missing."""

from collections.abc import Iterator
from typing import Final

from scrubrelay.config.settings import Settings
from scrubrelay.config.values import WILDCARDS, Address, show_duration

_ANY_KEY: Final = "0123456789abcdef" * 2
"""A client key where every well-formed one is accepted: it opens nothing."""


def greeting(settings: Settings, address: Address, token: str | None = None) -> Iterator[str]:
    """Yield the lines.

    Args:
        settings: What holds.
        address: Where it listens, with the port that it really got.
        token: The one for operators, where the configuration has none.
    """
    yield f"scrubrelay listens on http://{address}"
    near = Address("localhost", address.port) if address.host in WILDCARDS else address
    yield from _dsns(settings, near)
    yield from _caps(settings)
    if settings.inspect_mode:
        yield (
            f"inspect mode: nothing is forwarded, the last {settings.store.keep_envelopes} envelopes "
            "are kept; set SCRUBRELAY_UPSTREAM_URL=https://… or [upstream] url to start forwarding"
        )
    if token is not None:
        yield f"for operators, until the next start: http://{settings.admin.listen} with the token {token}"


def _caps(settings: Settings) -> Iterator[str]:
    """Say how many events of one issue go on: it is on by default, and nobody may wonder where they are."""
    most = settings.caps.max_events_per_issue
    if most:
        window = show_duration(settings.caps.window)
        yield f"caps: of one issue {most} events go on in {window}; [caps] max_events_per_issue = 0 for all"


def _dsns(settings: Settings, near: Address) -> Iterator[str]:
    for project in settings.project:
        named = f" of {project.name}" if project.name else ""
        yield f"DSN{named}: http://{project.key}@{near}/{project.id}"
    if settings.project:
        return
    if settings.upstream.url:
        yield f"DSN: http://<key>@{near}/<project>, with key and project as from {settings.upstream.url}"
        yield f"DSN to try: http://{_ANY_KEY}@{near}/1"
    else:
        yield f"DSN: http://{_ANY_KEY}@{near}/1"
