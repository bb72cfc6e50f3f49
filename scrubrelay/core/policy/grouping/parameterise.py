"""Values that differ from event to event, in a message, become placeholders: one pass, in linear time.

The shapes and their order are those of Sentry's grouping `newstyle:2023-01-11`. Where that one lets digits
through that today's Sentry sets aside (`15s`, a bare `4fd82a01`, a trace), today's is taken: it can only make
fewer issues out of a flood. What redaction leaves is a value too: `[email]` and `me@example.com` become one.
"""

from functools import cache
from typing import Final

import regex

LONGEST: Final = 8192
"""Characters of a message that are looked at: Sentry keeps no more."""
READ: Final = 4 * LONGEST
"""As many before redaction, which may make it shorter."""
_PATIENCE: Final = 1.0  # seconds; the shapes below need some 50 ms for the worst message that was found
_LINES: Final = 2

# The hundred top-level domains that Sentry knows, all in lower or all in upper case.
_DOMAINS: Final = (
    "com net org jp de uk fr br it ru es me gov pl ca au cn co in nl edu info eu ch id at kr cz mx be tv"
    " se tr tw al ua ir vn cl sk ly cc to no fi us pt dk ar hu tk gr il news ro my biz ie za nz sg ee th io"
    " xyz pe bg hk rs lt link ph club si site mobi by cat wiki la ga xxx cf hr ng jobs online kz ug gq ae is"
    " lv pro fm tips ms sa app"
)
_TLDS: Final = [*_DOMAINS.split(), *_DOMAINS.upper().split()]
_DAY: Final = "(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)"
_LONG_DAY: Final = "(?:Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day"
_MONTH: Final = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_ZONE: Final = r"(?:[-+]\d\d[0-5]\d|UT|GMT|[ECMP](?:ST|DT)|[A-IK-Z])"
_NAMED_ZONE: Final = r"(?:UT|GMT|[ECMP](?:ST|DT)|[A-IK-Z])"
_YMD: Final = r"\d{4}-[01]\d-[0-3]\d"
_HM: Final = r"[0-2]\d:[0-5]\d"

_DATES: Final = (
    rf"{_DAY},\s\d{{1,2}}\s{_MONTH}\s\d{{2,4}}\s\d{{1,2}}:\d{{1,2}}(?::\d{{1,2}})?\s{_ZONE}",  # RFC 822, 1123
    rf"(?:{_DAY}\s)?{_MONTH}\s[0-3]\d,\s\d{{2,4}}",  # Mon Jan 02, 1999
    rf"{_LONG_DAY},\s\d\d-{_MONTH}-\d\d\s\d\d:\d\d:\d\d\s{_NAMED_ZONE}",  # RFC 850
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?(?:[-+]?\d\d:\d\d)?",  # RFC 3339
    r"\d{4}-?[01]\d-?[0-3]\d\s[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d+)?",
    r"\d{1,2}:\d\d(?::\d\d)?(?:\s?[aApP][Mm])?",  # 3:04 PM
    _YMD,
    rf"{_YMD}T{_HM}(?:[-+]{_HM}|Z)",
    rf"\b(?:{_DAY}\s+)?{_MONTH}\s+\d{{1,2}}\s+\d\d:\d\d:\d\d\s+\d{{4}}",  # asctime
    (
        rf"\b(?:{_DAY},\s+)?(?:0[1-9]|[12]?\d|3[01])\s+{_MONTH}\s+(?:19\d\d|[2-9]\d{{3}})\s+"
        rf"(?:2[0-3]|[01]\d):[0-5]\d(?::(?:60|[0-5]\d))?\s+{_ZONE}"
    ),
    r"datetime.datetime\([^\n)]{0,200}\)",
)
_OCTET: Final = r"(?:25[0-5]|(?:2[0-4]|1?[0-9])?[0-9])"
_IPV4: Final = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_H: Final = "[0-9a-fA-F]{1,4}"
# In this order: the first that fits is taken, not the longest.
_IPV6: Final = (
    rf"(?:{_H}:){{7}}{_H}",
    rf"(?:{_H}:){{1,7}}:",
    *(rf"(?:{_H}:){{1,{7 - tail}}}(?::{_H}){{1,{tail}}}" for tail in range(1, 6)),
    rf"{_H}:(?::{_H}){{1,6}}",
    rf":(?:(?::{_H}){{1,7}}|:)",
    r"fe80:(?::[0-9a-fA-F]{0,4}){0,4}%[0-9a-zA-Z]+",
)
_LOCAL: Final = r"a-zA-Z0-9.!#$%&'*+/=?^_`{|}~\-"

