"""What the engine is shown matches wherever the pattern does."""

import pytest
import regex

from scrubrelay.core.redaction.superset import superset


@pytest.mark.parametrize(
    ("match", "text"),
    [
        (r"(?<! [a-z] | _ (?= pwd ) ) (?: pwd | pass )", "_pass"),
        (r"(?<! _ \b ) x", "_x"),
        (r"(?<! a (?! b ) ) b", "ab"),
        (r"x (?! (?<! x ) y )", "xy"),
        (r"x (?! y $ )", "xyz"),
    ],
)
def test_what_a_negative_look_around_leaves_out_by_more_than_characters_is_not_left_out(match, text):
    assert regex.search(match, text, regex.VERBOSE)
    framed = f"\n{text}\n".encode()
    assert any(regex.search(one.encode(), framed, regex.DOTALL) for one in superset(match))


def test_characters_that_a_negative_look_around_excludes_are_excluded():
    """Else the engine would point at many texts for nothing."""
    (shape,) = superset(r"(?<! [a-z] | _ (?= pwd ) ) pwd")
    assert not regex.search(shape.encode(), b"xpwd")
    assert regex.search(shape.encode(), b"-pwd")
