"""A library with more patterns finds what one compiled as a whole would."""

import orjson
import pytest

from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.detectors.pattern import Own, parse_pack
from scrubrelay.core.redaction.document.findings import Finding, findings
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.envelope import Item

BASE = """
[[pattern]]
id = "a.word"
label = "[word]"
match = "hush"
[[pattern]]
id = "a.key"
label = "[key]"
words = ["loyalty"]
[[pattern]]
id = "a.card"
label = "[card]"
match = '[0-9]{16}'
validator = "luhn"
"""
MORE = """
[[pattern]]
id = "b.word"
label = "[other]"
match = "loud"
[[pattern]]
id = "b.key"
label = "[tier]"
words = ["tier"]
"""
AGAIN = """
[[pattern]]
id = "a.word"
label = "[word]"
match = "whisper"
[[pattern]]
id = "a.key"
label = "[key]"
words = ["bonus"]
"""
DOCUMENT = {
    "message": "hush loud whisper %6c%6f%75%64",
    "loyalty": "gold",
    "tier": "gold",
    "bonus": "gold",
    "url": "https://x.example/?tier=gold&bonus=7",
    "card": "4242424242424242 4242424242424241",
}


def no_file(name: str) -> tuple[str, str]:
    raise FileNotFoundError(name)


def pack(text: str, name: str):
    return parse_pack(text, name, Own(no_file))


def scrubbed(library: Library) -> dict:
    return orjson.loads(Redactor(library).json_document(orjson.dumps(DOCUMENT))[0])


@pytest.mark.parametrize("engine", [True, False])
def test_more_patterns_find_what_they_would_find_from_the_start(engine):
    base, more = pack(BASE, "a.toml"), pack(MORE, "b.toml")
    extended = Library.compile([base], engine=engine).extended(more.patterns)
    assert scrubbed(extended) == scrubbed(Library.compile([base, more], engine=engine))


def test_a_pattern_of_the_same_id_replaces_the_old_one():
    extended = Library.compile([pack(BASE, "a.toml")]).extended(pack(AGAIN, "b.toml").patterns)
    result = scrubbed(extended)
    assert result["message"].startswith("hush loud [word]")
    assert (result["loyalty"], result["bonus"]) == ("gold", "[key]")


def test_each_cut_is_told_with_its_place_in_the_output():
    redactor = Redactor(Library.compile([pack(BASE, "a.toml")]))
    payload = orjson.dumps({"card": "no. 4242424242424242 hush", "loyalty": 5})
    item = Item({"type": "event"}, payload)
    card, word, key = findings(redactor.changes(item))
    text = orjson.loads(redactor.item(item).item.payload)["card"]
    assert card == Finding(("card",), False, "a.card", "replace", 0, (4, 10), "luhn", 1)
    assert text[slice(*card.span)] == "[card]"
    assert text[slice(*word.span)] == "[word]"
    assert (key.path, key.span, key.checksum) == (("loyalty",), (0, 5), None)


def test_patterns_of_keys_alone_can_be_added():
    only_keys = [one for one in pack(MORE, "b.toml").patterns if one.is_key]
    result = scrubbed(Library.compile([pack(BASE, "a.toml")]).extended(only_keys))
    assert (result["tier"], result["message"].split()[:2]) == ("[tier]", ["[word]", "loud"])
