"""From a tree of raw values to settings, or every mistake in it."""

import ipaddress
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scrubrelay.config.names import TABLES, Location, nearest, unknown
from scrubrelay.config.settings import (
    AdminSettings,
    CapsSettings,
    ConditionSettings,
    ProjectSettings,
    RedactionSettings,
    Settings,
)
from scrubrelay.config.table import Table
from scrubrelay.config.values import WILDCARDS, Address
from scrubrelay.config.wording import wording
from scrubrelay.core.redaction.text.marks import key_id

Mistake = tuple[Location, str]

_SHORTEST_KEY: Final = 16
_REPEATED: Final = {
    "int_parsing",
    "int_from_float",
    "greater_than",
    "greater_than_equal",
    "less_than_equal",
    "literal_error",
    "expected",
}


def mistakes(tree: Mapping[str, Any], filled: AbstractSet[Location]) -> tuple[Settings | None, list[Mistake]]:
    """Return the settings (None if they cannot be had) and everything that is wrong.

    Args:
        tree: Tables of raw values.
        filled: Where a value came out of the environment or a file, and so is never repeated in a message.
    """
    found: list[Mistake] = []
    tables: dict[str, Table] = {}
    for name, value in tree.items():
        if name == "project":
            continue
        table = TABLES.get((name,))
        if table is None:
            found.append(((name,), unknown((name,))))
        else:
            tables[name] = _table(table, value, (name,), found, filled) or table()
    projects = _projects(tree.get("project", []), found, filled)
    settings = Settings.model_validate(tables)
    found.extend(_crossed(settings, projects))
    found.extend(_twins(tree.get("project")))
    if found:
        return None, found
    return settings.model_copy(update={"project": tuple(projects.values())}), found


def _projects(value: Any, found: list[Mistake], filled: AbstractSet[Location]) -> dict[int, ProjectSettings]:
    if not isinstance(value, list):
        found.append((("project",), "expected [[project]] tables"))
        return {}
    checked = (
        (index, _table(ProjectSettings, raw, ("project", index), found, filled))
        for index, raw in enumerate(value)
    )
    return {index: project for index, project in checked if isinstance(project, ProjectSettings)}


def _table(
    table: type[Table], value: Any, at: Location, found: list[Mistake], filled: AbstractSet[Location]
) -> Table | None:
    try:
        return table.model_validate(value)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            location = (*at, *one["loc"])
            found.append((location, _told(one, location, repeat=location not in filled)))
        return None


def _told(error: ErrorDetails, location: Location, *, repeat: bool) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return unknown(location)
    text = wording(error)
    if kind not in _REPEATED or not repeat or not isinstance(error["input"], str | int | float):
        return text
    got = f'"{error["input"]:.60}"' if isinstance(error["input"], str) else str(error["input"]).lower()
    choices = str(error.get("ctx", {}).get("expected", "")).split("'")[1::2]
    return f"{text}, got {got}{nearest(str(error['input']), choices)}"


def _crossed(settings: Settings, projects: Mapping[int, ProjectSettings]) -> Iterator[Mistake]:
    """Yield what is wrong with settings that are fine one by one."""
    if settings.upstream.url and settings.upstream.dsn:
        yield ("upstream", "dsn"), "expected either url or dsn, not both"
    if settings.server.listen == settings.admin.listen and settings.server.listen.port:
        yield ("admin", "listen"), f"expected another address than [server] listen, {settings.server.listen}"
    yield from _namesakes(settings.admin)
    yield from _loops(settings, projects)
    yield from _unkeyed(settings.redaction, ("redaction",))
    for name in ("redaction", "filters", "sampling"):
        if getattr(settings, name).adds:
            yield (name, "adds"), f"expected it in [project.{name}]: the common lists add to nothing"
    yield from _unconditional(settings.caps, ("caps",))
    for index, project in projects.items():
        if project.redaction is not None:
            yield from _unkeyed(settings.redaction_of(project), ("project", index, "redaction"))
        if project.caps is not None:
            yield from _unconditional(project.caps, ("project", index, "caps"))


def _namesakes(admin: AdminSettings) -> Iterator[Mistake]:
    """Yield the tokens that are called as another one: the audit could not tell who it was."""
    for index, token in enumerate(admin.tokens):
        others = [*admin.tokens[:index], *admin.every_token[len(admin.tokens) :]]
        if any(token.name == other.name for other in others):
            yield ("admin", "tokens", index, "name"), f'another token is called "{token.name}" too'
        elif any(token.token == other.token for other in others):
            yield ("admin", "tokens", index, "token"), "the same as another token"


def _twins(projects: Any) -> Iterator[Mistake]:
    """Yield the keys that an earlier project has; of raw values, so that other mistakes hide none."""
    first: dict[str, int] = {}
    for index, project in enumerate(projects if isinstance(projects, list) else ()):
        key = project.get("key") if isinstance(project, dict) else None
        if isinstance(key, str) and first.setdefault(key, index) != index:
            yield ("project", index, "key"), f"the same key as [[project]] number {first[key] + 1}"


def _unkeyed(redaction: RedactionSettings, at: Location) -> Iterator[Mistake]:
    actions = {redaction.action, *redaction.actions.values(), *(one.action for one in redaction.rule)}
    if "hash" in actions and not redaction.hash_key:
        yield (*at, "hash_key"), 'is missing, the action "hash" needs one'
    keys = [
        one.get_secret_value().encode() for one in (redaction.hash_key, redaction.previous_hash_key) if one
    ]
    if len({key_id(one) for one in keys}) < len(keys):
        yield (*at, "previous_hash_key"), "expected another key than hash_key, with another id"
    if any(len(one) < _SHORTEST_KEY for one in keys[:1]):
        told = f"expected at least {_SHORTEST_KEY} characters: who guesses it can try out whose a token is"
        yield (*at, "hash_key"), told


def _unconditional(caps: CapsSettings, at: Location) -> Iterator[Mistake]:
    for number, rule in enumerate(caps.rule):
        if not any(getattr(rule, name) for name in ConditionSettings.model_fields):
            names = ", ".join(ConditionSettings.model_fields)
            yield (*at, "rule", number), f"expected one of {names}"


def _loops(settings: Settings, projects: Mapping[int, ProjectSettings]) -> Iterator[Mistake]:
    """Yield the upstreams that are this relay itself: it would send every envelope round for ever."""
    listeners = (settings.server.listen, settings.admin.listen)
    targets: list[tuple[Location, str]] = [
        (("upstream", "url"), settings.upstream.url or ""),
        (("upstream", "dsn"), settings.upstream.dsn.envelope_url if settings.upstream.dsn else ""),
    ]
    targets += [
        (("project", index, "upstreams", number), one.dsn.envelope_url)
        for index, project in projects.items()
        for number, one in enumerate(project.upstreams)
    ]
    for location, url in targets:
        if any(_is_here(url, listener) for listener in listeners):
            yield location, "expected another server: this is the relay's own address"


def _is_here(url: str, listener: Address) -> bool:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.hostname or ""
    mine = listener.host in WILDCARDS or _is_loopback(listener.host)
    return port == listener.port and (
        host == listener.host or (mine and (_is_loopback(host) or host in WILDCARDS))
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
