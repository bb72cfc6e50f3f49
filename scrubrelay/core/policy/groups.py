"""Ready-made filters, each switched on by one word: what everybody calls noise.

The lists are facts about browsers, their extensions and servers, as Sentry's own filters know them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from scrubrelay.core.errors import Reason
from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.filters import REQUESTS, TRANSACTIONS, Filter
from scrubrelay.core.policy.globs import Glob

Group = Literal[
    "localhost", "browser-extensions", "legacy-browsers", "web-crawlers", "health-checks", "csp-noise"
]
GROUPS: Final[tuple[Group, ...]] = get_args(Group)


@dataclass(frozen=True, slots=True)
class Agent:
    """A program that talks HTTP.

    Args:
        family: What kind of browser it is.
        major: Its version; None if unknown.
        crawler: Whether it comes by itself, without a person: a search engine, a monitor, a preview.
    """

    family: str = ""
    major: int | None = None
    crawler: bool = False


Agents = Callable[[str], Agent]
"""Reads a `User-Agent`; lists of them grow stale, so they are somebody else's, who keeps them up."""

_OLDEST: Final[Mapping[str, int]] = {
    "ie": 12,
    "ie mobile": 12,
    "opera mini": 35,
    "opera": 100,
    "android": 4,
    "safari": 16,
    "mobile safari": 16,
    "edge": 111,
    "edge mobile": 111,
    "chrome": 111,
    "chrome mobile": 111,
    "chrome mobile webview": 111,
    "firefox": 111,
    "firefox mobile": 111,
}
"""Of these browsers, older versions are legacy (Sentry's present list, and the same browsers on phones)."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_CSP_TYPES: Final = frozenset({"event", "security", "raw_security"})
_SOURCES: Final = ("blocked-uri", "blocked_uri", "blockedURL", "source-file", "source_file", "sourceFile")
_LOCAL: Final = ("localhost", "127.0.0.1")
_EXTENSION_SCHEMES: Final = (
    "chrome",
    "chrome-extension",
    "chromeinvoke",
    "chromeinvokeimmediate",
    "chromenull",
    "moz-extension",
    "ms-browser-extension",
    "mxaddon-pkg",
    "jar",
    "mbinit",
    "resource",
    "safari-extension",
    "safari-web-extension",
    "symres",
    "tmtbff",
    "webviewprogressproxy",
    "webviewprogress",
    "about",
)
"""Schemes of what a browser, its extensions and toolbars load into a page."""

_EXTENSION_TEXTS: Final = tuple(
    text.casefold()
    for text in (
        "top.GLOBALS",
        "originalCreateNotification",
        "canvas.contentDocument",
        "MyApp_RemoveAllHighlights",
        "http://tt.epicplay.com",
        "Can't find variable: ZiteReader",
        "jigsaw is not defined",
        "ComboSearch is not defined",
        "http://loading.retry.widdit.com/",
        "atomicFindClose",
        "fb_xd_fragment",
        "bmi_SafeAddOnload",
        "EBCallBackMessageReceived",
        "_gCrWeb",
        "conduitPage",
        "null is not an object (evaluating 'elt.parentNode')",
        "plugin.setSuspendState is not a function",
        "Extension context invalidated",
        "webkit-masked-url:",
        "can't access dead object",
        "Cannot redefine property: solana",
        "Cannot redefine property: ethereum",
        "Cannot redefine property: googletag",
        "undefined is not an object (evaluating 'a.X')",
        "Permission denied to access property",
        "Can't find variable: gmo",
    )
)
_EXTENSION_STARTS: Final = (
    "chrome://",
    "chrome-extension://",
    "moz-extension://",
    "safari-extension://",
    "safari-web-extension://",
    "webkit-masked-url",
)
_EXTENSION_PARTS: Final = (
    "graph.facebook.com",
    "connect.facebook.net",
    "eatdifferent.com.woopra-ns.com",
    "static.woopra.com/js/woopra.js",
    "127.0.0.1:4001/isrunning",
    "webappstoolbarba.texthelp.com/",
    "metrics.itunes.apple.com.edgesuite.net/",
    "kaspersky-labs.com",
)
_NOWHERE: Final = frozenset({"", "<anonymous>", "[native code]"})
_HEALTH_CHECKS: Final = tuple(
    Glob.parse(pattern)
    for pattern in (
        "*healthcheck*",
        "*healthy*",
        "live",
        "live[z/-]*",
        "*[/-]live",
        "*[/-]live[z/-]*",
        "ready",
        "ready[z/-]*",
        "*[/-]ready",
        "*[/-]ready[z/-]*",
        "*heartbeat*",
        "*/health{/,}",
        "*/healthz",
        "*/ping",
        "*/up",
        "*/actuator/health{/*,}",
        "*/manage/health{/*,}",
    )
)


def group(name: Group, agents: Agents) -> Filter:
    """Return the filter of a group; `agents` reads browsers' names."""
    match name:
        case "localhost":
            return Filter(name, Reason.LOCALHOST, REQUESTS, _localhost)
        case "browser-extensions":
            return Filter(name, Reason.BROWSER_EXTENSION, frozenset({"event"}), _extension)
        case "legacy-browsers":
            return Filter(name, Reason.LEGACY_BROWSER, REQUESTS, lambda event: _legacy(event, agents))
        case "web-crawlers":
            return Filter(name, Reason.WEB_CRAWLER, REQUESTS, lambda event: _crawler(event, agents))
        case "health-checks":
            return Filter(name, Reason.HEALTH_CHECK, TRANSACTIONS, _health_check)
        case "csp-noise":
            return Filter(name, Reason.CSP_NOISE, _CSP_TYPES, _csp_noise)


