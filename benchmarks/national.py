"""Numbers of states that the project makes itself: valid ones as people write them, and what only looks so.

They hold each country's pack to what it does where no corpus is at hand. In a shape `#` is a digit, `@` a
letter, `%y%m%d` and the like a date of birth, and `<...>` one character out of these. Check digits come by
trying, judged by python-stdnum.
"""

import random
import string
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Final

import regex

from benchmarks.corpora import Sample
from scrubrelay.core.redaction.validators import national

SEED: Final = 11
_TABLE: Final = Path(__file__).parent / "national.toml"
_EACH: Final = 3
"""How many of each shape are made."""
TOLD: Final = "national numbers, with a word"
ALONE: Final = "national numbers, alone"
_TRIES: Final = 20_000
_BORN: Final = (date(1940, 1, 1), 25_000)
_PLAIN: Final = regex.compile(r"[ ./-]")
_OPEN: Final = regex.compile(r"<([^>]+)>|[#@]")


@dataclass(frozen=True, slots=True)
class Kind:
    """One number of one country.

    Args:
        pack: The pack to be on.
        name: What it is called here.
        shapes: As it is written, the plain spelling first.
        words: What people call it; the first stands in sentences, the others in fields and logs.
        check: The module of python-stdnum that knows valid ones, or a name of the national validators.
        needs_word: Whether it means nothing without a word beside it.
        lower: Whether people type it in lower case.
    """

    pack: str
    name: str
    shapes: tuple[str, ...]
    words: tuple[str, ...]
    check: str = ""
    needs_word: bool = False
    lower: bool = True


def kinds() -> Iterator[Kind]:
    """Yield every number that some pack promises to find."""
    for row in tomllib.loads(_TABLE.read_text("utf-8"))["kind"]:
        yield Kind(
            **{name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
        )


def samples() -> Iterator[tuple[str, Sample]]:
    """Yield numbers in what people write around them, each with the pack that is for it."""
    for kind, number, rng in _numbers():
        for text, told in _written(kind, number, rng):
            yield kind.pack, _sample(kind, text, number, told=told)
        lowered = number.lower()
        if kind.lower and lowered != number:
            yield kind.pack, _sample(kind, f"{kind.words[0].lower()}: {lowered}", lowered, told=True)


def near_misses() -> Iterator[tuple[str, Sample]]:
    """Yield what is wrong by a digit, too long or a part of something else, each with its pack."""
    for kind, number, rng in _numbers():
        for text in _spoilt(kind, number, rng):
            yield kind.pack, Sample(ALONE, kind.name, text, (), False)


def _numbers() -> Iterator[tuple[Kind, str, random.Random]]:
    rng = random.Random(SEED)
    for kind in kinds():
        for shape in kind.shapes:
            for _ in range(_EACH):
                yield kind, valid(kind, shape, rng), rng


def _sample(kind: Kind, text: str, number: str, *, told: bool) -> Sample:
    start = text.rindex(number)
    span = (start, start + len(number))
    return Sample(TOLD if told else ALONE, kind.name, text, (span,), True)


def valid(kind: Kind, shape: str, rng: random.Random) -> str:
    """Return a number of this shape that is valid.

    Raises:
        LookupError: None was found: the shape is wrong.
    """
    check = checker(kind)
    for _ in range(_TRIES):
        number = _filled(shape, rng)
        if check(number):
            return number
    raise LookupError(f"{kind.pack}.{kind.name}: nothing valid of the shape {shape}")


def checker(kind: Kind) -> Callable[[str], bool]:
    """Return what knows valid numbers of a kind; everything is, where a number checks nothing."""
    if kind.check.startswith("="):
        return _OWN.get(kind.check[1:]) or national.NATIONAL[kind.check[1:]]
    if not kind.check:
        return lambda _: True
    module = import_module(f"stdnum.{kind.check}")
    return lambda number: bool(module.is_valid(number) or module.is_valid(_PLAIN.sub("", number)))


def _filled(shape: str, rng: random.Random) -> str:
    born = _BORN[0] + timedelta(days=rng.randrange(_BORN[1]))
    return _OPEN.sub(lambda place: rng.choice(_choices(place)), born.strftime(shape))


def _choices(place: "regex.Match[str]") -> str:
    if place[1] is None:
        return string.digits if place[0] == "#" else string.ascii_uppercase
    ranges = regex.sub(r"(.)-(.)", lambda r: "".join(map(chr, range(ord(r[1]), ord(r[2]) + 1))), place[1])
    return str(ranges)


def _written(kind: Kind, number: str, rng: random.Random) -> Iterator[tuple[str, bool]]:
    word, other = kind.words[0], rng.choice(kind.words)
    yield f"{word}: {number}", True
    yield f"The {other} of this customer is {number}, see the file", True
    yield f'{{"{other}": "{number}"}}', True
    yield f"{number} ({other})", True
    yield f"{other}={number} rejected", True
    if not kind.needs_word:
        yield number, False
        yield f"lookup of {number} failed", False
        yield f'["{number}"]', False


def _spoilt(kind: Kind, number: str, rng: random.Random) -> Iterator[str]:
    check = checker(kind)
    yield f"x{number}y"
    yield f"{number}{rng.randrange(10_000):04d}"
    yield f"req-{number}-{rng.randrange(10_000):04d}abc"
    yield f"/assets/{rng.randrange(100)}{number}a.png"
    if kind.check and not kind.check.startswith("=in_"):
        for _ in range(20):
            at = rng.choice([i for i, c in enumerate(number) if c.isdigit()])
            wrong = number[:at] + rng.choice(string.digits) + number[at + 1 :]
            if not check(wrong):
                yield wrong
                yield f"lookup of {wrong} failed"
                return


def _es_nuss(number: str) -> bool:
    digits = "".join(filter(str.isdigit, number))
    return 0 < int(digits[:2]) < 54 and digits[2] != "0" and int(digits[:10]) % 97 == int(digits[10:])


def _pl_id_card(number: str) -> bool:
    values = [int(c, 36) for c in number.replace(" ", "")]
    weights = (7, 3, 1, 0, 7, 3, 1, 7, 3)
    return sum(v * w for v, w in zip(values, weights, strict=True)) % 10 == values[3]


def _mbi(number: str) -> bool:
    return not set(number) & set("SLOIBZ")


_OWN: Final[dict[str, Callable[[str], bool]]] = {
    "es_nuss": _es_nuss,
    "pl_id_card": _pl_id_card,
    "mbi": _mbi,
    "in_plate": bool,
}
