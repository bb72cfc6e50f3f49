"""What a starting relay says."""

import pytest

from scrubrelay.config.load import load
from scrubrelay.config.values import Address
from scrubrelay.service.process.greeting import greeting

HERE = Address("127.0.0.1", 3000)


def said(tmp_path, text: str = "", address: Address = HERE) -> list[str]:
    path = tmp_path / "scrubrelay.toml"
    path.write_text(text)
    return list(greeting(load(path, {}), address))


def test_inspect_mode_prints_a_whole_dsn_and_one_line_on_what_to_set(tmp_path):
    listens, dsn, _, what = said(tmp_path)
    assert listens == "scrubrelay listens on http://127.0.0.1:3000"
    assert dsn == "DSN: http://0123456789abcdef0123456789abcdef@127.0.0.1:3000/1"
    assert "SCRUBRELAY_UPSTREAM_URL=" in what
    assert "[upstream] url" in what


@pytest.mark.parametrize(("most", "lines"), [(50, 1), (0, 0)])
def test_that_caps_are_on_is_one_line(tmp_path, most, lines):
    told = [one for one in said(tmp_path, f"[caps]\nmax_events_per_issue = {most}") if "caps" in one]
    assert (
        told == ["caps: of one issue 50 events go on in 1h; [caps] max_events_per_issue = 0 for all"] * lines
    )


def test_with_an_upstream_key_and_project_stay(tmp_path):
    lines = said(tmp_path, '[upstream]\nurl = "https://sentry.example.com"')
    assert (
        "DSN: http://<key>@127.0.0.1:3000/<project>, with key and project as from https://sentry.example.com"
        in lines
    )


def test_each_listed_project_has_its_dsn(tmp_path):
    key = "b" * 32
    lines = said(tmp_path, f'[[project]]\nid = 7\nkey = "{key}"\nname = "shop"')
    assert f"DSN of shop: http://{key}@127.0.0.1:3000/7" in lines


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_wildcard_is_nothing_to_paste(tmp_path, host):
    assert "@localhost:3000/1" in said(tmp_path, address=Address(host, 3000))[1]
