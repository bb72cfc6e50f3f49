"""Shapes compiled by the multi-pattern engine, group by group: a change compiles its own group only."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.engine.superset import UnsupportedError, superset

try:
    import hyperscan
except ImportError:
    hyperscan = None  # type: ignore[assignment]  # no wheel for this machine: the relay works without it, slower

HAS_ENGINE: Final = hyperscan is not None
# In UTF-8: where characters without width, look-alikes and other digits start.
_UNUSUAL: Final = (
    r"\xc2\xad|\xcd\x8f|[\xd8-\xe1\xea\xef\xf0]|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xa9]"
)
_ESCAPES: Final = (
    r"%[0-9A-Fa-f]{2}|\\[uUxX/]|\x1b\[[0-9;]{0,16}m"
    r"|\\[nrt](?:[A-Za-z0-9_]{8}|[A-Za-z0-9]{1,8}[._-][A-Za-z0-9_-]{8}|[0-9+(])"
)
TRIGGERS: Final = (
    rf"{_ESCAPES}|&(?:#[0-9xX]|[A-Za-z]{{2,8}};)|{_UNUSUAL}",
    r"[\x22\x27][ \t\r\n]*(?:[:,]|=>)",
    r"[?&][\w.%+\[\]\x80-\xfe-]+=",
    r"[^A-Za-z0-9+/_=-](?:[CDI-Za-f][A-Za-z0-9+/_-]{3}){4}",
)
"""What makes other readings of a text worth trying (encodings, structure, queries, base64), numbered last."""
_DIGEST: Final = 16
_SUSPECT: Final = 3000
"""Characters of a shape from which on the engine may find it too large."""
_GROUP: Final = 20
"""Patterns without keywords compiled together: of these, twice as many take far more than twice as long."""
Numbered = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are compiled together: a change of one compiles its group anew, and no other.

    Args:
        indices: Those in the library of rules and triggers, which numbers within the group stand for.
        rules: What the engine looks for, each under its number.
        triggers: Numbered behind the rules.
    """

    indices: tuple[int, ...]
    rules: tuple[Pattern, ...]
    triggers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is known by, wherever in a library it stands: whatever its databases are made of."""
        rules = [(one.match, one.keywords) for one in self.rules]
        engine = hyperscan.__version__  # type: ignore[attr-defined]  # not in its stubs
        content = (engine, rules, self.triggers)
        return blake2b(repr(content).encode(), digest_size=_DIGEST).hexdigest()


@dataclass(frozen=True, slots=True)
class Ready:
    """A group that is ready.

    Args:
        name: That of the group.
        indices: Those of the group.
        numbers: Which of its rules are for every text, by their number within the group.
        databases: The engine's.
        new: Whether it was compiled now.
    """

    name: str
    indices: tuple[int, ...]
    numbers: tuple[int, ...]
    databases: tuple[Any, ...]
    new: bool

    @property
    def always(self) -> tuple[int, ...]:
        """The rules that are for every text."""
        return tuple(self.indices[number] for number in self.numbers)

    def dumped(self) -> bytes:
        """Return it as bytes, with a hash by which damage is noticed."""
        parts = [
            b" ".join(b"%d" % number for number in self.numbers),
            *(bytes(hyperscan.dumpb(one)) for one in self.databases),
        ]
        body = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return _seal(self.name, body) + body


def _seal(name: str, body: bytes) -> bytes:
    return blake2b(name.encode() + body, digest_size=_DIGEST).digest()


def groups_of(patterns: Sequence[Pattern]) -> list[Group]:
    """Return the rules in groups: those that come with the relay, then the user's.

    The shape of a rule with keywords is rarer than its keywords, and costs the engine no more.
    """
    groups = []
    for of_users in (False, True):
        mine = [one for one in enumerate(patterns) if one[1].measured is not of_users]
        worded = [one for one in mine if one[1].keywords]
        free = [one for one in mine if not one[1].keywords]
        triggers = () if of_users else TRIGGERS
        groups += [_group(worded, triggers, len(patterns))] if worded or triggers else []
        groups += [_group(free[at : at + _GROUP]) for at in range(0, len(free), _GROUP)]
    return groups


def _group(rules: Sequence[tuple[int, Pattern]], triggers: Sequence[str] = (), first: int = 0) -> Group:
    """Return a group of rules, by their index in the library, and triggers, numbered from `first` there."""
    indices = (*(index for index, _ in rules), *range(first, first + len(triggers)))
    return Group(indices, tuple(rule for _, rule in rules), tuple(triggers))


def made(group: Group) -> Ready:
    """Compile a group; what the engine refuses is left to be tried on every text."""
    shapes = [*map(_shapes, group.rules)]
    count = len(group.rules)
    databases, refused = _compiled(
        [
            *((number, shape) for number, of_rule in enumerate(shapes) for shape in of_rule),
            *((count + number, f"(?-i:{one})") for number, one in enumerate(group.triggers)),
        ]
    )
    # What is too large as a shape is looked for by its keywords.
    words = [(number, _any_of(group.rules[number].keywords)) for number in sorted({*refused})]
    more, large = _compiled([one for one in words if one[1]])
    worded = {number for number, text in words if text} - {*large}
    shapeless = {number for number, of_rule in enumerate(shapes) if not of_rule}
    always = sorted({*shapeless, *refused} - worded)
    return Ready(group.name, group.indices, tuple(always), (*databases, *more), new=True)


def _shapes(pattern: Pattern) -> Sequence[str]:
    """Return what the engine looks for; nothing if it could be anywhere."""
    try:
        shapes = superset(pattern.match)
    except UnsupportedError:
        shapes = [_any_of(pattern.keywords)]
    return shapes if all(shapes) else ()


def _any_of(keywords: Sequence[str]) -> str:
    return "|".join(
        "".join(f"\\x{ord(one):02x}" if one.isascii() else ".{1,4}" for one in word) for word in keywords
    )


def _compiled(numbered: Sequence[Numbered]) -> tuple[list[Any], list[int]]:
    """Compile a group; return its database, if there is one, and the rules that the engine refuses."""
    if not numbered:
        return [], []
    try:
        return [_database(numbered)], []
    except hyperscan.error:
        # It is the long ones that it refuses, as a rule; asking for each of hundreds takes seconds.
        suspects = [one for one in numbered if len(one[1]) >= _SUSPECT]
    refused = [one for one in suspects if not _takes(one)]
    refused = refused or [one for one in numbered if not _takes(one)]
    if not refused:  # each of them alone, but not together
        half = len(numbered) // 2
        parts = (_compiled(numbered[:half]), _compiled(numbered[half:]))
        return [one for made, _ in parts for one in made], [index for _, large in parts for index in large]
    databases, more = _compiled([one for one in numbered if one not in refused])
    return databases, [*(index for index, _ in refused), *more]


def _takes(one: Numbered) -> bool:
    try:
        _database([one])
    except hyperscan.error:
        return False
    return True


def _database(numbered: Sequence[Numbered]) -> Any:
    flags = hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_DOTALL | hyperscan.HS_FLAG_SINGLEMATCH
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expression.encode() for _, expression in numbered],
        ids=[index for index, _ in numbered],
        flags=[flags] * len(numbered),
    )
    return database


def loaded(saved: bytes, group: Group) -> Ready | None:
    """Return a group as an earlier run compiled it; None unless whole, of the same rules and this machine."""
    body = saved[_DIGEST:]
    if not body or saved[:_DIGEST] != _seal(group.name, body):
        return None
    parts, at = [], 0
    while at < len(body):
        size = int.from_bytes(body[at : at + 8], "big")
        parts.append(body[at + 8 : at + 8 + size])
        at += 8 + size
    try:
        databases = [hyperscan.loadb(part, hyperscan.HS_MODE_BLOCK) for part in parts[1:]]
        for database in databases:
            database.scratch = hyperscan.Scratch(database)
    except hyperscan.error:  # of a machine with another processor, whose folder has moved here
        return None
    numbers = tuple(map(int, parts[0].split()))
    return Ready(group.name, group.indices, numbers, tuple(databases), new=False)
