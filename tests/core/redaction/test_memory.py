"""What is remembered of earlier documents never changes what becomes of the next."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrubrelay.core.redaction.document.changes import Known
from scrubrelay.core.redaction.document.memory import Memory
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor

LEAVES = st.sampled_from(
    [
        "plain",
        "jane@example.com",
        "4111 1111 1111 1111",
        "token=" + "q7Fz1kP0sVx9",
        "[email]",
        "",
        7,
        1.5,
        None,
    ]
)
KEYS = st.sampled_from(
    ["message", "password", "frames", "vars", "user", "ip_address", "a@b.io", "value", "name", ""]
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.lists(
    st.dictionaries(
        KEYS | st.sampled_from(["exception", "breadcrumbs", "_meta"]),
        VALUES,
        max_size=5,
    ),
    min_size=1,
    max_size=3,
)


@pytest.fixture(scope="module")
def aged(library) -> Redactor:
    """A redactor that all examples go through: it remembers more and more."""
    return Redactor(library, Policy(budget=5))


@pytest.mark.parametrize("examples", [100, pytest.param(3000, marks=pytest.mark.slow)])
def test_a_redactor_with_memories_does_what_a_new_one_does(library, aged, examples):
    """Values of earlier documents come again at the same and at other places."""

    @settings(max_examples=examples)
    @given(documents=DOCUMENTS)
    def does_what_a_new_one_does(documents):
        for document in documents * 2:
            data = orjson.dumps(document)
            assert aged.json_document(data) == Redactor(library, Policy(budget=5)).json_document(data)

    does_what_a_new_one_does()


def test_remarks_of_the_sdk_are_kept_beside_ours_when_a_value_is_known(redactor):
    """The same frame comes twice; the second time the SDK says that it cut something."""
    frame = {"vars": {"mail": "jane@example.com", "long": "xxxx..."}}
    event = {"exception": {"values": [{"stacktrace": {"frames": [frame]}}]}}
    redactor.json_document(orjson.dumps(event))
    long = {"": {"len": 4000, "rem": [["!limit", "x", 4, 7]]}}
    meta = _nested("exception.values.0.stacktrace.frames.0.vars.long", long)
    scrubbed, _ = redactor.json_document(orjson.dumps(event | {"_meta": meta}))
    told = orjson.loads(scrubbed)["_meta"]
    for step in ["exception", "values", "0", "stacktrace", "frames", "0", "vars"]:
        told = told[step]
    assert told["long"] == long
    assert told["mail"][""]["rem"] == [["contact.email", "s", 0, 7]]


def test_a_key_that_occurs_twice_is_noticed_in_a_known_value(redactor):
    """The parser keeps the last of two; the first must not go out unseen with the bytes."""
    plain = b'{"extra":{"note":"plain"}}'
    twice = b'{"extra":{"note":"jane@example.com","note":"plain"}}'
    assert redactor.json_document(plain)[0] is plain
    assert b"jane" not in redactor.json_document(twice)[0]


def test_nothing_that_was_found_is_kept_in_memory(library):
    """Neither as a string nor within what a dict or list was."""
    redactor = Redactor(library, Policy(budget=5))
    secret = "jane.canary@example.com"
    for _ in range(3):
        redactor.json_document(
            orjson.dumps({"extra": {"list": [{"note": secret}]}, "message": f"to {secret}"})
        )
    assert secret not in "".join(_texts(redactor, set()))


def _nested(path: str, value: Any) -> Any:
    for step in reversed(path.split(".")):
        value = {step: value}
    return value


def _texts(thing: Any, met: set[int]) -> Iterator[str]:
    """Yield every text that an object reaches."""
    if id(thing) in met:
        return
    met.add(id(thing))
    if isinstance(thing, str | bytes):
        yield thing if isinstance(thing, str) else thing.decode("latin-1")
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from (*_texts(key, met), *_texts(value, met))
    elif isinstance(thing, list | tuple | set | frozenset):
        for one in thing:
            yield from _texts(one, met)
    elif type(thing).__module__.startswith("scrubrelay"):
        names = [*getattr(thing, "__dict__", ()), *getattr(type(thing), "__slots__", ())]
        for name in names:
            yield from _texts(getattr(thing, name, None), met)


SPELLED = [b"1e-07", b"1e+22", b"1.10", b"1.0", b"-0", b"123456789012345678901234567890", b"0.1"]


@pytest.mark.parametrize("number", SPELLED)
@pytest.mark.parametrize(
    "form", [b'{"n":%b,"to":"jane@example.com","e":"%b"}', b'{"n": %b, "to": "jane@example.com", "e": "%b"}']
)
@pytest.mark.parametrize("escaped", [b"e", rb"\u00e9"], ids=["plain", "escaped"])
def test_a_number_keeps_its_spelling_however_the_document_was_written(redactor, number, form, escaped):
    """Writers differ in exponents; what one of them wrote is not always what the other would."""
    for _ in range(2):
        scrubbed, _ = redactor.json_document(form % (number, escaped))
        assert b'"n":%b,' % number in scrubbed


def test_memory_has_an_end(library):
    """It starts anew before what became of values weighs more than some dozens of megabytes."""
    memory = Memory(Redactor(library, Policy())._tree)
    node = memory.tree.root()
    kept = []
    for number in range(100):
        memory.keep(node, number.to_bytes(16), Known(1, (), b"x" * 1_000_000))
        kept.append(len(node.known))
    assert 0 < max(kept) < 40


def test_what_comes_again_outlives_what_comes_once(library):
    """Events with an id of their own in every value would crowd out all others, again and again."""
    memory = Memory(Redactor(library, Policy())._tree)
    node = memory.tree.root()
    memory.add("clean", node)
    for number in range(100):
        memory.keep(node, number.to_bytes(16), Known(1, (), b"x" * 1_000_000))
        node.known[bytes(16)].again = True
    assert node.known.keys() >= {bytes(16), (99).to_bytes(16)}
    assert "clean" in node.clean


def test_what_came_again_once_is_not_kept_for_ever(library):
    memory = Memory(Redactor(library, Policy())._tree)
    node = memory.tree.root()
    for number in range(100):
        memory.keep(node, number.to_bytes(16), Known(1, (), b"x" * 1_000_000))
        if number < 3:
            node.known[bytes(16)].again = True
    assert bytes(16) not in node.known


def test_memory_has_an_end_where_everything_comes_again(library):
    memory = Memory(Redactor(library, Policy())._tree)
    node = memory.tree.root()
    for number in range(100):
        memory.keep(node, number.to_bytes(16), Known(1, (), b"x" * 1_000_000))
        for known in node.known.values():
            known.again = True
        assert len(node.known) < 40


def test_strings_that_are_met_are_remembered_whatever_else_comes(library):
    memory = Memory(Redactor(library, Policy())._tree)
    node = memory.tree.root()
    for number in range(200_000):
        memory.add(f"request {number}", node)
        if number % 10_000 == 0:
            memory.add("every day", node)
    remembered = node.place.clean | node.place.aged
    assert "every day" in remembered
    assert "request 0" not in remembered


def test_what_was_found_is_remembered_up_to_a_weight(library):
    redactor = Redactor(library, Policy())
    place = redactor._tree.root().place
    counts = []
    for number in range(2000):
        redactor.text(f"{number} jane@example.com {'text ' * 600}", "message")
        counts.append(len(place.found))
    assert 50 < max(counts) < 500
