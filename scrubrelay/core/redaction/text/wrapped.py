"""Base64 inside text that turns out to be readable text itself."""

import base64
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

import regex

# In text that starts in ASCII, a byte below 128 begins every three, which the first of four letters shows.
_RUN: Final = regex.compile(
    r"(?<![A-Za-z0-9+/_=-])(?=(?:[CDI-Za-f][A-Za-z0-9+/_-]{3}){4})[A-Za-z0-9+/_-]{16,}+={0,2}"
)
_MIXED: Final = regex.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])")
_BINARY: Final = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
"""Controls that no text has; spaces of other kinds and what has no width are no reason not to look."""
_URL_SAFE: Final = str.maketrans("-_", "+/")
_LONGEST: Final = 200_000


def unwrapped(text: str, cut: Sequence[tuple[int, int]] = ()) -> Iterator[tuple[int, int, str]]:
    """Yield each run of base64 that decodes to a text in UTF-8, with its span.

    Args:
        text: Where they are looked for.
        cut: Spans within which, if they are longer, none is of interest.
    """
    ordered = sorted(cut)
    starts = [start for start, _ in ordered]
    # How far the spans reach of which none starts later.
    ends = [*accumulate((end for _, end in ordered), max)]
    for match in _RUN.finditer(text):
        start, end = match.span()
        earlier, here = bisect_left(starts, start), bisect_right(starts, start)
        if (earlier and ends[earlier - 1] >= end) or (here and ends[here - 1] > end):
            continue
        run = match[0].rstrip("=")
        if len(run) % 4 == 1 or len(run) > _LONGEST or not _MIXED.match(run):
            continue
        plain = base64.b64decode(run.translate(_URL_SAFE) + "=" * (-len(run) % 4))
        try:
            inner = plain.decode()
        except UnicodeDecodeError:
            continue
        if inner.isprintable() or _BINARY.search(inner) is None:
            yield match.start(), match.end(), inner
