import pytest

from scrubrelay.core.errors import BadRequest
from scrubrelay.core.wire.dsn import Dsn

KEY = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("text", "public", "url"),
    [
        (f"https://{KEY}@h.io/7", f"https://{KEY}@h.io/7", "https://h.io/api/7/envelope/"),
        (f"http://{KEY}:@h:81/7", f"http://{KEY}@h:81/7", "http://h:81/api/7/envelope/"),
        (f"http://{KEY}:s3cret@h/7/", f"http://{KEY}@h/7", "http://h/api/7/envelope/"),
        (f"http://{KEY}@h/a/b/7", f"http://{KEY}@h/a/b/7", "http://h/a/b/api/7/envelope/"),
        (f"http://{KEY}@[::1]:9/7", f"http://{KEY}@[::1]:9/7", "http://[::1]:9/api/7/envelope/"),
        (f" https://{KEY}@h.io/7 ", f"https://{KEY}@h.io/7", "https://h.io/api/7/envelope/"),
    ],
)
def test_a_dsn_is_read_and_written(text, public, url):
    dsn = Dsn.parse(text)
    assert (str(dsn), dsn.envelope_url) == (public, url)


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        7,
        "hello",
        f"ftp://{KEY}@h/7",
        f"https://{KEY}@/7",
        "https://h/7",
        f"https://{KEY}@h/",
        f"https://{KEY}@h/x",
        f"https://{KEY}@h:port/7",
        f"https://{KEY}@h/{2**64}",
        f"https://{KEY}@h/٣",
        "https://[::1/7",
    ],
)
def test_what_is_no_dsn_is_refused(text):
    with pytest.raises(BadRequest):
        Dsn.parse(text)


def test_the_secret_shows_nowhere():
    dsn = Dsn.parse(f"https://{KEY}:s3cret@h/7")
    assert dsn.secret_key == "s3cret"
    assert "s3cret" not in f"{dsn} {dsn!r} {dsn.envelope_url}"
