"""A project's own rules for stack traces do what they do in Sentry."""

import time
from fnmatch import fnmatchcase
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.grouping.fingerprint import issue_keys
from scrubrelay.core.policy.grouping.stack_rules import StackRules
from tests.helpers.issues import event, failure, frame

FRAMES = (
    frame("main", module="shop.main", file="/srv/shop/main.py", in_app=True),
    frame("retry", module="shop.retry", file="/srv/shop/retry.py", in_app=True),
    frame("pay", module="shop.pay", file="pay\\gen.py", in_app=False),
)
EVENT = event("other", failure("E", "v", *FRAMES, mechanism={"type": "generic"}))
MAIN, RETRY, PAY = ("shop.main", "main"), ("shop.retry", "retry"), ("shop.pay", "pay")


def of(*frames: tuple[str, ...]) -> str:
    return md5("".join(text for one in (*frames, ("E",)) for text in one).encode()).hexdigest()


@pytest.mark.parametrize(
    ("rule", "app", "system"),
    [
        ("function:retry -group", [MAIN], [MAIN, PAY]),
        ("function:re* ^-group -group", [MAIN], [MAIN]),
        ("stack.function:retry v-group", [RETRY], [RETRY, PAY]),
        ("module:shop.pay +app", [MAIN, RETRY, PAY], [MAIN, RETRY, PAY]),
        ("path:/srv/** -app\nmodule:*.pay +app", [PAY], [MAIN, RETRY, PAY]),
        ("path:pay/*.py +app", [MAIN, RETRY, PAY], [MAIN, RETRY, PAY]),
        ("path:/srv/*.py -group", [MAIN, RETRY], [MAIN, RETRY, PAY]),
        ("!module:shop.main -app", [MAIN], [MAIN, RETRY, PAY]),
        ("app:yes function:main -app", [RETRY], [MAIN, RETRY, PAY]),
        ('family:other module:"shop.retry" -app', [MAIN], [MAIN, RETRY, PAY]),
        ("family:native -app", [MAIN, RETRY], [MAIN, RETRY, PAY]),
        ("family:other max-frames=1", [RETRY], [PAY]),
        ("family:all min-frames=3", [], [MAIN, RETRY, PAY]),
        ("error.type:E function:retry -group", [MAIN], [MAIN, PAY]),
        ("type:Other function:retry -group", [MAIN, RETRY], [MAIN, RETRY, PAY]),
        ("!error.value:v* function:retry -group", [MAIN, RETRY], [MAIN, RETRY, PAY]),
        ("error.mechanism:generic function:retry -group", [MAIN], [MAIN, PAY]),
        ("[ function:main ] | function:retry -group", [MAIN], [MAIN, PAY]),
        ("[function:pay] | function:retry -group", [MAIN, RETRY], [MAIN, RETRY, PAY]),
        ("function:retry | [ function:pay app:no ] -group", [MAIN], [MAIN, PAY]),
        ("[ function:* ] | function:main -group", [MAIN, RETRY], [MAIN, RETRY, PAY]),
        ("[ function:main ] | function:retry | [ function:pay ] -app", [MAIN], [MAIN, RETRY, PAY]),
        ("function:retry -group # others: too", [MAIN], [MAIN, PAY]),
        ("app:yes -group\nfunction:main -app", [], [MAIN, PAY]),
        ("# nothing\n\n", [MAIN, RETRY], [MAIN, RETRY, PAY]),
    ],
)
def test_a_rule_says_which_frames_count(
    rule: str, app: list[tuple[str, ...]], system: list[tuple[str, ...]]
) -> None:
    found = issue_keys(EVENT, rules=StackRules.parse(rule)).hashes
    assert found == tuple(dict.fromkeys(of(*frames) for frames in (app, system) if frames))


@pytest.mark.parametrize(
    "line",
    [
        "function:a",
        "-app",
        "function:a app",
        "color:red -app",
        "[ function:a | function:b -app",
        "[ ] | function:b -app",
        "[ function:a -app ] | function:b -app",
        "category:ui -group",
        "function:a -app x:y",
    ],
)
def test_a_line_that_is_no_rule_is_told_by_its_number(line: str) -> None:
    with pytest.raises(ConfigError) as told:
        StackRules.parse(f"function:a -app\n{line}")
    assert told.value.problems[0].startswith("line 2: expected ")


@given(st.text("ab*?", min_size=1).filter(lambda glob: "**" not in glob), st.text("ab", min_size=1))
def test_a_name_is_matched_as_wildcards_are_everywhere(glob, name):
    rules = StackRules.parse(f"stack.function:{glob} +app")
    told = issue_keys(event("other", failure("E", "v", frame(name, in_app=False))), rules=rules)
    plain = issue_keys(event("other", failure("E", "v", frame(name, in_app=fnmatchcase(name, glob)))))
    assert told.hashes == plain.hashes


@pytest.mark.parametrize(
    ("rule", "name"),
    [("stack.function:*a*a*a*b +app", "a" * 4000), ("stack.abs_path:**/a*/**/a*/**/b*.js +app", "a/" * 2000)],
)
def test_no_rule_takes_long_however_hostile_the_frame(rule, name):
    """A path of 9 KB took two seconds, and an event has 250 frames."""
    one = event("other", failure("E", "v", *(frame(f"{name}{at}", file=name) for at in range(10))))
    rules, begun = StackRules.parse(rule), time.process_time()
    assert issue_keys(one, rules=rules).hashes
    assert time.process_time() - begun < 1
