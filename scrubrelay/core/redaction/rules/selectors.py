"""Sentry's selectors: which values of a payload a rule is about, `$user.email`, `extra.** && !extra.public`.

The syntax is that of Sentry's data scrubbing; a path matches by its end, `email` at any depth. Where the
original silently does nothing, `parse` refuses what can select nothing here either, and warns where it can.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken, v_args

from scrubrelay.core.errors import ConfigError
from scrubrelay.core.redaction.detectors.pattern import nearest
from scrubrelay.core.redaction.rules.schema import (
    ALIASES,
    BASIC,
    NOT_OPENED,
    TYPES,
    is_never_hidden,
    is_structure,
    places_of,
    spellings,
)
from scrubrelay.core.redaction.rules.selection import (
    And,
    Index,
    Key,
    Node,
    Not,
    Or,
    Step,
    Steps,
    Type,
    Verdict,
    Wildcard,
    evaluate,
    is_named,
    is_reachable,
    is_scalar,
    states_of,
)

MAX_LENGTH: Final = 10_000
"""Characters; the longest that Sentry makes itself, of all safe fields of a project, is below."""
MAX_NESTING: Final = 30
LEGACY_WORDS: Final = {
    **dict.fromkeys(("freeform", "email", "sensitive", "text"), "$string"),
    **dict.fromkeys(("databag", "container"), "$object"),
}
"""Selectors that Sentry reads as something else when they stand alone."""

_GRAMMAR: Final = r"""
    ?start: any
    ?any: all (OR all)*
    ?all: part (AND part)*
    ?part: atom | NOT atom -> negated
    ?atom: "(" any ")" | path
    path: item ("." item)*
    item: TYPE | DEEP | WILD | INDEX | KEY | QUOTED
    OR: /\|\|?/
    AND: /&&?/
    NOT: /[!~]/
    TYPE: /\$[a-z_]+/
    DEEP: "**"
    WILD: "*"
    INDEX: /[0-9]+/
    KEY: /[A-Za-z_][A-Za-z0-9_-]*/
    QUOTED: /'(?:[^']|'')+'/
    %ignore /[ \t\r\n]+/
