"""A project's own rules for stack traces do what they do in Sentry."""

from hashlib import md5

import pytest

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.fingerprint import issue_keys
from scrubrelay.core.policy.stack_rules import StackRules
from tests.helpers.issues import event, failure, frame

FRAMES = (
    frame("main", module="shop.main", file="/srv/shop/main.py", in_app=True),
    frame("retry", module="shop.retry", file="/srv/shop/retry.py", in_app=True),
    frame("pay", module="shop.pay", file="pay\\gen.py", in_app=False),
)
EVENT = event("other", failure("E", "v", *FRAMES))
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
        "[ function:a ] | function:b -app",
        "function:a -app x:y",
    ],
)
def test_a_line_that_is_no_rule_is_told_by_its_number(line: str) -> None:
    with pytest.raises(ConfigError) as told:
        StackRules.parse(f"function:a -app\n{line}")
    assert told.value.problems[0].startswith("line 2: expected ")
