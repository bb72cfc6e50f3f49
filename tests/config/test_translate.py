"""From Sentry's DSN to the relay's and back."""

import pytest

from scrubrelay.config.load import load
from scrubrelay.config.translate import base_of, relay_dsns, to_relay, to_upstreams
from scrubrelay.core.errors import BadRequest, NotFound
from scrubrelay.core.wire.dsn import Dsn

KEY, OURS = "0123456789abcdef" * 2, "a" * 32
SENTRY = f"https://{KEY}@sentry.example.com/42"
BASE = "http://127.0.0.1:3000"
PASSING = '[upstream]\nurl = "https://sentry.example.com"\n'
LISTED = f'[[project]]\nid = 1\nkey = "{OURS}"\nupstreams = ["{SENTRY}", "https://{KEY}@b.example/7"]\n'


@pytest.fixture
def settings(tmp_path, request):
    """The settings of a configuration."""
    path = tmp_path / "scrubrelay.toml"
    path.write_text(request.param)
    return load(path, {})


@pytest.mark.parametrize(
    ("settings", "text", "becomes"),
    [
        ("", SENTRY, f"http://{KEY}@127.0.0.1:3000/42"),
        (PASSING, SENTRY, f"http://{KEY}@127.0.0.1:3000/42"),
        (PASSING, SENTRY.replace("https", "http"), f"http://{KEY}@127.0.0.1:3000/42"),
        (LISTED, SENTRY, f"http://{OURS}@127.0.0.1:3000/1"),
        (LISTED, f"https://{KEY}:0badc0de@b.example/7", f"http://{OURS}@127.0.0.1:3000/1"),
        (f'[upstream]\ndsn = "{SENTRY}"', SENTRY, f"http://{KEY}@127.0.0.1:3000/42"),
    ],
    indirect=["settings"],
)
def test_an_app_is_given_the_relays(settings, text, becomes):
    assert [str(one) for one in to_relay(Dsn.parse(text), settings, base_of(settings))] == [becomes]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (PASSING, f"https://{KEY}@other.example.com/42"),
        (LISTED, f"https://{KEY}@sentry.example.com/43"),
        (f'[upstream]\ndsn = "{SENTRY}"', f"https://{KEY}@sentry.example.com/43"),
    ],
    indirect=["settings"],
)
def test_what_the_relay_would_send_elsewhere_is_refused(settings, text):
    with pytest.raises(NotFound):
        to_relay(Dsn.parse(text), settings, BASE)


@pytest.mark.parametrize(
    ("settings", "text", "leads"),
    [
        ("", f"http://{KEY}@127.0.0.1:3000/42", []),
        (PASSING, f"http://{KEY}@127.0.0.1:3000/42", [SENTRY]),
        (LISTED, f"http://{OURS}@127.0.0.1:3000/1", [SENTRY, f"https://{KEY}@b.example/7"]),
        (f"{PASSING}[[project]]\nid = 1\nkey = '{KEY}'", f"http://{KEY}@x/1", [SENTRY.replace("42", "1")]),
    ],
    indirect=["settings"],
)
def test_back_it_says_where_it_leads(settings, text, leads):
    assert [str(one) for one in to_upstreams(Dsn.parse(text), settings)] == leads


@pytest.mark.parametrize("settings", [LISTED], indirect=True)
def test_a_key_that_is_not_taken_leads_nowhere(settings):
    with pytest.raises(NotFound):
        to_upstreams(Dsn.parse(f"http://{KEY}@127.0.0.1:3000/1"), settings)


@pytest.mark.parametrize("settings", [LISTED], indirect=True)
def test_a_relay_behind_a_path_of_a_web_server(settings):
    ((_, dsn),) = relay_dsns(settings, "https://shop.example/relay/")
    assert str(dsn) == f"https://{OURS}@shop.example/relay/1"


@pytest.mark.parametrize("settings", [LISTED], indirect=True)
def test_a_base_that_is_none(settings):
    with pytest.raises(BadRequest):
        relay_dsns(settings, "relay.example.com")
