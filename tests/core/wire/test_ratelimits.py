import pytest

from scrubrelay.core.wire.ratelimits import RateLimit, RateLimits

NOW = 1000.0


def parse(value, status=200, **headers):
    return RateLimits.parse({"X-Sentry-Rate-Limits": value, **headers}, status, NOW)


@pytest.mark.parametrize(
    ("value", "category", "seconds"),
    [
        ("60:error:key", "error", 60),
        ("60:error;default:organization:quota", "default", 60),
        ("60::organization", "anything", 60),
        ("60:error:key", "session", 0),
        ("10:error:key, 70:error:project", "error", 70),
        ("2.5:transaction:key", "transaction", 2.5),
        ("86400:transaction;span:organization", "span", 86400),
        ("60:metric_bucket:organization:quota:custom", "metric_bucket", 0),
        ("nonsense", "error", 0),
        ("-5:error:key", "error", 0),
        ("nan:error:key", "error", 0),
        ("1e999:error:key", "error", 604800),
        ("60:er ror:key", "error", 0),
        ("", "error", 0),
    ],
)
def test_the_header_limits_its_categories(value, category, seconds):
    assert parse(value).limited(category, NOW) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({}, 60), ({"Retry-After": "7"}, 7), ({"retry-after": "soon"}, 60), ({"Retry-After": "0"}, 0)],
)
def test_a_bare_429_limits_everything(headers, seconds):
    assert RateLimits.parse(headers, 429, NOW).limited("error", NOW) == seconds


def test_merging_keeps_the_longest_of_each():
    merged = parse("10:error:key, 30:session:key").merge(parse("20:error:key, 5:session:key"))
    assert (merged.limited("error", NOW), merged.limited("session", NOW)) == (20, 30)


def test_what_has_ended_is_neither_active_nor_told():
    limits = parse("10:error:key, 30:session:key:quota")
    assert limits.header(NOW + 20) == "10:session:key:quota"
    assert limits.active(NOW + 30) == RateLimits()


def test_the_header_reads_back_as_the_same_limits():
    limits = parse("10:default;error:organization:quota, 30::key")
    assert parse(limits.header(NOW)) == limits


def test_what_upstream_says_cannot_inject_a_header():
    limits = RateLimits((RateLimit(frozenset({"error"}), NOW + 5, "key", None),))
    assert parse("5:error:ke\r\ny:rea\r\nson") == limits
