"""Which keys are accepted, and where their envelopes go."""

import pytest

from scrubrelay.core.errors import Forbidden
from scrubrelay.core.project import PassThrough, Project, Projects, Upstream
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.redactor import Policy, Redactor
from scrubrelay.core.wire.dsn import Dsn

OURS, OTHER, THEIRS = "a" * 32, "b" * 32, "c" * 32
REDACTOR = Redactor(Library.compile([]), Policy())
URL = Upstream("https://sentry.example.com/base")
DSN = Upstream(Dsn.parse(f"https://{THEIRS}@sentry.example.com/base/7"))


def listed(*upstreams: Upstream) -> Projects:
    targets = tuple(upstream.target(OURS, 42) for upstream in upstreams)
    return Projects([Project(42, OURS, "shop", REDACTOR, targets)])


def passing(upstream: Upstream | None) -> Projects:
    return Projects(passing=PassThrough(REDACTOR, upstream))


@pytest.mark.parametrize("project_id", [42, None])
def test_listed_key_is_found_with_its_project_or_none(project_id):
    assert listed().find(OURS, project_id).name == "shop"


@pytest.mark.parametrize(("key", "project_id"), [(OURS, 43), (OTHER, 42), (OTHER, None)])
def test_what_is_not_listed_is_forbidden(key, project_id):
    with pytest.raises(Forbidden, match="with_reason: ProjectId"):
        listed().find(key, project_id)


def test_pass_through_keeps_key_and_project():
    (target,) = passing(URL).find(OTHER, 9).targets
    assert (target.url, target.key, target.project_id) == (
        "https://sentry.example.com/base/api/9/envelope/",
        OTHER,
        9,
    )


def test_a_dsn_replaces_key_and_project_and_translates_the_trace():
    (target,) = passing(DSN).find(OTHER, 9).targets
    assert (target.url, target.key, target.project_id, target.keys) == (
        "https://sentry.example.com/base/api/7/envelope/",
        THEIRS,
        7,
        {OTHER: THEIRS},
    )


def test_pass_through_cannot_know_the_project_of_a_key():
    with pytest.raises(Forbidden):
        passing(URL).find(OTHER, None)


def test_with_one_dsn_for_all_the_project_is_known():
    assert passing(DSN).find(OTHER, None).id == 7


def test_inspect_mode_accepts_and_has_no_target():
    projects = passing(None)
    assert (projects.find(OTHER, 1).targets, projects.forwards) == ((), False)


@pytest.mark.parametrize("projects", [listed(URL, DSN), passing(URL), passing(DSN)])
def test_a_target_is_found_again_by_its_name(projects):
    targets = projects.find(OURS, 42).targets
    assert [projects.target(target.name, 42, OURS) for target in targets] == list(targets)


def test_a_target_gone_from_the_configuration_is_none():
    assert listed(URL).target(DSN.name, 42, OURS) is None
    assert listed(URL).target(URL.name, 43, OURS) is None


def test_a_target_has_no_secret_in_its_name():
    dsn = Dsn.parse(f"https://{THEIRS}:{'d' * 32}@sentry.example.com/7")
    assert "d" * 32 not in Upstream(dsn).target(OURS, 1).name
