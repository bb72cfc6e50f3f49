"""One string: what is read in it, however it is spelled, and that only what was found is cut."""

import base64

import orjson
import pytest


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("to a%40b.cd now", "to [email] now"),
        ("to a%2540b.cd now", "to [email] now"),
        ("/p?q=hi+%2C+a%40b.cd&r=1", "/p?q=hi+%2C+[email]&r=1"),
        ("a&#64;b.cd", "[email]"),
        ("a\\u0040b.cd", "[email]"),
        ("'on\\n1.2.3.4'", "'on\\n[ip]'"),
        ("\x1b[31m1.2.3.4\x1b[0m", "\x1b[31m[ip]\x1b[0m"),
        ("a\u200b@b.cd", "[email]"),
        ("１.2.３.4", "[ip]"),
        ("x " + base64.b64encode(b'{"mail":"a@b.cd"}').decode(), "x [email]"),
        ('{"pin": "x", "n": 1}', '{"pin": "[password]", "n": 1}'),
        ("{'pin': 'x'}", "{'pin': '[password]'}"),
        ('b\'{"pin": "x"}\'', 'b\'{"pin": "[password]"}\''),
        ('[["pin", "x"]]', '[["pin", "[password]"]]'),
        ("('pin', 'x')", "('pin', '[password]')"),
        ('map.put("pin", "x")', 'map.put("pin", "[password]")'),
        ("cookies.get('pin', 'x')", "cookies.get('pin', 'x')"),
        ("['pin', 'x']", "['pin', 'x']"),
        ("{'names': ['pin', 'x']}", "{'names': ['pin', 'x']}"),
        ('{"name":"pin","value":"x"}', '{"name":"pin","value":"[password]"}'),
        ('{"pin": "cut o', '{"pin": "[password]'),
        ("https://x.yz/a?pin=x&b=1#c", "https://x.yz/a?pin=[password]&b=1#c"),
        ("pin=x&b=1", "pin=[password]&b=1"),
        ("pin=x in prose", "pin=x in prose"),
        ("ssn: 123456789", "ssn: [number]"),
        ("{'ssn': '123456789'}", "{'ssn': '[number]'}"),
        ("social security no 123456789", "social security no [number]"),
    ],
)
def test_what_becomes_of_a_text(small, text, becomes):
    assert small.text(text)[0] == becomes


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_json_in_json_in_json_is_cut_where_it_stands(small, depth):
    text = '{"pin":"raw","mail":"a@b.cd"}'
    for _ in range(depth):
        text = orjson.dumps({"x": text}).decode()
    expected = text.replace("raw", "[password]").replace("a@b.cd", "[email]")
    assert small.text(text)[0] == expected


def test_a_long_text_is_read_to_its_end(small):
    text = ("lorem ipsum " * 10_000) + "a@b.cd" + (" dolor" * 10_000)
    assert small.text(text)[0] == text.replace("a@b.cd", "[email]")
