"""Who a `User-Agent` is: by the lists of two libraries that are kept up, read when first asked."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import regex

from scrubrelay.core.policy.groups import Agent

_LONGEST: Final = 512
"""Characters that are looked at; browsers' are about 120 long."""
_WORDS: Final = regex.compile("bot|crawl|spider", regex.IGNORECASE)
"""ua-parser calls Java's and Windows' HTTP clients spiders, too: one of these must be there."""
_SPIDER: Final = "Spider"
"""What ua-parser calls the device of a crawler."""
_PEOPLE: Final = "http-library"
"""How the list of crawlers marks what programs of one's own use: curl, python-requests, axios."""
_UNLISTED: Final = (
    "AWS Security Scanner", "ELB-HealthChecker", "GoogleHC/", "kube-probe/", "Lightpanda", "NewRelicPinger",
)  # fmt: skip
"""What Sentry's filter of crawlers or its users' load balancers know, and both libraries do not (2026-11)."""
_MOST: Final = 4096
_SECONDS: Final = 0.05


def agent(text: str) -> Agent:
    """Return who that is; remembered, since few browsers bring most events."""
    return _agent(text[:_LONGEST])  # cut first: what is remembered would be as long as a client likes


@lru_cache(maxsize=_MOST)
def _agent(shown: str) -> Agent:
    if _is_crawler(shown):
        return Agent(crawler=True)
    family, major = _browser()(shown)
    return Agent(family, int(major) if major.isdecimal() else None)


def _is_crawler(text: str) -> bool:
    if text.startswith(_UNLISTED):
        return True
    try:
        if _crawlers().search(text, timeout=_SECONDS) is not None:
            return True
    except TimeoutError:
        return False
    return _WORDS.search(text) is not None and _device()(text) == _SPIDER


# Both lists are imported when a group asks for them: most relays and every command do without.
@lru_cache(maxsize=1)
def _crawlers() -> "regex.Pattern[str]":
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # noqa: PLC0415 - see above

    wanted = (one["pattern"] for one in CRAWLER_USER_AGENTS_DATA if _PEOPLE not in one.get("tags", ()))
    return regex.compile("|".join(wanted), regex.IGNORECASE)


@lru_cache(maxsize=1)
def _browser() -> Callable[[str], tuple[str, str]]:
    from ua_parser import parse_user_agent  # noqa: PLC0415 - see above

    def browser(text: str) -> tuple[str, str]:
        found = parse_user_agent(text)
        return (found.family, found.major or "") if found else ("", "")

    return browser


@lru_cache(maxsize=1)
def _device() -> Callable[[str], str]:
    from ua_parser import parse_device  # noqa: PLC0415 - see above

    def device(text: str) -> str:
        found = parse_device(text)
        return found.family if found else ""

    return device
