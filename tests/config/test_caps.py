"""What `[caps]` and its variable make of the events of a project."""

import pytest

from scrubrelay.config.caps import cap_of
from scrubrelay.config.load import load
from scrubrelay.core.errors import ConfigError
from scrubrelay.core.policy.caps import Cap

KEY = "0123456789abcdef0123456789abcdef"
VARIABLE = "SENTRY_MAX_EVENTS_PER_ISSUE"


@pytest.fixture
def settings(tmp_path):
    """Load a configuration under an environment."""

    def loaded(text: str = "", **environ: str):
        path = tmp_path / "relay.toml"
        path.write_text(text)
        return load(path, environ)

    return loaded


def test_of_one_issue_50_events_an_hour_go_on_by_default(settings):
    assert cap_of(settings()) == Cap(50, 3600.0, by_environment=False, trickle=True)


@pytest.mark.parametrize(
    ("environ", "limit"),
    [
        ({VARIABLE: "7"}, 7),
        ({VARIABLE: ""}, 20),
        ({}, 20),
        ({VARIABLE: "7", "SCRUBRELAY_CAPS__MAX_EVENTS_PER_ISSUE": "8"}, 8),
    ],
)
def test_the_variable_wins_over_the_file_and_an_empty_one_is_none(settings, environ, limit):
    cap = cap_of(settings("[caps]\nmax_events_per_issue = 20", **environ))
    assert cap is not None
    assert cap.limit == limit


def test_what_is_exempt_can_come_from_the_environment(settings):
    cap = cap_of(settings(SCRUBRELAY_CAPS__EXEMPT__LEVEL="fatal, warning"))
    same = cap_of(settings('[caps]\nexempt = {level = ["fatal", "warning"]}'))
    assert cap is not None
    assert same is not None
    assert cap.exempt.name == same.exempt.name == "[('level', ['fatal', 'warning'])]"


@pytest.mark.parametrize(
    ("text", "environ"), [("[caps]\nmax_events_per_issue = 0", {}), ("", {VARIABLE: "0"})]
)
def test_0_is_no_cap(settings, text, environ):
    assert cap_of(settings(text, **environ)) is None


@pytest.mark.parametrize("text", ["-1", "many", "1.5"])
def test_a_variable_that_is_no_number_is_told_by_its_name(settings, text):
    with pytest.raises(ConfigError, match=f"^1 problem found: {VARIABLE}: \\[caps\\] max_events_per_issue: "):
        settings("", **{VARIABLE: text})


def test_a_project_has_what_differs(settings):
    text = f"""
        [caps]
        window = "2h"
        scope = ["project", "environment"]
        [[project]]
        id = 1
        key = "{KEY}"
        [project.caps]
        max_events_per_issue = 5
        trickle = false
    """
    loaded = settings(text)
    own, common = cap_of(loaded, loaded.project[0]), cap_of(loaded)
    assert own == Cap(5, 7200.0, by_environment=True, trickle=False)
    assert common == Cap(50, 7200.0, by_environment=True, trickle=True)


def test_a_rule_has_its_own_limit_or_window_and_else_that_of_the_others(settings):
    text = """
        [caps]
        window = "2h"
        [[caps.rule]]
        level = "warning"
        limit = 5
        [[caps.rule]]
        level = "info"
        window = "1d"
        [[caps.rule]]
        level = "fatal"
        limit = "none"
    """
    cap = cap_of(settings(text))
    assert cap is not None
    assert [(rule.limit, rule.window) for rule in cap.rules] == [(5, 7200.0), (50, 86400.0), (None, 7200.0)]


def test_a_rule_caps_where_nothing_else_is_capped(settings):
    cap = cap_of(settings('[caps]\nmax_events_per_issue = 0\n[[caps.rule]]\nlevel = "info"\nlimit = 5'))
    assert cap is not None
    assert (cap.limit, cap.rules[0].limit) == (None, 5)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[caps.rule]]\nlimit = 5", "rule number 1: expected one of type, message, environment"),
        ('[[caps.rule]]\ntype = "a["\nlimit = 5', 'rule number 1, type: expected a partner for "["'),
        (
            '[[caps.rule]]\ntype = "a"\nlimit = "nothing"',
            'rule number 1, limit: expected a number from 1 up, or "none"',
        ),
        ('[caps]\nwindow = "0s"', "window: expected more than 0"),
        ('[caps]\ntrickle = "maybe"', "trickle: expected true or false"),
        ('[caps]\nscope = ["release"]', 'scope number 1: expected "project" or "environment"'),
        ('[caps]\nexempt = {lvel = "fatal"}', 'exempt lvel: unknown key, did you mean "level"?'),
    ],
)
def test_what_is_wrong_is_told(settings, text, problem):
    with pytest.raises(ConfigError) as caught:
        settings(text)
    (found,) = caught.value.problems
    assert problem in found
