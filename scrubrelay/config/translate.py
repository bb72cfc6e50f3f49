"""From a DSN that Sentry gave out to the relay's, and back, by the configuration."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from scrubrelay.config.settings import ProjectSettings, Settings
from scrubrelay.config.values import WILDCARDS
from scrubrelay.core.errors import BadRequest, NotFound
from scrubrelay.core.wire.dsn import Dsn


def base_of(settings: Settings) -> str:
    """Return the URL that the configured listener has on its own machine."""
    listen = settings.server.listen
    host = (
        "localhost" if listen.host in WILDCARDS else f"[{listen.host}]" if ":" in listen.host else listen.host
    )
    return f"http://{host}:{listen.port}"


def to_relay(dsn: Dsn, settings: Settings, base: str) -> list[Dsn]:
    """Return the relay's DSNs for what has a DSN of Sentry's.

    Args:
        dsn: What Sentry gave out.
        settings: The configuration.
        base: The relay's URL, as apps reach it.

    Raises:
        NotFound: Nothing that comes to the relay goes there.
    """
    if not settings.project:
        place = settings.upstream.url
        if place is not None and _place(dsn) != _plain(place):
            raise NotFound(f"[upstream] url leads to {place}, not to {_place(dsn)}")
        if settings.upstream.dsn is not None and not _same(dsn, settings.upstream.dsn):
            raise NotFound(f"[upstream] dsn leads to {settings.upstream.dsn} whatever an app's DSN is")
        return [_at(base, dsn.public_key, dsn.project_id)]
    found = [
        _at(base, project.key, project.id)
        for project in settings.project
        if any(_same(dsn, there) for there in _upstreams(project, settings))
    ]
    if not found:
        raise NotFound("no [[project]] has this DSN among its upstreams", "the relay would send it nothing")
    return found


def to_upstreams(dsn: Dsn, settings: Settings) -> list[Dsn]:
    """Return the DSNs that an envelope goes to which comes with a DSN of the relay's; none in inspect mode.

    Raises:
        NotFound: The relay does not take it.
    """
    if not settings.project:
        return list(_common(settings, dsn.public_key, dsn.project_id))
    for project in settings.project:
        if (project.key, project.id) == (dsn.public_key, dsn.project_id):
            return list(_upstreams(project, settings))
    raise NotFound("no [[project]] has this key and number", "the relay answers 403 to it")


def relay_dsns(settings: Settings, base: str) -> list[tuple[str, Dsn]]:
    """Return each project's name and the DSN that apps are given."""
    return [(project.name, _at(base, project.key, project.id)) for project in settings.project]


def _upstreams(project: ProjectSettings, settings: Settings) -> Iterator[Dsn]:
    if project.upstreams:
        yield from (one.dsn for one in project.upstreams)
    else:
        yield from _common(settings, project.key, project.id)


def _common(settings: Settings, key: str, project_id: int) -> Iterator[Dsn]:
    if settings.upstream.dsn is not None:
        yield settings.upstream.dsn
    elif settings.upstream.url is not None:
        yield _at(settings.upstream.url, key, project_id)


def _at(url: str, key: str, project_id: int) -> Dsn:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadRequest("expected a URL such as https://relay.example.com")
    return Dsn(parts.scheme, key, parts.hostname, parts.port, parts.path.rstrip("/"), project_id)


def _same(one: Dsn, other: Dsn) -> bool:
    """Whether both lead to the same project; an app may be told http or https."""
    return replace(one, scheme="https") == replace(other, scheme="https")


def _place(dsn: Dsn) -> str:
    return _plain(f"{dsn.origin}{dsn.path}")


def _plain(url: str) -> str:
    return url.partition("://")[2].rstrip("/")