_SHAPES: Final = (
    # The run before the @ is taken whole, from its start: a long one without @ costs nothing twice.
    ("email", rf"(?:\G|(?<![{_LOCAL}]))[{_LOCAL}]++@[a-zA-Z0-9\-]+(?:\.[a-zA-Z0-9\-]+)*+"),
    ("url", r"\b(?:wss?|https?|ftp)://[^\s/$.?#].[^\s]*"),
    ("hostname", r"\b(?:[a-zA-Z0-9\-]{1,63}\.){1,12}?(?=[a-zA-Z]{2,6}\b)\L<tlds>\b"),
    # A whole address first; then what Sentry takes for one in `Class::method`.
    (
        "ip",
        rf"(?<![0-9a-zA-Z_])(?:{'|'.join(_IPV6)})(?![0-9a-zA-Z]|:[0-9a-fA-F])|{'|'.join(_IPV6)}|\b{_IPV4}\b",
    ),
    ("traceparent", r"\b00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]\b"),
    ("uuid", r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    ("sha1", r"\b[0-9a-fA-F]{40}\b"),
    ("md5", r"\b[0-9a-fA-F]{32}\b"),
    ("date", "|".join(_DATES)),
    ("duration", r"\b\d+ms|(?:(?:\G|(?<!\d))\d+\.)?(?:\G|(?<!\d))\d+s\b|\d\.\d+s\b"),
    ("swift_txn_id", r"\btx[0-9a-f]{21}-[0-9a-f]{10}\S*"),  # of OpenStack's object store
    ("hex", r"\b0[xX][0-9a-fA-F]+\b"),
    # Bare: with a digit and a letter, of one case. As today's Sentry, down to the seven of a short commit.
    (
        "hex",
        r"\b(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{7,128}\b|\b(?=[A-F]*[0-9])(?=[0-9]*[A-F])[0-9A-F]{8,128}\b",
    ),
    ("float", r"-\d+\.\d+\b|\b\d+\.\d+\b"),
    ("int", r"-\d+\b|\b\d+\b"),
    ("quoted_str", r"""(?<==)(?:'[^']+'|"[^"]+")"""),
    ("bool", r"(?<==)(?:True|true|False|false)"),
)
# What redaction leaves (label, or label and keyed hash) of a value for which Sentry has a word, and what its
# action `partial` leaves of any: a raw value and its redaction have to come to the same.
_LEFT: Final = (
    *((kind, rf"\[{kind}(?::[0-9a-f]{{32}})?\]") for kind in ("email", "ip", "uuid")),
    ("secret", r"\*{3,}[0-9A-Za-z]{4}\b"),
)
# Nothing of the above without one of these; most messages have none, and need no second look.
_SIGNS: Final = regex.compile(r"[0-9@=]|::|://|\[(?:email|ip|uuid)|[A-Za-z0-9]\.[A-Za-z]|\*{3}")


def first_lines(message: str) -> str:
    """Return the first two lines that are not empty, with dots if that is not all."""
    if "\n" not in message and message.strip() and len(message.splitlines()) == 1:
        return message
    lines = [line for line in message[:LONGEST].splitlines() if line.strip()]
    kept = "\n".join(lines[:_LINES])
    return kept if kept == message else f"{kept}..."


def parameterise(message: str) -> str:
    """Return the first two lines of a message, with a placeholder for each value in them.

    The same for the same message, whatever its length; never raises.
    """
    return placeholders(first_lines(message[:LONGEST]))


def placeholders(text: str) -> str:
    """Return a text with a placeholder for each value in it, as far as it is looked at."""
    text = text[:LONGEST]
    if _SIGNS.search(text) is None:
        return text
    try:
        return _values().sub(_placeholder, text, timeout=_PATIENCE)
    except TimeoutError:  # none is known that takes a tenth of that; a coarse key is better than none
        return text[:64]


@cache
def _values() -> regex.Pattern[str]:
    shapes = (f"(?P<{kind}>{shape})" for kind, shape in (*_LEFT, *_SHAPES))
    return regex.compile("|".join(shapes), tlds=_TLDS)


def _placeholder(match: regex.Match[str]) -> str:
    return f"<{match.lastgroup}>"