def _localhost(event: Event) -> bool:
    user = event.fields.get("user")
    if isinstance(user, dict) and user.get("ip_address") in _LOOPBACK:
        return True
    url = event.request.get("url")
    if isinstance(url, str) and (url.startswith("file:") or _is_local(_host(url))):
        return True
    return any(_is_local(_host(f"//{event.header(name)}")) for name in ("host", "x-forwarded-host"))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_local(host: str) -> bool:
    return host == "::1" or any(host == local or host.endswith(f".{local}") for local in _LOCAL)


def _extension(event: Event) -> bool:
    """Tell it by the first exception: its text, or where its last frame with a place is from."""
    if not event.in_browser or not event.exceptions:
        return False
    first = event.exceptions[0]
    text = first.value.casefold()
    if any(part in text for part in _EXTENSION_TEXTS):
        return True
    paths = (frame.get("abs_path") for frame in reversed(first.frames))
    path = next((path for path in paths if isinstance(path, str) and path not in _NOWHERE), "")
    return path.startswith(_EXTENSION_STARTS) or any(part in path for part in _EXTENSION_PARTS)


def _legacy(event: Event, agents: Agents) -> bool:
    if not event.in_browser or not event.user_agent:
        return False
    agent = agents(event.user_agent)
    oldest = _OLDEST.get(agent.family.casefold())
    return oldest is not None and agent.major is not None and agent.major < oldest


def _crawler(event: Event, agents: Agents) -> bool:
    return bool(event.user_agent) and agents(event.user_agent).crawler


def _health_check(event: Event) -> bool:
    return any(pattern.matches(event.transaction) for pattern in _HEALTH_CHECKS)


def _csp_noise(event: Event) -> bool:
    """Tell whether what was blocked, or what asked for it, is of the browser or of this machine."""
    report = event.fields.get("csp-report", event.fields.get("csp", event.fields.get("body", event.fields)))
    if not isinstance(report, dict) or (event.type == "event" and "csp" not in event.fields):
        return False
    sources = (report.get(name) for name in _SOURCES)
    return any(_is_noise(source) for source in sources if isinstance(source, str))


def _is_noise(source: str) -> bool:
    scheme = source.partition(":")[0].casefold()
    return scheme in _EXTENSION_SCHEMES or _is_local(_host(source))
