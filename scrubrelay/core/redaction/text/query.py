"""Query strings and form bodies inside text: names and their values."""

from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote_plus

import regex

_PAIR: Final = regex.compile(r"""(?<=[?&#;]|^|&amp;)([\w.%+\[\]-]{1,80}+)=([^&#\s"'`<>;,|{}\\]++)""")
_FORM: Final = regex.compile(r"""[\w.%+\[\]-]{1,80}+=[^&\s"'<>]*+(?:&[\w.%+\[\]-]{1,80}+=[^&\s"'<>]*+)++""")
_QUERY: Final = regex.compile(r"""(?<=[\w/.)\]%:-]|^)\?[\w.%+\[\]-]{1,80}+=[^\s"'`<>{}\\]*+""")


class Pair(NamedTuple):
    """A name and the span of its value."""

    name: str
    start: int
    end: int


def pairs(text: str) -> Iterator[Pair]:
    """Yield the pairs of every query string in a text, or of the form body that it is."""
    if "=" not in text:
        return
    spans = [(0, len(text))] if _FORM.fullmatch(text) else [match.span() for match in _QUERY.finditer(text)]
    for start, end in spans:
        for match in _PAIR.finditer(text, start, end):
            yield Pair(unquote_plus(match[1]), *match.span(2))
