import os

import pytest
from pydantic_core import PydanticCustomError

from scrubrelay.config.values import (
    Address,
    read_address,
    read_dsn,
    read_duration,
    read_key,
    read_size,
    read_store_url,
    read_url,
    read_workers,
    show_duration,
    show_size,
)

DSN = "https://0123456789abcdef0123456789abcdef:0badc0de@sentry.example.com/prefix/42"


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        (1024, 1024),
        ("1024", 1024),
        ("1KiB", 1024),
        ("1 KB", 1000),
        ("64MiB", 64 * 2**20),
        ("2gib", 2**31),
        ("1.5KiB", 1536),
        ("1TiB", 2**40),
        ("7B", 7),
    ],
)
def test_a_size(text, size):
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["64 MBs", "-1", -1, "MiB", "", True, 1.5, "1e9", None, [1], "１KiB x"])
def test_no_size(text):
    with pytest.raises(PydanticCustomError, match='a size such as "64MiB"'):
        read_size(text)


@pytest.mark.parametrize("size", [0, 1, 1000, 1024, 1536, 2**20, 3 * 2**30, 2**40])
def test_a_size_reads_as_it_is_shown(size):
    assert read_size(show_size(size)) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("50ms", 0.05),
        ("30s", 30),
        ("1.5m", 90),
        ("24h", 86400),
        ("7 d", 604800),
        (10, 10),
        (0.5, 0.5),
        ("10", 10),
    ],
)
def test_a_duration(text, seconds):
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["50 parsecs", "-1s", -1, "", True, "1w", float("inf"), float("nan"), None])
def test_no_duration(text):
    with pytest.raises(PydanticCustomError, match='a duration such as "50ms"'):
        read_duration(text)


@pytest.mark.parametrize("seconds", [0.05, 0.5, 1, 90, 3600, 86400, 0])
def test_a_duration_reads_as_it_is_shown(seconds):
    assert read_duration(show_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:3000", Address("127.0.0.1", 3000)),
        (":3000", Address("0.0.0.0", 3000)),
        ("[::1]:0", Address("::1", 0)),
        ("relay.internal:65535", Address("relay.internal", 65535)),
    ],
)
def test_an_address(text, address):
    assert read_address(text) == address


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "3000", "a:65536", "a:b", "a:-1", "a b:1", "::1:3000", "http://a:1", ""]
)
def test_no_address(text):
    with pytest.raises(PydanticCustomError, match=r"127\.0\.0\.1:3000"):
        read_address(text)


def test_an_address_shows_ipv6_in_brackets():
    assert str(Address("::1", 3000)) == "[::1]:3000"


def test_workers_auto_is_one_for_each_core():
    assert read_workers("auto") == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("value", [0, 257, "many", "0", True, 1.5, None])
def test_no_number_of_workers(value):
    with pytest.raises(PydanticCustomError, match="from 1 to 256"):
        read_workers(value)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://sentry.io", "https://sentry.io"),
        ("https://sentry.io/", "https://sentry.io"),
        ("http://10.0.0.1:9000/sentry/", "http://10.0.0.1:9000/sentry"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_an_upstream_url(text, url):
    assert read_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "sentry.io",
        "ftp://sentry.io",
        "https://",
        "https://user:hunter2@sentry.io",
        "https://key@sentry.io/1",
        "https://sentry.io?x=hunter2",
        "https://sentry.io#hunter2",
        "https://sentry.io:hunter2",
        "",
        5,
        "https://[::1",
    ],
)
def test_no_upstream_url_and_its_text_is_not_repeated(text):
    with pytest.raises(PydanticCustomError) as caught:
        read_url(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["postgres://x", "sqlite://x", "sqlite:///", ""])
def test_no_store_url(text):
    with pytest.raises(PydanticCustomError, match="sqlite:///"):
        read_store_url(text)


def test_a_dsn_is_never_shown_with_its_secret():
    dsn = read_dsn(DSN)
    assert dsn.secret_key == "0badc0de"
    assert "0badc0de" not in f"{dsn} {dsn!r}"


@pytest.mark.parametrize("text", ["", "https://sentry.io/1", DSN.replace("42", "hunter2"), DSN[8:], 5, None])
def test_no_dsn_and_its_secret_is_not_repeated(text):
    with pytest.raises(PydanticCustomError, match="a DSN such as") as caught:
        read_dsn(text)
    assert "0badc0de" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "short", "x" * 33, "ü" * 32])
def test_no_client_key(text):
    with pytest.raises(PydanticCustomError, match="32 ASCII"):
        read_key(text)
