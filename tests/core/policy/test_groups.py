"""What each ready-made group takes for noise, and what it leaves alone."""

import orjson
import pytest

from scrubrelay.core.policy.client import Client
from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.groups import Agent, group
from scrubrelay.core.wire.envelope import Item

AGENTS = {
    "old": Agent("Chrome", 90),
    "new": Agent("Chrome", 141),
    "ie": Agent("IE", 11),
    "other": Agent("Lynx", 2),
    "unknown": Agent("Chrome", None),
    "bot": Agent("Googlebot", 2, crawler=True),
}


def hits(name: str, document: object, kind: str = "event", agent: str = "") -> bool:
    found = group(name, lambda text: AGENTS.get(text, Agent()))
    event = Event(Item({"type": kind}, orjson.dumps(document)), Client(user_agent=agent))
    return found.looks_at(event) and found.hits(event)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"request": {"url": "http://localhost:8000/x"}}, True),
        ({"request": {"url": "http://shop.localhost/x"}}, True),
        ({"request": {"url": "http://127.0.0.1/x"}}, True),
        ({"request": {"url": "http://[::1]:3000/x"}}, True),
        ({"request": {"url": "file:///home/x/index.html"}}, True),
        ({"request": {"headers": {"Host": "localhost:8000"}}}, True),
        ({"request": {"headers": [["X-Forwarded-Host", "localhost"]]}}, True),
        ({"user": {"ip_address": "127.0.0.1"}}, True),
        ({"request": {"url": "https://localhost.example.com/"}}, False),
        ({"request": {"url": "https://example.com/?next=http://localhost/"}}, False),
        ({"request": {"url": "http://[half"}}, False),
        ({"user": {"ip_address": "10.0.0.1"}}, False),
        ({}, False),
    ],
)
def test_localhost(document, expected):
    assert hits("localhost", document) is expected


def browser(value: str = "", *paths: str, platform: str = "javascript") -> dict:
    frames = [{"abs_path": path} for path in paths]
    return {
        "platform": platform,
        "exception": {"values": [{"type": "E", "value": value, "stacktrace": {"frames": frames}}]},
    }


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (browser("Extension context invalidated."), True),
        (browser("CAN'T ACCESS DEAD OBJECT"), True),
        (browser("x", "https://shop/app.js", "chrome-extension://abc/x.js"), True),
        (browser("x", "moz-extension://abc/x.js", "<anonymous>"), True),
        (browser("x", "https://connect.facebook.net/en_US/sdk.js"), True),
        (browser("x", "chrome-extension://abc/x.js", "https://shop/app.js"), False),
        (browser("x", "https://shop/app.js?from=chrome://settings"), False),
        (browser("jigsaw is not defined", platform="node"), False),
        ({"platform": "javascript"}, False),
    ],
)
def test_browser_extensions(document, expected):
    assert hits("browser-extensions", document) is expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [("old", True), ("ie", True), ("new", False), ("other", False), ("unknown", False), ("", False)],
)
def test_legacy_browsers(agent, expected):
    assert hits("legacy-browsers", {"platform": "javascript"}, agent=agent) is expected


def test_a_visitors_old_browser_is_no_reason_to_lose_a_servers_error():
    document = {"platform": "python", "request": {"headers": {"User-Agent": "old"}}}
    assert not hits("legacy-browsers", document)


@pytest.mark.parametrize("kind", ["event", "transaction"])
@pytest.mark.parametrize(
    ("document", "agent", "expected"),
    [
        ({"platform": "javascript"}, "bot", True),
        ({"platform": "python", "request": {"headers": {"User-Agent": "bot"}}}, "", True),
        ({"platform": "python"}, "bot", False),
        ({"platform": "javascript"}, "new", False),
    ],
)
def test_web_crawlers(document, agent, expected, kind):
    assert hits("web-crawlers", document, kind, agent) is expected


@pytest.mark.parametrize(
    "name", ["/health", "GET /api/healthz", "/LIVE", "live", "kube-ready", "/actuator/health/db"]
)
def test_health_checks(name):
    assert hits("health-checks", {"transaction": name}, "transaction")
    assert not hits("health-checks", {"transaction": name}, "event")


@pytest.mark.parametrize("name", ["/delivery", "/upload", "already", "/healthcare", ""])
def test_what_only_sounds_like_a_health_check(name):
    assert not hits("health-checks", {"transaction": name}, "transaction")


@pytest.mark.parametrize(
    ("kind", "document", "expected"),
    [
        ("security", {"csp-report": {"blocked-uri": "chrome-extension://abc"}}, True),
        ("security", {"csp-report": {"blocked-uri": "about"}}, True),
        ("security", {"csp-report": {"blocked-uri": "https://x", "source-file": "moz-extension://a"}}, True),
        ("security", {"csp-report": {"blocked-uri": "http://localhost:35729/livereload.js"}}, True),
        ("security", {"csp-report": {"blocked-uri": "https://cdn.example.com"}}, False),
        ("security", {"csp-report": {"blocked-uri": "inline"}}, False),
        ("raw_security", {"type": "csp-violation", "body": {"blockedURL": "resource://x"}}, True),
        ("event", {"csp": {"blocked_uri": "safari-extension://x"}}, True),
        ("event", {"body": {"blocked_uri": "safari-extension://x"}}, False),
        ("security", {"csp-report": []}, False),
    ],
)
def test_csp_noise(kind, document, expected):
    assert hits("csp-noise", document, kind) is expected
