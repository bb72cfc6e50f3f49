"""How many events of one issue may go on: whose count it is, and what the count says.

Windows are fixed, and an issue's begins with its first event. So the end of a wait is one number that every
process can keep in mind, and a flood asks nobody; a sliding window would have to remember each event. And a
new issue has its whole allowance, whatever the hour.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Final

from scrubrelay.core.errors import ScrubrelayError
from scrubrelay.core.policy.event import Event
from scrubrelay.core.policy.globs import Glob
from scrubrelay.core.policy.grouping.fingerprint import issue_keys
from scrubrelay.core.policy.grouping.frames import Cut
from scrubrelay.core.policy.grouping.stack_rules import NO_RULES, StackRules


@dataclass(frozen=True, slots=True)
class Condition:
    """What an event must be like: of each kind of text that has wildcards, one must match.

    Without any it never holds.

    Args:
        globs: `type`, `message`, `environment`, `release`, `logger`, `level`, `transaction` -> wildcards.
    """

    globs: Mapping[str, tuple[Glob, ...]] = field(default_factory=dict)

    def holds(self, event: Event) -> bool:
        """Return whether an event is like this."""
        asked = self.globs.items()
        return bool(asked) and all(_any(globs, _texts(event, name)) for name, globs in asked)

    @property
    def name(self) -> str:
        """What tells it from others, in every run."""
        return repr(sorted((name, [one.source for one in globs]) for name, globs in self.globs.items()))


NEVER: Final = Condition()
"""What no event is like."""


def _any(globs: Iterable[Glob], texts: Iterable[str]) -> bool:
    found = tuple(texts)
    return any(glob.matches(text) for glob in globs for text in found)


def _texts(event: Event, name: str) -> Iterable[str]:
    if name == "type":
        return (known for thrown in event.exceptions for known in thrown.names)
    if name == "message":
        said = (text for thrown in event.exceptions for text in (thrown.value, thrown.line))
        return (*event.messages, *said)
    return (getattr(event, name),)


@dataclass(frozen=True, slots=True)
class CapRule:
    """What holds for some events instead.

    Args:
        when: Which ones; they have a count of their own.
        limit: Most of them in a window; None for no limit.
        window: Seconds.
    """

    when: Condition
    limit: int | None
    window: float


@dataclass(frozen=True, slots=True)
class Claim:
    """An event that asks to be counted.

    Args:
        keys: 16 bytes each, keyed hashes of what makes its issue; a count that has any of them is its own.
        limit: Most events of the issue in a window.
        window: Seconds.
        trickle: Whether one goes on now and then after that.
        told: How many suppressed events the envelope tells of.
    """

    keys: tuple[bytes, ...]
    limit: int
    window: float
    trickle: bool = True
    told: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What a cap says of an event, for who asks why.

    Args:
        by: What in the configuration says so.
        claim: What it has to ask for; None if it needs nobody's leave.
        made_of: What its issue is told by: paths and kinds, no text.
    """

    by: str
    claim: Claim | None
    made_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cap:
    """What holds for the events of one project.

    Args:
        limit: Most events of one issue in a window.
        window: Seconds.
        by_environment: Whether each environment has a count of its own.
        trickle: Whether one goes on after 10, 100, 1,000... that did not.
        exempt: What is not counted.
        rules: What holds for some events instead; of several that match, the last one counts.
        stack_rules: The project's own rules for what makes an issue.
    """

    limit: int | None = 50
    window: float = 3600.0
    by_environment: bool = False
    trickle: bool = True
    exempt: Condition = NEVER
    rules: tuple[CapRule, ...] = ()
    stack_rules: StackRules = NO_RULES

    def claim(self, event: Event, project_id: int, secret: bytes, cut: Cut | None = None) -> Claim | None:
        """Return what an event has to ask for; None if it needs nobody's leave.

        Args:
            event: Not scrubbed.
            project_id: The project that it came for.
            secret: The key of the hashes; the same wherever counts are shared.
            cut: What redaction makes of a text: what it cuts does not tell issues apart.
        """
        number = self._rule(event)
        rule = self.rules[number - 1] if number else None
        limit, window = (self.limit, self.window) if rule is None else (rule.limit, rule.window)
        if limit is None or self.exempt.holds(event):
            return None
        environment = event.environment if self.by_environment else ""
        scope = (project_id, environment, rule.when.name if rule else "")
        found = issue_keys(event.fields, cut, rules=self.stack_rules)
        keys = (_keyed(repr((scope, one)), secret) for one in found.keys)
        return Claim(tuple(keys), limit, window, self.trickle)

    def explain(self, event: Event, project_id: int, secret: bytes, cut: Cut | None = None) -> Counted:
        """Return why an event has to ask for what `claim` says, and what its issue is made of."""
        number = self._rule(event)
        by = f"[[caps.rule]] number {number}" if number else "[caps]"
        exempt = self.exempt.holds(event)
        claim = self.claim(event, project_id, secret, cut)
        made_of = issue_keys(event.fields, cut, rules=self.stack_rules).how
        return Counted("[caps] exempt" if exempt else by, claim, tuple(dict.fromkeys(made_of)))

    def _rule(self, event: Event) -> int:
        """Return the number of the last rule that matches, from 1; 0 if none does."""
        matching = (at for at in range(len(self.rules), 0, -1) if self.rules[at - 1].when.holds(event))
        return next(matching, 0)


