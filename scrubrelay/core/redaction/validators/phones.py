"""Telephone numbers, checked against Google's numbering plans."""

from collections.abc import Callable
from functools import partial

import phonenumbers


def international(cut: str) -> bool:
    """A number with its country code (`+49…`, `0049…`) and a length that country uses.

    https://github.com/google/libphonenumber

    >>> international("+49 30 1234567"), international("0044 20 7946 0012"), international("+1 234")
    (True, True, False)
    """
    digits = "".join(c for c in cut if c in "+0123456789")
    number = _parse("+" + digits.removeprefix("00") if digits.startswith("00") else digits, None)
    return number is not None and phonenumbers.is_possible_number(number)


def national(cut: str, region: str) -> bool:
    """A number that is valid as dialled inside one region.

    >>> national("(415) 555-0132", "US"), national("(115) 555-0132", "US"), national("030 1234567", "DE")
    (True, False, True)
    """
    number = _parse(cut, region)
    return number is not None and phonenumbers.is_valid_number_for_region(number, region)


def nanp(cut: str) -> bool:
    """A number of the North American plan (US, Canada, Caribbean) with an area code in use.

    >>> nanp("415-555-0132"), nanp("221-395-1837")
    (True, False)
    """
    number = _parse(cut, "US")
    return number is not None and number.country_code == 1 and phonenumbers.is_valid_number(number)


def trunk(cut: str) -> bool:
    """A number dialled with a leading zero that is valid in the plan of some country that dials so.

    Without a country a bare number must be a mobile's: those prefixes are few.

    >>> trunk("0917-123-4567"), trunk("09171234567"), trunk("00000012345"), trunk("030 1234567")
    (True, True, False, True)
    """
    allowed = _MOBILE if cut.isdigit() else None
    return any(_is_valid(cut, region, allowed) for region in _TRUNK_REGIONS)


def _is_valid(cut: str, region: str, allowed: frozenset[int] | None) -> bool:
    number = _parse(cut, region)
    if number is None or not phonenumbers.is_valid_number_for_region(number, region):
        return False
    return allowed is None or phonenumbers.number_type(number) in allowed


def dialled(cut: str) -> bool:
    """Seven to fifteen digits that vary: enough once a word beside them says "phone".

    ITU-T E.164 section 6.

    >>> dialled("020 7946 0012"), dialled("0000000000"), dialled("12345")
    (True, False, False)
    """
    digits = [c for c in cut if c in "0123456789"]
    return 7 <= len(digits) <= 15 and len(set(digits)) > 2


def _parse(cut: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(cut, region)
    except phonenumbers.NumberParseException:
        return None


_REGIONS = (
    "AE AR AT AU BE BG BR CA CH CL CN CO CZ DE DK EE EG ES FI FR GB GR HK HR HU ID IE IL IN IT JP KE KR LT "
    "LU LV MX MY NG NL NO NZ PE PH PK PL PT RO RS RU SA SE SG SI SK TH TR TW UA US VN ZA"
)

# Where most numbers in logs of Europe, Asia and Africa come from, and a zero leads inside the country.
_TRUNK_REGIONS = (
    "GB",
    "DE",
    "FR",
    "NL",
    "BE",
    "CH",
    "AT",
    "SE",
    "IE",
    "TR",
    "JP",
    "KR",
    "AU",
    "IN",
    "PH",
    "NG",
    "ZA",
    "IL",
)
_MOBILE = frozenset({phonenumbers.PhoneNumberType.MOBILE})

PHONES: dict[str, Callable[[str], bool]] = {
    "phone_international": international,
    "phone_dialled": dialled,
    "phone_nanp": nanp,
    "phone_trunk": trunk,
    **{f"phone_{region.lower()}": partial(national, region=region) for region in _REGIONS.split()},
}
