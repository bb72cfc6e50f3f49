"""What an event is grouped by, and by which fingerprint: the texts that Sentry's rules make its hashes of."""

import pytest

from scrubrelay.core.policy.grouping.fingerprint import issue_keys
from tests.helpers.issues import Case, Event, event, failure, frame
from tests.helpers.shapes import PAGE, Texts, of, own, script


def member(kind: str, value: str, at: int, parent: int | None, *frames: Event, group: bool = False) -> Event:
    mechanism: Event = {"type": "chained", "exception_id": at}
    mechanism |= {} if parent is None else {"parent_id": parent}
    mechanism |= {"is_exception_group": True} if group else {}
    return failure(kind, value, *frames, mechanism=mechanism)


SOURCES: dict[str, tuple[Event, Texts]] = {
    "a synthetic exception": (
        event("javascript", failure("Error", "v", script("f", PAGE), mechanism={"synthetic": True})),
        [["f"]],
    ),
    "a synthetic exception without a stack": (
        event("javascript", failure("Error", "no 17", mechanism={"synthetic": True})),
        [["no <int>"]],
    ),
    "a type in front of a text": (
        event("python", failure("", "KeyError: cart 17")),
        [["KeyError", "cart <int>"]],
    ),
    "a text with a colon in its second line": (
        event("python", failure("", "Bad\nthing: 1")),
        [["Bad\nthing: <int>"]],
    ),
    "a stack without an error": (
        event("python", failure("", "", own("f", module="m")), message="broken"),
        [["broken"]],
    ),
    "an error of which nothing is known": (event("python", failure("", ""), message="broken"), [["broken"]]),
    "the event's stack goes before the exception's": (
        of("python", own("f", module="m"), stacktrace={"frames": [own("g", module="n")]}),
        [["n", "g", "E"]],
    ),
    "a chain with one stack": (
        event(
            "java",
            failure("Cause", "c 1", frame("f", module="a"), own("g", module="b")),
            failure("Outer", "o 2"),
        ),
        [["b", "g", "Cause", "Outer", "o <int>"], ["a", "f", "b", "g", "Cause"]],
    ),
    "a chain without stacks": (
        event("java", failure("Cause", "c"), failure("Outer", "o")),
        [["Cause", "c", "Outer", "o"]],
    ),
    "the same cause twice": (
        event("python", failure("E", "v", own("f", module="m")), failure("E", "v", own("f", module="m"))),
        [["m", "f", "E", "m", "f", "E"]],
    ),
    "a numbered chain that is no group": (
        event(
            "python",
            member("Cause", "c", 1, 0, own("g", module="b")),
            member("Outer", "o", 0, None, own("f", module="a")),
        ),
        [["a", "f", "Outer", "b", "g", "Cause"]],
    ),
    "a group of equal members": (
        event(
            "python",
            member("ValueError", "v 2", 2, 0, own("g", module="b")),
            member("ValueError", "v 1", 1, 0, own("g", module="b")),
            member("ExceptionGroup", "two", 0, None, own("f", module="a"), group=True),
        ),
        [["b", "g", "ValueError"]],
    ),
    "a group of members with other texts": (
        event(
            "python",
            member("ValueError", "one", 2, 0, own("g", module="b")),
            member("ValueError", "other", 1, 0, own("g", module="b")),
            member("ExceptionGroup", "two", 0, None, own("f", module="a"), group=True),
        ),
        [["b", "g", "ValueError", "b", "g", "ValueError", "a", "f", "ExceptionGroup"]],
    ),
    "a group in a group": (
        event(
            "python",
            member("KeyError", "k", 3, 1),
            member("TypeError", "t", 2, 1),
            member("ExceptionGroup", "inner", 1, 0, group=True),
            member("ExceptionGroup", "outer", 0, None, group=True),
        ),
        [["TypeError", "t", "KeyError", "k", "ExceptionGroup", "outer"]],
    ),
    "a member with a cause": (
        event(
            "csharp",
            member("Cause", "c", 2, 1),
            member("Failed", "f", 1, 0),
            member("AggregateException", "a", 0, None, group=True),
        ),
        [["Failed", "f", "Cause", "c"]],
    ),
    "an exception that is its own cause": (
        event("javascript", member("Cause", "c", 1, 0), member("Outer", "o", 0, 0)),
        [["Cause", "c", "Outer", "o"]],
    ),
    "a group without a root": (
        event("python", member("A", "a", 2, 1), member("B", "b", 1, None, group=True)),
        [["A", "a", "B", "b"]],
    ),
    "a chain of which one has no number": (
        event("python", member("A", "a", 1, 0), failure("B", "b"), member("G", "g", 0, None, group=True)),
        [["A", "a", "B", "b", "G", "g"]],
    ),
    "two threads, one crashed without a stack": (
        {"threads": {"values": [{"crashed": True}, {"current": True, "stacktrace": {"frames": [own("f")]}}]},
         "message": "m"},
        [["m"]],
    ),
    "an exception beside a thread": (
        of("java", threads={"values": [{"crashed": True, "stacktrace": {"frames": [own("f", module="t")]}}]}),
        [["E", "v"]],
    ),
    "a template before a message": (
        {"template": {"filename": "a/Cart.html", "context_line": "{{ x }}"}, "message": "m"},
        [["a/Cart.html", "{{ x }}"]],
    ),
    "a policy that stopped a socket": (
        {"csp": {"effective_directive": "connect-src", "blocked_uri": "wss"}}, [["connect-src", "wss://"]],
    ),
    "a policy that stopped a script in the page": (
        {"csp": {"effective_directive": "script-src-elem", "blocked_uri": "inline"}},
        [["script-src-elem", "inline:"]],
    ),
    "a policy that stopped a script of a port": (
        {"csp": {"violated_directive": "script-src x", "blocked_uri": "http://a.example:80/x"}},
        [["script-src", "a.example:80"]],
    ),
    "a template of a message": (
        {"logentry": {"message": "cart %s of %(user)s", "formatted": "cart 1 of jane", "params": [1]}},
        [["cart %s of %(user)s"]],
    ),
    "a message of blank lines": ({"message": "\n  \n"}, [["..."]]),
    "a message and a line break": ({"message": "broken\n"}, [["broken..."]]),
    "old names": ({"sentry.interfaces.Message": {"message": "old 1"}}, [["old <int>"]]),
}  # fmt: skip
FINGERPRINTS: dict[str, tuple[Event, Texts]] = {
    "default, twice": (
        {"message": "m", "fingerprint": ["{{ default }}", "{{default}}"]},
        [["m", "m"]],
    ),
    "what a rule marks as the app's is where it crashed": (
        of(
            "python",
            own("f", module="m"),
            own("g", module="n", abs_path="/x/site-packages/n.py"),
            fingerprint=["{{ function }}", "{{ module }}"],
        ),
        [["f", "m"]],
    ),
    "the newest frame, if none is the app's": (
        of("python", frame("f", module="m"), frame("g", module="n"), fingerprint=["{{ stack.function }}"]),
        [["g"]],
    ),
    "only the last exception's frames": (
        event("python", failure("A", "a", own("f")), failure("B", "b"), fingerprint=["{{ function }}"]),
        [["<no-function>"]],
    ),
    "the only thread's frames": (
        {"threads": [{"stacktrace": {"frames": [own("f", module="m")]}}], "fingerprint": ["{{ module }}"]},
        [["m"]],
    ),
    "a level that is not there": ({"message": "m", "fingerprint": ["{{ level }}"]}, [["error"]]),
    "two variables in a part": ({"fingerprint": ["{{ level }} {{ level }}"]}, [["{{ level }} {{ level }}"]]),
    "variables of nothing": (
        {"fingerprint": ["{{ type }}", "{{ value }}", "{{ transaction }}", "{{ logger }}", "{{ package }}"]},
        [["<no-type>", "<no-value>", "<no-transaction>", "<no-logger>", "<no-package>"]],
    ),
    "a package's last part": (
        of("native", own("f", package="C:\\shop\\Cart.dll"), fingerprint=["{{ stack.package }}"]),
        [["Cart.dll"]],
    ),
    "the file of a URL": (
        of("javascript", script("f", PAGE), fingerprint=["{{ stack.filename }}", "{{ path }}"]),
        [["/static/app.js", PAGE]],
    ),
    "tags in pairs": (
        {"tags": [["shop", "a"], ["shop", "b"]], "fingerprint": ["{{ tags.shop }}", "{{tags.nope}}"]},
        [["a", "<no-value-for-tag-nope>"]],
    ),
    "salted variants": (
        of("python", frame("f", module="m"), own("g", module="n"), fingerprint=["{{ default }}", "x"]),
        [["n", "g", "E", "x"], ["m", "f", "n", "g", "E", "x"]],
    ),
}  # fmt: skip
SHAPES = SOURCES | FINGERPRINTS


@pytest.mark.parametrize("name", SHAPES)
def test_the_hashes_are_of_the_texts_that_the_rules_name(name: str) -> None:
    found, texts = SHAPES[name]
    keys = issue_keys(found, show=True)
    assert set(keys.hashes) == Case(name, "", found, texts).hashes, keys.how
