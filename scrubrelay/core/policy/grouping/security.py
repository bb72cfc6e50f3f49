"""What browsers report of a page's security policies: the directive and what it stopped, or the host."""

from collections.abc import Mapping
from typing import Any, Final

from scrubrelay.core.policy.grouping.frames import Cut, Values, text

_HOSTED: Final = {"hpkp": "hpkp", "expectstaple": "expect-staple", "expectct": "expect-ct"}
"""The event's key, and what Sentry calls the report."""
_SELF: Final = "'self'"
_LOCAL: Final = ("unsafe-inline", "unsafe-eval")
_WITH_HOSTS: Final = frozenset({"file", "ftp", "ws", "wss"})
"""Schemes that are written with two slashes, as Python's `urlunsplit` does."""


def report(event: Mapping[str, Any], cut: Cut | None) -> Values:
    """Return what a security report is grouped by; nothing if the event is none."""
    csp = event.get("csp")
    if isinstance(csp, dict):
        return _csp(csp, cut)
    for key, name in _HOSTED.items():
        found = event.get(key)
        if isinstance(found, dict):
            host = text(found.get("hostname"))
            host = cut(host, f"{key}.hostname") if cut is not None and host else host
            return [(key, name), *([(f"{key}.hostname", host)] if host else [])]
    return []


def _csp(csp: Mapping[str, Any], cut: Cut | None) -> Values:
    violated, blocked = text(csp.get("violated_directive")), text(csp.get("blocked_uri"))
    directive = text(csp.get("effective_directive")) or (violated.split() or [""])[0]
    uri = _source(blocked)
    values = [("csp.effective_directive", directive)] if directive else []
    if directive == "script-src" and uri == _SELF:
        for local in _LOCAL:
            if f"'{local}'" in violated:
                return [*values, ("csp.violated_directive", f"'{local}'")]
    uri = cut(uri, "csp.blocked_uri") if cut is not None else uri
    return [*values, ("csp.blocked_uri", uri)]


def _source(uri: str) -> str:
    """Return what was stopped: a host, `self`, or a scheme as browsers write some of them."""
    if uri in ("", "self", _SELF):
        return _SELF
    scheme, colon, rest = uri.partition(":")
    scheme = scheme.lower() if colon else scheme
    if not rest.startswith("//"):
        return f"{scheme}://" if scheme in _WITH_HOSTS else f"{scheme}:"
    host = rest[2:].split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    return host if scheme in ("http", "https") else f"{scheme}://{host}"
