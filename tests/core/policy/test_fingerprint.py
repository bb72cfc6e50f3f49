"""What an event is grouped by: its source, its fingerprint, and what it is not grouped by."""

import time
from copy import deepcopy
from hashlib import md5
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.policy.grouping.fingerprint import RECIPE, issue_keys
from tests.helpers.issues import CASES, Event, event, failure, frame

FAILED = event(
    "python",
    failure("KeyError", "'id'", frame("find", module="shop.carts", file="carts.py", package="lib/shop.so")),
    failure(
        "CartError",
        "no cart 17",
        frame("main", module="shop.main", file="main.py", in_app=True),
        frame("get", module="shop.lib", file="lib.py", in_app=False),
    ),
    transaction="/cart",
    level="error",
    logger="shop",
    tags=[["tenant", "acme"], ["empty", None]],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
KEYS = """
    exception values stacktrace frames threads crashed current type value mechanism synthetic meta code
    ns_error
    exception_id parent_id is_exception_group module function raw_function filename abs_path context_line
    in_app data sourcemap platform lineno package fingerprint tags csp hpkp hostname template logentry message
    formatted checksum blocked_uri effective_directive transaction
"""
KEY = st.sampled_from(KEYS.split())
LEAVES = st.sampled_from(
    [
        "javascript",
        "native",
        "java",
        "",
        "a.b",
        "{{ default }}",
        "{{ tags.x }}",
        "https://x.y/z.js",
        0,
        1,
        -1,
        None,
    ]
)
EVENTLIKE = st.recursive(
    LEAVES | JSON,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=8),
    max_leaves=30,
)


def of(*texts: str) -> tuple[str, ...]:
    """Return the one hash of these texts."""
    return (md5("".join(texts).encode()).hexdigest(),)


def hashes(found: Any) -> tuple[str, ...]:
    return issue_keys(found).hashes


@pytest.mark.parametrize(
    ("part", "filled"),
    [
        ("checkout", "checkout"),
        ("{{ transaction }}", "/cart"),
        ("{{transaction}}", "/cart"),
        ("{{  error.type}}", "CartError"),
        ("{{ type }}", "CartError"),
        ("{{ value }}", "no cart 17"),
        ("{{ error.value }}", "no cart 17"),
        ("{{ message }}", "no cart <int>"),
        ("no cart 17", "no cart <int>"),
        ("{{ function }}", "main"),
        ("{{ stack.function }}", "main"),
        ("{{ module }}", "shop.main"),
        ("{{ stack.abs_path }}", "main.py"),
        ("{{ package }}", "<no-package>"),
        ("{{ level }}", "error"),
        ("{{ logger }}", "shop"),
        ("{{ tags.tenant }}", "acme"),
        ("{{ tags.empty }}", "<no-value-for-tag-empty>"),
        ("{{ unheard.of }}", "{{ unheard.of }}"),
        ("at {{ level }}", "at {{ level }}"),
        (17, "17"),
        (1.5, "1"),
        (True, "True"),
    ],
)
def test_a_fingerprint_has_its_variables_filled_in(part: Any, filled: str) -> None:
    assert hashes({**FAILED, "fingerprint": ["mine", part]}) == of("mine", filled)


@pytest.mark.parametrize("default", ["{{ default }}", "{{default}}", "{{  default }}"])
def test_a_fingerprint_with_default_adds_to_what_is_computed(default: str) -> None:
    message = {"message": "broken"}
    assert hashes({**message, "fingerprint": [default]}) == of("broken")
    assert hashes({**message, "fingerprint": ["a", default, "b"]}) == of("a", "broken", "b")


@pytest.mark.parametrize("fingerprint", [None, [], [None], {}, 5, "", "mine", [[]]])
def test_what_is_no_fingerprint_is_none(fingerprint: Any) -> None:
    assert hashes({**FAILED, "fingerprint": fingerprint}) == hashes(FAILED)


def test_a_checksum_goes_before_everything() -> None:
    assert hashes({**FAILED, "checksum": "0f" * 16, "fingerprint": ["mine"]}) == ("0f" * 16,)
    assert hashes({**FAILED, "checksum": "short"}) == of("short")


def test_scripts_that_did_not_load_are_one_issue() -> None:
    loading = event(
        "javascript", failure("ChunkLoadError", "Loading chunk 17 failed", frame("e", module="a"))
    )
    assert hashes({**loading, "fingerprint": ["mine"]}) == of("chunkloaderror")
    told = event("javascript", failure("Error", "ChunkLoadError: Loading chunk 18 failed"))
    assert hashes(told) == of("chunkloaderror")
    assert hashes({**loading, "platform": "python"}) != of("chunkloaderror")


