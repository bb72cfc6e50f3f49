"""A finding's path leads to a string of the output, its span to what stands there for what was hidden."""

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote_plus

import orjson
import pytest
import regex
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scrubrelay.core.redaction.document.findings import Finding, findings
from scrubrelay.core.redaction.policy import Policy
from scrubrelay.core.redaction.redactor import Redactor
from scrubrelay.core.wire.envelope import Item

KEY = b"0123456789abcdef"
MAIL = "jane.doe" + "@example.com"
SECRETS = (
    MAIL,
    "bob" + "@example.org",
    "4242 4242 " + "4242 4242",
    "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uVwXy",
)
PLAIN = ("hello", "\u00fc", "\U0001f600", "e\u0301", "order of", "\u2028", "to")
LEFT = {
    "replace": regex.escape,
    "mask": lambda _: r"\*{3,}",
    "partial": lambda _: r"\*{3,}[0-9A-Za-z]{0,4}",
    "hash": lambda label: rf"{regex.escape(label[:-1])}:[0-9a-f]{{32}}\]",
    "remove": lambda _: "",
}


@pytest.fixture(scope="session", params=LEFT)
def acting(request, library) -> tuple[str, Redactor]:
    """An action, and a redactor that does nothing else."""
    return request.param, Redactor(library, Policy(action=request.param, hash_key=KEY, budget=5))


def scrubbed(redactor: Redactor, event: Any) -> tuple[Any, list[Finding]]:
    """Return what becomes of an event, and what was found."""
    item = Item({"type": "event"}, orjson.dumps(event))
    return orjson.loads(redactor.item(item).item.payload), list(findings(redactor.changes(item)))


def string_at(output: Any, found: Finding) -> str:
    """Return the string of the output that a finding is about."""
    *above, last = found.path
    for step in above:
        output = output[int(step)] if isinstance(output, list) else output[step]
    if found.in_key:
        assert last in output
        return last
    return output[int(last)] if isinstance(output, list) else output[last]


def check_spans(acting: tuple[str, Redactor], output: Any, found: Sequence[Finding]) -> None:
    """Every span holds what the action leaves, and no two of one string overlap."""
    action, redactor = acting
    labels = {one.id: one.label for one in redactor.library.patterns}
    ends: dict[tuple[tuple[str, ...], bool], int] = {}
    for one in found:
        text, (start, end) = string_at(output, one), one.span
        assert 0 <= ends.get((one.path, one.in_key), 0) <= start <= end <= len(text)
        ends[one.path, one.in_key] = end
        assert one.action == action
        assert regex.fullmatch(LEFT[action](labels[one.pattern]), text[start:end]), (text, one)


def nested(text: str) -> str:
    return orjson.dumps({"of": {"them": [text, 5]}}).decode()


WAYS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": nested,
    "JSON in JSON": lambda text: nested(nested(text)),
    "base64": lambda text: "see " + b64encode(nested(text).encode()).decode() + " there",
    "a query": lambda text: f"/p?q={quote_plus(text)}&r=1#s",
}
TEXTS = st.lists(st.sampled_from((*SECRETS, *PLAIN, *SECRETS)), min_size=1, max_size=8).map(" , ".join)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(texts=st.lists(st.tuples(st.sampled_from(sorted(WAYS)), TEXTS, TEXTS), min_size=1, max_size=4))
@example(texts=[(way, f"a {MAIL} , \U0001f600 {SECRETS[2]} , {MAIL}", MAIL) for way in WAYS])
def test_spans_hold_what_stands_for_what_was_hidden(acting, texts):
    """In values, keys and list entries, in texts within texts, several in one, behind wide characters."""
    event = {f"{key} {n}": [{"note": WAYS[way](text)}] for n, (way, text, key) in enumerate(texts)}
    output, found = scrubbed(acting[1], event)
    check_spans(acting, output, found)
    assert not any(secret in orjson.dumps(output).decode() for secret in SECRETS)
    assert len({one.path for one in found}) >= any(s in text for _, text, _ in texts for s in SECRETS)


@settings(deadline=None)
@given(parts=st.lists(st.tuples(st.sampled_from(PLAIN), st.sampled_from(SECRETS)), min_size=1, max_size=6))
@pytest.mark.parametrize("way", [str, nested])
def test_around_the_spans_the_string_is_what_it_was(acting, way, parts):
    text = " , ".join(f"{plain} {secret}" for plain, secret in parts)
    output, found = scrubbed(acting[1], {"note": way(text)})
    at, around = 0, []
    for one in found:
        around.append(output["note"][at : one.span[0]])
        at = one.span[1]
    outside = regex.split("|".join(map(regex.escape, SECRETS)), way(text))
    assert [*around, output["note"][at:]] == outside


@pytest.mark.parametrize(
    "event",
    [
        {MAIL: 1, SECRETS[1]: 2, "[email]": 3},
        {MAIL: {SECRETS[1]: {"a": MAIL}}},
        {f"x {MAIL} y {SECRETS[2]}": MAIL, MAIL: [MAIL]},
        {"password": 5, "token": {"a": "b", "c": ["d"]}, "card": 4242424242424242},
    ],
)
def test_paths_name_keys_as_they_are_called_afterwards(acting, event):
    output, found = scrubbed(acting[1], event)
    assert found
    check_spans(acting, output, found)


@pytest.mark.parametrize(
    "text", ["see password=hunter2 now", '{"password":"hunter2"}', "p?password=hunter2&q=1"]
)
def test_what_stands_behind_a_word_for_secrets_is_cut_and_the_rest_stays(acting, text):
    """A token like `[password:0123…]` behind `password=` was taken for a password: all was hidden."""
    output, (found,) = scrubbed(acting[1], {"note": text})
    start, end = found.span
    assert output["note"][:start] + "hunter2" + output["note"][end:] == text