"""
_EXPECTED: Final = {
    "KEY": "a key",
    "TYPE": "a $type",
    "WILD": "`*`",
    "NOT": "`!`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "DOT": "`.`",
    "AND": "`&&`",
    "OR": "`||`",
    "$END": "the end",
}


@dataclass(frozen=True, slots=True)
class Selector:
    """What a rule is about; equal to any other way to write the same.

    Args:
        node: The parsed expression.
        warnings: Where Sentry would do something else than what is written, and this does not.
    """

    node: Node
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return str(self.node)

    @property
    def negates(self) -> bool:
        """Whether it has an exception."""
        return _negates(self.node)

    def covers(
        self, path: Sequence[str], kind: str = "event", type_: str | None = None, *, sure: bool = False
    ) -> bool:
        """Tell whether the value at a path is selected: itself, not what stands below it.

        Places in a list are not told apart by a path: `values.0` perhaps covers every `values.*`, and so does
        `$string` whatever has no known type. What is perhaps covered is covered, unless `sure`.

        Args:
            path: Keys from the payload's root, `*` for list indices; elements of pair lists by their name.
            kind: The type of the item.
            type_: `string`, `number`, `boolean`, `array` or `object`, if the value is known.
            sure: For exemptions: only what is certainly covered.
        """
        named = tuple(path)
        writings = [states_of(one, kind, type_) for one in spellings(named, kind)]
        verdict = evaluate(self.node, writings)
        if verdict < (Verdict.YES if sure else Verdict.PERHAPS):
            return False
        structure = any(is_structure(one, kind) for one in spellings(named, kind))
        return not structure or is_named(self.node, writings)


def parse(text: str) -> Selector:
    """Read a selector.

    Raises:
        ConfigError: It is malformed, names an unknown type, or can select nothing; says the column.
    """
    if len(text) > MAX_LENGTH:
        raise ConfigError([f"a selector of {len(text)} characters, expected at most {MAX_LENGTH}"])
    try:
        node: Node = _parser().parse(text)  # type: ignore[assignment]  # lark types a Tree; the transformer makes a Node
    except (UnexpectedToken, UnexpectedCharacters, UnexpectedEOF) as error:
        raise ConfigError([_syntax_problem(text, error)]) from error
    if isinstance(node, Steps) and (nothing := _unreachable(node)):
        raise ConfigError([nothing])
    warnings = [_legacy_warning(text.strip()), *_warnings(node, positive=True)]
    return Selector(node, tuple(dict.fromkeys(one for one in warnings if one)))


def _negates(node: Node) -> bool:
    if isinstance(node, Steps):
        return False
    return isinstance(node, Not) or any(map(_negates, node.parts))


class _Builder(Transformer[Token, Node]):
    """Makes nodes of what the grammar found, and refuses what it cannot see to be wrong."""

    @v_args(inline=True)
    def item(self, token: Token) -> tuple[Step, int]:
        column = token.column or 1
        return _step(token, column), column

    def path(self, found: list[tuple[Step, int]]) -> Steps:
        steps = Steps(tuple(step for step, _ in found))
        column = found[0][1]
        if steps.items == (Wildcard.ONE,):
            raise ConfigError(
                [f"column {column}: `*` stands for one step of a path, expected `**` for anything"]
            )
        if steps.items.count(Wildcard.DEEP) > 1:
            raise ConfigError([f"column {found[-1][1]}: expected `**` once in a path, it is there twice"])
        return steps

    @v_args(inline=True)
    def negated(self, _: Token, part: Node) -> Not:
        return Not(part, _deeper([part]))

    def all(self, found: list[Token | Node]) -> And:
        return And(*_flat(And, found))

    def any(self, found: list[Token | Node]) -> Or:
        return Or(*_flat(Or, found))


def _step(token: Token, column: int) -> Step:
    match token.type:
        case "TYPE":
            return Type(_known_type(token[1:], column))
        case "INDEX" if len(token) > 9:
            raise ConfigError([f"column {column}: expected an index of at most 9 digits"])
        case "INDEX":
            return Index(int(token))
        case "QUOTED":
            return Key(token[1:-1].replace("''", "'"))
        case "KEY":
            return Key(str(token))
        case _:
            return Wildcard(str(token))


def _flat(kind: type[And] | type[Or], found: list[Token | Node]) -> tuple[tuple[Node, ...], int]:
    """Return the parts, with those of a part of the same kind in its place, and their depth."""
    nodes = [one for one in found if not isinstance(one, Token)]
    parts = tuple(part for one in nodes for part in (one.parts if isinstance(one, kind) else (one,)))
    return parts, _deeper(parts)


def _deeper(parts: Sequence[Node]) -> int:
    depth = 1 + max(part.depth for part in parts)
    if depth > MAX_NESTING:
        raise ConfigError([f"nested deeper than {MAX_NESTING} levels"])
    return depth


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", transformer=_Builder())


def _known_type(name: str, column: int) -> str:
    known = ALIASES.get(name, name)
    if known not in TYPES:
        hint = nearest(name, (*TYPES, *ALIASES)) or f", expected one of {', '.join(TYPES)}"
        raise ConfigError([f"column {column}: unknown type ${name}{hint}"])
    return known


def _syntax_problem(text: str, error: UnexpectedToken | UnexpectedCharacters | UnexpectedEOF) -> str:
    """Return what is wrong, with the column, what was expected, and what one may have meant."""
    at = len(text) if isinstance(error, UnexpectedEOF) else error.pos_in_stream
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        at = len(text)
    at = len(text) if at is None else at
    expected = error.allowed if isinstance(error, UnexpectedCharacters) else error.expected
    words = ", ".join(_EXPECTED[name] for name in _EXPECTED if name in (expected or ()))
    found = f"`{text[at]}`" if at < len(text) else "the end"
    return f"column {at + 1}: expected {words or 'a selector'}, found {found}{_hint(text, at)}"


def _hint(text: str, at: int) -> str:
    rest, before = text[at:], text[:at].rstrip()
    hints: tuple[tuple[bool, str], ...] = (
        (rest[:1] == "'", "a quoted key has at least one character and a quote at its end"),
        (rest[:1] == '"', "keys are quoted with '"),
        (rest[:1] == "[", "the index of a list is a step of its own: values.0"),
        (rest[:1] in {"!", "~"} and before[-1:] in {"!", "~"}, "write !(!...)"),
        (before[-1:] == "*" or rest[:1] == "*", "`*` stands for a whole key, not for a part of it"),
        (rest[:1] == "$" or before[-1:] == "$", "types are written in lower case"),
        (
            rest[:1] > "~" or rest[:1].isalnum(),
            "put a key with other characters than A-Z a-z 0-9 _ - into quotes",
        ),
    )
    return next((f" ({hint})" for holds, hint in hints if holds), "")


def _unreachable(steps: Steps) -> str:
    """Return why a path selects nothing, empty if it may."""
    for at, (before, step) in enumerate(pairwise(steps.items), start=2):
        if is_scalar(before):
            return f"`{steps}` selects nothing: nothing stands below a `{before}`"
        if not is_reachable(steps.items[:at]):
            places = (".".join(place) or "the root" for _, place in places_of(str(step)[1:]))
            where = " or ".join(dict.fromkeys(places))
            return f"`{steps}` selects nothing: a `{step}` is at {where}; `**` takes the steps between"
    return ""


def _legacy_warning(text: str) -> str:
    meant = LEGACY_WORDS.get(text, "")
    return meant and f"`{text}` alone means `{meant}` to Sentry; here it is the key {text}"


def _warnings(node: Node, *, positive: bool) -> Iterator[str]:
    match node:
        case Steps():
            yield from (say(node) for holds, say in _WARNINGS if holds(node))
            if not positive and not node.specific:
                yield f"`!{node}`: Sentry ignores it for `tags`, file names and other fields; here it holds"
        case Not(part):
            yield from _warnings(part, positive=not positive)
        case And(parts) | Or(parts):
            for part in parts:
                yield from _warnings(part, positive=positive)


def _types(steps: Steps) -> set[str]:
    return {one.name for one in steps.items if isinstance(one, Type)}


def _ends_in_structure(steps: Steps) -> bool:
    last = steps.items[-1]
    return isinstance(last, Type) and last.name not in {*BASIC, *NOT_OPENED, "message"}


def _names_what_stays(steps: Steps) -> bool:
    first, *rest = steps.items
    roots = [place for _, place in places_of(first.name)] if isinstance(first, Type) else [(str(first),)]
    return steps.specific and all(is_never_hidden((*root, *map(str, rest))) for root in roots)


_WARNINGS: Final[Sequence[tuple[Callable[[Steps], bool], Callable[[Steps], str]]]] = (
    (lambda steps: bool(_unreachable(steps)), _unreachable),
    (
        lambda steps: any(isinstance(one, Index) for one in steps.items),
        lambda steps: f"`{steps}`: places in a list are not told apart, it covers all of them",
    ),
    (
        lambda steps: "boolean" in _types(steps),
        lambda steps: f"`{steps}`: Sentry never hides true and false; here they are covered",
    ),
    (
        lambda steps: "datetime" in _types(steps),
        lambda steps: f"`{steps}` covers nothing: times are needed as they are",
    ),
    (
        lambda steps: bool(_types(steps) & NOT_OPENED),
        lambda steps: f"`{steps}` covers nothing: minidumps are not opened but dropped",
    ),
    (
        _ends_in_structure,
        lambda steps: (
            f"`{steps}` hits nothing in Sentry; here it is the whole object, `{steps}.**` is what is in it"
        ),
    ),
    (
        lambda steps: Wildcard.DEEP in steps.items[1:-1],
        lambda steps: f"`{steps}`: `**` takes one step at least, so that nothing directly there is covered",
    ),
    (
        lambda steps: (
            Wildcard.DEEP in steps.items and (Key("tags") in steps.items or "event" in _types(steps))
        ),
        lambda steps: f"`{steps}` hits nothing in Sentry; here it covers what is written",
    ),
    (
        _names_what_stays,
        lambda steps: f"`{steps}` hits nothing in Sentry, which never hides this field; here it is covered",
    ),
)