def test_pages_that_did_not_hydrate_are_an_issue_per_transaction() -> None:
    page = event("javascript", failure("Error", "Text content does not match server-rendered HTML."))
    assert hashes({**page, "tags": {"transaction": "/a"}}) == of("hydrationerror", "/a")
    assert hashes({**page, "tags": {"transaction": "/b"}}) == of("hydrationerror", "/b")


THREADS = {
    "only": [{"stacktrace": {"frames": [frame("f", file="a.py")]}}],
    "crashed": [
        {"stacktrace": {"frames": [frame("g", file="b.py")]}, "current": True},
        {"stacktrace": {"frames": [frame("f", file="a.py")]}, "crashed": True},
    ],
    "current": [
        {"stacktrace": {"frames": [frame("g", file="b.py")]}},
        {"stacktrace": {"frames": [frame("f", file="a.py")]}, "current": True},
    ],
}


@pytest.mark.parametrize("threads", THREADS.values(), ids=THREADS.keys())
def test_the_thread_that_tells_is_taken(threads: list[Event]) -> None:
    assert hashes({"threads": {"values": threads}, "message": "m"}) == of("a.py", "f")
    assert hashes({"threads": threads, "message": "m"}) == of("a.py", "f")


def test_of_several_threads_none_tells() -> None:
    assert hashes({"threads": THREADS["only"] * 2, "message": "m"}) == of("m")


def test_a_stack_beside_the_only_exception_is_its_own() -> None:
    stack = {"frames": [frame("f", file="a.py")]}
    assert hashes({**event("other", failure("E", "v")), "stacktrace": stack}) == of("a.py", "f", "E")
    assert hashes({"stacktrace": stack}) == of("a.py", "f")


@pytest.mark.parametrize(
    ("report", "texts"),
    [
        (
            {"csp": {"effective_directive": "img-src", "blocked_uri": "https://cdn.example/x.png"}},
            ("img-src", "cdn.example"),
        ),
        ({"csp": {"effective_directive": "img-src", "blocked_uri": "data:text"}}, ("img-src", "data:")),
        ({"csp": {"effective_directive": "img-src", "blocked_uri": "blob"}}, ("img-src", "blob:")),
        ({"csp": {"effective_directive": "font-src", "blocked_uri": ""}}, ("font-src", "'self'")),
        (
            {
                "csp": {
                    "effective_directive": "script-src",
                    "violated_directive": "script-src 'unsafe-eval'",
                    "blocked_uri": "self",
                }
            },
            ("script-src", "'unsafe-eval'"),
        ),
        ({"hpkp": {"hostname": "shop.example"}}, ("hpkp", "shop.example")),
        ({"expectct": {"hostname": "shop.example"}}, ("expect-ct", "shop.example")),
        ({"expectstaple": {"hostname": "shop.example"}}, ("expect-staple", "shop.example")),
        ({"template": {"filename": "cart.html", "context_line": "{% if %}"}}, ("cart.html", "{% if %}")),
    ],
)
def test_reports_and_templates_are_grouped_by_what_they_are_about(
    report: Event, texts: tuple[str, ...]
) -> None:
    assert hashes({**report, "message": "Blocked"}) == of(*texts)


def test_a_call_of_itself_counts_once() -> None:
    again = [frame("f", file="a.py", at=3)] * 5
    assert hashes(event("other", failure("E", "v", *again))) == of("a.py", "f", "E")
    elsewhere = [*again, frame("f", file="a.py", at=4)]
    assert hashes(event("other", failure("E", "v", *elsewhere))) == of("a.py", "f", "a.py", "f", "E")


def test_a_group_counts_its_distinct_members_and_itself() -> None:
    def member(kind: str, at: int) -> Event:
        return failure(kind, "v", mechanism={"exception_id": at, "parent_id": 0})

    root = failure("Many", "all", mechanism={"exception_id": 0, "is_exception_group": True})
    assert hashes(event("csharp", member("A", 2), member("A", 1), root)) == of("A", "v")
    assert hashes(event("csharp", member("B", 3), member("A", 2), member("A", 1), root)) == of(
        "B", "v", "A", "v", "Many", "all"
    )


def test_an_exception_without_frames_counts_beside_the_apps_frames_only() -> None:
    own, lent = frame("f", module="a", in_app=True), frame("g", module="b")
    found = hashes(event("other", failure("Inner", "v", own, lent), failure("Outer", "no frames")))
    assert found == (*of("a", "f", "Inner", "Outer", "no frames"), *of("a", "f", "b", "g", "Inner"))


def test_an_error_code_of_cocoa_counts_and_then_its_message_does_not() -> None:
    failed = failure(
        "NSError", "file 17", mechanism={"meta": {"ns_error": {"domain": "NSCocoa", "code": 260}}}
    )
    assert hashes(event("cocoa", failed)) == of("NSError", "NSCocoa", "260")


def minified(function: str, version: str) -> Event:
    script = frame(
        function, abs_path=f"https://shop.example/app.{version}.js", file="/app.js", line="!" * 140
    )
    return event("javascript", failure("TypeError", "x is null", script))


