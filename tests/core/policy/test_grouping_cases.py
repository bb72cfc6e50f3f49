"""The issue key against Sentry's own hashes, and against what each platform's events are grouped by."""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import combinations

import orjson
import pytest

from scrubrelay.core.policy.grouping.fingerprint import issue_keys
from scrubrelay.core.policy.grouping.stack_rules import StackRules
from tests.helpers.issues import CASES, OTHER, SAME, Case, changed, frames_of
from tests.helpers.material import GROUPING

NATIVE = frozenset({"native", "cocoa", "objc", "swift", "c"})
Row = tuple[str, str, set[str], set[str]]
"""Platform, name, Sentry's hashes, ours."""


def recorded(*, with_rules: bool) -> list[Row]:
    """Return the recorded events; some are of projects with rules of their own, which no event has."""
    rows = []
    for path in sorted(GROUPING.glob("*.json")):
        case = orjson.loads(path.read_bytes())
        own = case["event"].get("_grouping", {}).get("enhancements", "") if with_rules else ""
        found = issue_keys(case["event"], rules=StackRules.parse(own)).hashes
        rows.append((case["platform"] or "-", case["name"], set(case["hashes"]), set(found)))
    return rows


def own() -> list[Row]:
    return [(case.platform, case.name, case.hashes, set(issue_keys(case.event).hashes)) for case in CASES]


def pairs(rows: Iterable[Row], of: Callable[[Row], set[str]]) -> set[tuple[str, str]]:
    return {(one[1], other[1]) for one, other in combinations(rows, 2) if of(one) & of(other)}


def table(rows: list[Row]) -> str:
    total = Counter(platform for platform, *_ in rows)
    exact = Counter(platform for platform, _, theirs, ours in rows if theirs == ours)
    lines = [f"{platform:<12} {exact[platform]:>3} of {total[platform]:>3}" for platform in sorted(total)]
    return "\n".join(
        ["", "platform     exact", *lines, f"{'all':<12} {exact.total():>3} of {total.total():>3}"]
    )


def assert_as_sentry(rows: list[Row]) -> None:
    theirs, ours = pairs(rows, lambda row: row[2]), pairs(rows, lambda row: row[3])
    differing = [name for _, name, expected, found in rows if expected != found]
    assert len(differing) <= 0.05 * len(rows), differing
    assert len(theirs & ours) >= 0.97 * len(theirs), theirs - ours
    assert len(theirs & ours) >= 0.97 * len(ours), ours - theirs


@pytest.mark.parametrize("with_rules", [False, True], ids=["", "and the rules of projects"])
@pytest.mark.skipif(not GROUPING.is_dir(), reason="no recorded hashes here")
def test_the_hashes_are_those_that_sentry_computed(with_rules: bool) -> None:
    rows = recorded(with_rules=with_rules)
    print(table(rows))
    assert len(rows) > 50
    assert_as_sentry([row for row in rows if row[0] not in NATIVE])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_hashes_of_every_platform_are_of_the_texts_that_count(case: Case) -> None:
    assert set(issue_keys(case.event).hashes) == case.hashes


def test_no_two_platforms_events_are_of_one_issue() -> None:
    print(table(own()))
    assert pairs(own(), lambda row: row[3]) == set()


@pytest.mark.parametrize("change", SAME)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_differs_by_occurrence_leaves_the_issue(case: Case, change: str) -> None:
    assert issue_keys(changed(case, SAME[change])).hashes == issue_keys(case.event).hashes


TRACED = [case for case in CASES if len(frames_of(case.event)) and case.platform != "native"]


@pytest.mark.parametrize("change", OTHER)
@pytest.mark.parametrize("case", TRACED, ids=lambda case: case.name)
def test_what_makes_another_issue_changes_every_hash(case: Case, change: str) -> None:
    assert not {*issue_keys(changed(case, OTHER[change])).keys} & {*issue_keys(case.event).keys}