def _keyed(text: str, secret: bytes) -> bytes:
    return blake2b(text.encode(errors="backslashreplace"), digest_size=16, key=secret).digest()


class Capped(ScrubrelayError):
    """The issue has had all of this window: the envelope goes on without the event.

    Args:
        count: How it stands.
        first: Whether nobody has been told before, in this window.
    """

    def __init__(self, count: "Count", *, first: bool = False) -> None:
        super().__init__("the issue is over its cap")
        self.count = count
        self.first = first


class Untold(ScrubrelayError):
    """The event may go on, once it tells how many have not.

    Args:
        count: How it stands.
    """

    def __init__(self, count: "Count") -> None:
        super().__init__("suppressed events are not told of")
        self.count = count


@dataclass(frozen=True, slots=True)
class Count:
    """How an issue stands.

    Args:
        started: When its window began, in seconds since the epoch.
        admitted: Events that have gone on in this window, but for the trickle.
        reached: Whether one was refused in this window.
        held: Events that were suppressed in this window.
        trickled: How many that were when one went on all the same.
        untold: Suppressed events that no event which went on has told of.
        since: When the first of those came; None if there is none.
    """

    started: float
    admitted: int = 0
    reached: bool = False
    held: int = 0
    trickled: int = 0
    untold: int = 0
    since: float | None = None

    def at(self, now: float, window: float) -> "Count":
        """Return how it stands at a moment.

        A clock that was put back by less than a window makes this one longer; by more, and it begins anew.
        """
        if abs(now - self.started) < window:
            return self
        return Count(now, untold=self.untold, since=self.since)

    @property
    def next_trickle(self) -> int:
        """After how many suppressed events in this window the next one goes on."""
        return next_trickle(self.trickled)

    def admit(self, claim: Claim, now: float) -> "Count":
        """Return how it stands when the event goes on.

        Raises:
            Capped: It may not.
            Untold: It may, and must tell how many have not.
        """
        count = self.at(now, claim.window)
        if count.admitted < claim.limit:
            after = replace(count, admitted=count.admitted + 1)
        elif claim.trickle and count.held >= count.next_trickle:
            after = replace(count, trickled=count.held)
        else:
            raise Capped(replace(count, reached=True), first=not count.reached)
        if claim.told > count.untold or (count.untold and not claim.told):
            raise Untold(count)
        untold = count.untold - claim.told
        return replace(after, untold=untold, since=now if untold else None)

    def suppress(self, number: int, now: float, window: float) -> "Count":
        """Return how it stands when so many events more have not gone on."""
        count = self
        if abs(now - self.started) < window:
            count = replace(self, reached=True, held=self.held + number)
        return replace(count, untold=count.untold + number, since=now if self.since is None else self.since)


def next_trickle(trickled: int) -> int:
    """Return the next of 10, 100, 1,000...

    >>> [next_trickle(held) for held in (0, 9, 10, 35, 99, 100)]
    [10, 10, 100, 100, 100, 1000]
    """
    return int(10 ** max(1, len(str(trickled))))
