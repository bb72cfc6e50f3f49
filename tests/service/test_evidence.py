"""How much evidence there can be."""

from scrubrelay.config.settings import AuditSettings
from scrubrelay.core.errors import Reason
from scrubrelay.core.evidence import OTHER, UNKNOWN
from scrubrelay.core.fates import Dropped, Kept
from scrubrelay.core.pipeline import Outcome
from scrubrelay.core.redaction.detectors.vocabulary import WORDS
from scrubrelay.core.redaction.redactor import Redaction
from scrubrelay.service.telling.evidence import Witness

HOUR = 3600.0


def outcome(*paths: str) -> Outcome:
    return Outcome(None, (Kept("event", (), tuple(Redaction(path, "a", "replace") for path in paths)),))


def paths(witness: Witness, *found: str, project: int = 1, at: float = 0.0) -> list[str]:
    (one,) = witness.evidence(outcome(*found), project, at)
    return [path for _, path, _ in one.finds]


def test_paths_beyond_those_of_an_hour_are_told_as_others():
    witness = Witness(lambda: AuditSettings(max_paths=2))
    assert paths(witness, "user", "email", "name") == ["user", "email", OTHER]
    assert paths(witness, "user", "phone") == ["user", OTHER]
    assert paths(witness, "phone", project=2) == ["phone"]
    assert paths(witness, "phone", at=HOUR) == ["phone"]


def test_own_words_hold_as_soon_as_they_are_set():
    settings = [AuditSettings()]
    witness = Witness(lambda: settings[0])
    assert paths(witness, "loyalty") == ["*"]
    settings[0] = AuditSettings(words=("loyalty",))
    assert paths(witness, "loyalty") == ["loyalty"]


def test_types_that_nobody_knows_are_told_apart_to_a_number():
    """Each one told is a row of the store in each hour, and a client makes as many as it likes."""
    witness = Witness(AuditSettings)
    words = sorted(WORDS)[:200]

    def told(at: float) -> set[str]:
        dropped = (Dropped(f"span_{word}", (), Reason.NOT_UNDERSTOOD) for word in words)
        return {one.type for one in witness.evidence(Outcome(None, tuple(dropped)), 1, at)}

    assert len(told(0.0)) == len(told(1.0)) == 65
    assert UNKNOWN in told(2.0)
    assert paths(witness, "user", at=3.0) == ["user"]
    assert len(told(HOUR)) == 65


def test_nothing_is_kept_where_that_is_not_wanted():
    assert Witness(lambda: AuditSettings(findings=False)).evidence(outcome("user"), 1, 0.0) == ()
