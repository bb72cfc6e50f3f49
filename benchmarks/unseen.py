"""Strings of kinds that no corpus at hand has: secrets as other tools know them, and lines of other trades.

They were written against the library, by somebody who looked for what it does not find, so that what was
mended then stays so. `unseen.toml` holds what they are made of.
"""

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import regex

from benchmarks.corpora import Sample
from benchmarks.generated import filled

SEED: Final = 13
_TABLE: Final = Path(__file__).parent / "unseen.toml"
_EACH: Final = 6
"""How many of each form are made."""
SECRETS: Final = "secrets in other spellings"
TOKENS: Final = "tokens of recent years"
KEYS: Final = "sensitive keys, more"
_PLACES: Final = ("extra", "request.data", "request.headers", "contexts.app", "tags")
_MARK: Final = regex.compile("⟦(.*?)⟧")
_NO_IDENTIFIER: Final = regex.compile(r"^(?:let|const|var|#define|NAME(?: \|\|=|: Opt)|cfg\.)")
Table = Mapping[str, Mapping[str, Sequence[str]]]


def _table() -> Table:
    return tomllib.loads(_TABLE.read_text("utf-8"))


def samples() -> Iterator[Sample]:
    """Yield secrets by their name, their near misses, and tokens by their prefix."""
    table, dice = _table(), random.Random(SEED)
    yield from _named(table["secrets"], dice)
    for text in table["secrets"]["whole"]:
        yield _marked(SECRETS, text)
    for text in table["secrets"]["near_misses"]:
        yield Sample(SECRETS, "near miss", text, (), False)
    yield from _tokens(table["tokens"], dice)


def keys() -> Iterator[Sample]:
    """Yield names that hide their value and names that only look so, as they are and in other cases."""
    table, dice = _table()["keys"], random.Random(SEED)
    for kind, hides in (("hidden", True), ("kept", False)):
        for name in table[kind]:
            for spelled in dict.fromkeys((name, name.replace("_", "-"), name.replace("_", "."))):
                text = "hunter2-value-1" if hides else dice.choice(("3", "True", "enabled", "desk 4"))
                span = ((0, len(text)),) if hides else ()
                yield Sample(KEYS, kind, text, span, hides, dice.choice(_PLACES), spelled)


def harmless() -> Iterator[Sample]:
    """Yield lines of clusters, compilers, laboratories and mail that hold nothing anybody must hide."""
    dice = random.Random(SEED)
    for template in _table()["lines"]["harmless"]:
        make = filled(template)
        for _ in range(_EACH):
            yield Sample("benign", template[:20], make(dice), (), False)


def _named(table: Mapping[str, Sequence[str]], dice: random.Random) -> Iterator[Sample]:
    for form in table["forms"]:
        for _ in range(_EACH):
            name = dice.choice(table["names"])
            if _NO_IDENTIFIER.search(form):
                name = regex.sub(r"[.-]", "_", name)
            yield _marked(
                SECRETS, form.replace("NAME", name).replace("VALUE", f"⟦{dice.choice(table['values'])}⟧")
            )


def _tokens(table: Mapping[str, Sequence[str]], dice: random.Random) -> Iterator[Sample]:
    for prefix in table["prefixes"]:
        make = filled(prefix)
        for form in table["forms"]:
            yield _marked(TOKENS, form.replace("VALUE", f"⟦{make(dice)}⟧"), prefix.partition("{")[0])


def _marked(kind: str, text: str, entity: str = "") -> Sample:
    spans, plain, at = [], "", 0
    for mark in _MARK.finditer(text):
        plain += text[at : mark.start()]
        spans.append((len(plain), len(plain) + len(mark[1])))
        plain += mark[1]
        at = mark.end()
    return Sample(kind, entity or text, plain + text[at:], tuple(spans), True)
