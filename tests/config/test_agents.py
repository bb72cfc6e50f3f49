"""Who comes without a person, and who does not: by what they really send."""

import pytest

from scrubrelay.config.agents import agent

_WEBKIT = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; {}; +https://bot.example)"
_PHONE = "Mozilla/5.0 (Linux; Android 14; {}) AppleWebKit/537.36 (KHTML, like Gecko) {} Mobile Safari/537.36"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) {}"
CRAWLERS = (
    *(
        _WEBKIT.format(name)
        for name in (
            "GPTBot/1.2", "ClaudeBot/1.0", "OAI-SearchBot/1.0", "ChatGPT-User/1.0", "PerplexityBot/1.0",
            "Bytespider", "Applebot/0.1", "Amazonbot/0.1", "Google-InspectionTool/1.0", "GoogleOther",
            "Googlebot/2.1", "bingbot/2.0", "YandexBot/3.0", "Baiduspider/2.0", "DuckDuckBot/1.1",
            "Discordbot/2.0", "AhrefsBot/7.0", "SemrushBot/7~bl", "MJ12bot/v1.4.8", "PetalBot",
            "SeznamBot/4.0", "CCBot/2.0", "DataForSeoBot/1.0", "Qwantbot/1.0", "Claude-User/1.0", "lyticsbot",
        )
    ),
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Twitterbot/1.0",
    "WhatsApp/2.23.20.0",
    "FeedFetcher-Google; (+http://www.google.com/feedfetcher.html)",
    "Mediapartners-Google",
    "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.6099.28",
    "SentryUptimeBot/1.0 (+http://docs.sentry.io/product/alerts/uptime-monitoring/)",
    "ELB-HealthChecker/2.0",
    "kube-probe/1.29",
    "GoogleHC/1.0",
    "NewRelicPinger/1.0 (1)",
    "AWS Security Scanner",
    "Lightpanda/1.0",
    "Calypso AppCrawler",
)  # fmt: skip
PEOPLE = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36": (
        "Chrome",
        141,
    ),
    _PHONE.format("CUBOT NOTE 30", "Chrome/120.0.0.0"): ("Chrome Mobile", 120),
    _PHONE.format("SM-S921B", "SamsungBrowser/25.0 Chrome/121.0.0.0"): ("Samsung Internet", 25),
    _IPHONE.format("Version/18.0 Mobile/15E148 Safari/604.1"): ("Mobile Safari", 18),
    _IPHONE.format("Mobile/21F79 Instagram 330.0.0.40.92"): ("Instagram", 330),
    _IPHONE.format("Mobile/15E148 [FBAN/FBIOS;FBAV/480.0.0]"): ("Facebook", 480),
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130 Electron/33.0.0 Slack/4.41": (
        "Electron",
        33,
    ),
    "curl/8.5.0": ("curl", 8),
    "python-requests/2.31": ("Python Requests", 2),
    "okhttp/4.12.0": ("okhttp", 4),
    "Go-http-client/1.1": ("Go-http-client", 1),
    _IPHONE.format("Mobile/15E148 [LinkedInApp]/9.29.7"): ("Mobile Safari UI/WKWebView", None),
    _PHONE.format("Pixel 8", "MicroMessenger/8.0.49 Chrome/120.0.0.0"): ("Chrome Mobile", 120),
}


@pytest.mark.parametrize("text", CRAWLERS)
def test_crawlers_monitors_and_previews_are_known(text: str) -> None:
    assert agent(text).crawler


@pytest.mark.parametrize("text", ["Java/17.0.1", "WinHttp", "Dart/3.2 (dart:io)", "GuzzleHttp/7", ""])
def test_a_program_that_few_lists_know_is_no_crawler(text: str) -> None:
    assert not agent(text).crawler


@pytest.mark.parametrize("text", PEOPLE)
def test_browsers_and_programs_of_ones_own_are_none(text: str) -> None:
    found = agent(text)
    assert (found.family, found.major, found.crawler) == (*PEOPLE[text], False)