def obfuscated(function: str, module: str) -> Event:
    return event(
        "java", failure("NullPointerException", "x", frame(function, module=f"com.{module}", in_app=True))
    )


def stripped(function: str, _: str) -> Event:
    own, lent = frame("<redacted>", package="/app", in_app=True), frame(function, package="/usr/lib/x")
    return event("cocoa", failure("EXC_BAD_ACCESS", "at 0x17", lent, own))


@pytest.mark.parametrize("build", [minified, obfuscated, stripped])
def test_names_of_one_build_have_a_stable_key_beside(build: Any) -> None:
    one, other = issue_keys(build("a", "a")), issue_keys(build("b", "b"))
    assert one.hashes != other.hashes
    assert one.stable == other.stable
    assert one.stable in one.keys
    assert issue_keys(build("a", "a") | {"fingerprint": ["mine", "{{ default }}"]}).stable != one.stable


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.platform != "native"], ids=lambda case: case.name
)
def test_names_that_hold_have_none(case: Any) -> None:
    assert issue_keys(case.event).stable == ""


def test_nothing_to_group_by_is_one_issue_as_in_sentry() -> None:
    assert {hashes(found) for found in ({}, [], None, "x", {"exception": {"values": [None]}})} == {of("")}


def test_how_tells_paths_and_texts_only_if_asked() -> None:
    told = issue_keys(FAILED).how
    assert "exception.values.1.stacktrace.frames.0.module" in told
    assert "shop" not in "".join(told)
    assert "exception.values.1.stacktrace.frames.0.module = shop.main" in issue_keys(FAILED, show=True).how


def test_the_recipe_has_a_version() -> None:
    assert issue_keys(FAILED).recipe == RECIPE


@given(EVENTLIKE)
def test_any_json_has_keys(found: Any) -> None:
    keys = issue_keys(found)
    assert 1 <= len(keys.hashes) <= 2
    assert keys == issue_keys(deepcopy(found))


@given(st.dictionaries(KEY, EVENTLIKE, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_keys_is_of_no_account(found: Event, draw: Any) -> None:
    items = list(found.items())
    draw.shuffle(items)
    assert issue_keys(dict(items)).keys == issue_keys(found).keys


@given(st.sampled_from(CASES), st.integers(), st.text(), st.floats(allow_nan=False))
def test_what_only_tells_the_occurrence_is_of_no_account(
    case: Any, line: int, text: str, stamp: float
) -> None:
    found = orjson.loads(orjson.dumps(case.event))
    found.update(event_id=text, timestamp=stamp, release=text, user={"id": text}, breadcrumbs=[text])
    for value in found.get("exception", {}).get("values", []):
        for at, one in enumerate(value.get("stacktrace", {}).get("frames", [])):
            one.update(lineno=line + at, colno=at, vars={"x": text}, instruction_addr=text)
    assert issue_keys(found).keys == issue_keys(case.event).keys


def members(count: int) -> list[Event]:
    """Groups of which each is in the next, and the last in the first."""
    ids = [
        {"exception_id": at, "parent_id": (at + 1) % count, "is_exception_group": True} for at in range(count)
    ]
    return [failure("E", "v", mechanism=one) for one in ids]


FRAMES = [frame("f", module=f"java.a{at}") for at in range(20_000)]
WIDGETS = "androidx." + "widget." * 580
LONG = frame("<" * 10**6, package="/" * 10**6)
HOSTILE = {
    "many frames": event("java", failure("E", "v", *FRAMES)),
    "many exceptions": event("python", *members(20_000)),
    "groups in a ring": event("csharp", *members(40)),
    "long texts": event("native", failure("E" * 10**6, "a@" * 10**6, LONG)),
    "open brackets": event("native", *[failure("E", "v", frame("<(" * 500, at=at)) for at in range(50)]),
    "trailers": event("native", failure("E", "v", *[frame(f"{at}" + "&" * 4000) for at in range(250)])),
    "modules": event("java", *[failure("E", "v", *[frame("f", module=WIDGETS, at=at) for at in range(250)])]),
    "messages": event("python", *[failure("E", "ab." * 3000) for _ in range(50)]),
    "module": event("java", failure("E", "v", frame("f", module="androidx." + "widget" * 1000))),
    "fingerprint": {"fingerprint": ["{{ " + "x" * 10**6] * 10**4},
    "threads": {"threads": [{"stacktrace": {"frames": []}}] * 10**5},
    "nested": orjson.loads(b'{"exception":' * 200 + b"1" + b"}" * 200),
}  # fmt: skip


@pytest.mark.parametrize("found", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_event_takes_long(found: Event) -> None:
    started = time.process_time()
    issue_keys(found)
    assert time.process_time() - started < 0.5
