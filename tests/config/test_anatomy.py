import pytest

from scrubrelay.config.anatomy import UnreadableError, anatomy, loops, samples
from scrubrelay.config.packs import embedded
from scrubrelay.core.redaction.detectors.finders import compiled


@pytest.mark.parametrize(
    "expression",
    [
        "a b # c\n c",
        "(?i)[x-z]{2,3}(?P<cut>\\d+)",
        "a|b",
        "(?:key|token)=\\S*",
        "(?<!a)b(?=c)?c",
        "\\x41[]a]",
    ],
)
def test_samples_match(expression):
    made = [*samples(anatomy(expression))]
    assert made
    assert [one for one in made if not compiled(expression).search(one)] == []


def test_most_samples_of_the_library_match():
    matches = [
        one.match for pack in embedded() for one in pack.patterns if one.match and "(?P=" not in one.match
    ]
    hits = total = 0
    for match in matches:
        try:
            made = list(samples(anatomy(match)))
        except UnreadableError:
            continue
        total += len(made)
        hits += sum(compiled(match).search(one) is not None for one in made)
    assert hits > total * 0.95 > 300


@pytest.mark.parametrize(
    ("expression", "ambiguous"),
    [
        ("(a+)+", True),
        ("(?:a*b?)*", True),
        ("(a|[ab])*", True),
        ("(?:[a-z]+\\.)+", False),
        ("(?>a+)+", False),
        ("(?:a++)+", False),
        ("(?:a|b)*", False),
    ],
)
def test_loops_that_take_one_text_in_many_ways(expression, ambiguous):
    assert any(one.ambiguous for one in loops(anatomy(expression))) == ambiguous


@pytest.mark.parametrize("expression", ["(a)\\1", "a)", "(a", "(?P=x)"])
def test_what_is_not_looked_into(expression):
    with pytest.raises(UnreadableError):
        anatomy(expression)
