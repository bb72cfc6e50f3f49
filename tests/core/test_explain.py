"""What an explanation says is what the pipeline does, and it holds nothing of the event."""

import orjson
import pytest

from scrubrelay.config.filters import FilterSettings, filters_of
from scrubrelay.core.errors import Reason
from scrubrelay.core.explain import explain
from scrubrelay.core.fates import Dropped
from scrubrelay.core.inspection import Circumstances
from scrubrelay.core.policy.policies import Policies
from scrubrelay.core.policy.sampling import Rule, Sampling
from scrubrelay.core.project import Project
from scrubrelay.core.redaction.detectors.library import Library
from scrubrelay.core.redaction.redactor import Policy, Redactor
from scrubrelay.core.wire.envelope import Envelope, Item

FILTERS = filters_of(
    FilterSettings(
        ignore_errors=["KeyError", "Value*"], error_messages=["/(?:a|aa)+$/"], groups=["health-checks"]
    )
)
SAMPLING = Sampling((Rule(0.5, 'rates "production"'),), minimum=3)
PROJECT = Project(
    1, "a" * 32, "", Redactor(Library.compile([]), Policy()), policies=Policies(FILTERS, SAMPLING)
)


def explained(kind: str, document: object, **headers: object):
    envelope = Envelope(headers, (Item({"type": kind}, orjson.dumps(document)),))
    return explain(envelope, PROJECT, Circumstances())


def error(type_: str, value: str = "") -> dict:
    return {"exception": {"values": [{"type": type_, "value": value}]}}


def test_every_filter_that_looks_is_told_with_whether_it_hit():
    (one,) = explained("event", error("ValueError")).items
    assert [(tried.name, tried.hit) for tried in one.filters] == [
        ('ignore_errors "KeyError"', False),
        ('ignore_errors "Value*"', True),
        ('error_messages "/(?:a|aa)+$/"', False),
    ]
    assert (one.dropped.reason, one.dropped.detail) == (Reason.IGNORED_ERROR, 'ignore_errors "Value*"')


@pytest.mark.parametrize(
    ("headers", "by"),
    [({}, "trace id"), ({"trace": {"trace_id": "0" * 31 + "7", "sample_rand": "0.9"}}, "sample_rand")],
)
def test_the_draw_is_told_with_what_it_was_made_by(headers, by):
    document = {"transaction": "/", "contexts": {"trace": {"trace_id": "0" * 31 + "7"}}}
    (one,) = explained("transaction", document, **headers).items
    assert (one.sampling.share, one.sampling.name, one.sampling.by) == (0.5, 'rates "production"', by)
    assert one.sampling.kept is (one.dropped is None)
    assert one.first


def test_a_container_of_which_a_part_goes_on_is_not_dropped():
    document = {"items": [{"trace_id": f"{number:032x}"} for number in range(20)]}
    explanation = explained("span", document)
    assert explanation.items[0].dropped is None
    assert [isinstance(fate, Dropped) for fate in explanation.inspection.fates] == [False, True]


def test_what_nothing_is_said_about():
    (one,) = explained("session", {}).items
    assert (one.filters, one.sampling, one.dropped, one.first) == ((), None, None, False)


def test_an_expression_out_of_time_is_told():
    assert explained("event", {"message": "a" * 5000 + "c"}).late == ("/(?:a|aa)+$/",)
