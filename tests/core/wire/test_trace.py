"""What a trace header says, however it is spelled, and that nothing in one can hurt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.wire.trace import NO_TRACE, Trace

ID = "12312012123120121231201212312012"
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([]) | st.just({})


@pytest.mark.parametrize("rate", ["0.25", 0.25, "2.5e-1"])
def test_numbers_come_as_text_or_as_numbers(rate):
    assert Trace.of({"trace": {"sample_rate": rate, "sample_rand": rate}}) == Trace(rate=0.25, rand=0.25)


@pytest.mark.parametrize("spelled", [ID, ID.upper(), "12312012-1231-2012-1231-201212312012"])
def test_one_trace_has_one_id(spelled):
    assert Trace.of({"trace": {"trace_id": spelled}}).id == ID


@pytest.mark.parametrize("rate", ["0", "1.5", "-1", "nan", "inf", "", "a half", True, None, [], 10**400])
def test_a_rate_that_is_none_is_not_known(rate):
    assert Trace.of({"trace": {"sample_rate": rate}}).rate is None


@pytest.mark.parametrize("rand", ["1", "-0.1", "nan", {}])
def test_a_drawn_number_that_is_none_is_not_known(rand):
    assert Trace.of({"trace": {"sample_rand": rand}}).rand is None


@pytest.mark.parametrize("headers", [{}, {"trace": None}, {"trace": []}, {"trace": "x"}])
def test_no_trace(headers):
    assert Trace.of(headers) == NO_TRACE


@given(
    st.dictionaries(
        st.sampled_from(["trace_id", "sample_rate", "sample_rand", "transaction", "release"]), ANYTHING
    )
)
def test_nothing_in_a_header_makes_it_fail(trace):
    Trace.of({"trace": trace})
