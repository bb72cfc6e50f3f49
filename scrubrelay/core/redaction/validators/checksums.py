"""Numbers that prove themselves by check digits, tables of issuers or syntax, one small test each.

Every function takes the text a pattern would cut and says whether it can be what the pattern claims.
None of them raises, whatever the text: a wrong guess of a regular expression is not an error.
"""

from collections.abc import Callable

from phonenumbers import SUPPORTED_REGIONS
from stdnum import bic as _bic
from stdnum import iban as _iban
from stdnum import imei as _imei
from stdnum import luhn as _luhn

from scrubrelay.core.redaction.validators.national import NATIONAL
from scrubrelay.core.redaction.validators.networks import NETWORKS
from scrubrelay.core.redaction.validators.phones import PHONES
from scrubrelay.core.redaction.validators.wallets import WALLETS

# First digits (from, to) and lengths of the card networks, https://en.wikipedia.org/wiki/Payment_card_number
# and the networks' own BIN lists. 12- and 13-digit numbers are left to `card_in_context`: EANs and
# millisecond timestamps have that length, and one in ten passes the Luhn check.
_ISSUERS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("4", "4", (16, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),  # Mastercard, since 2017
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("300", "305", (14, 16, 19)),  # Diners Club
    ("3095", "3095", (14, 16, 19)),
    ("36", "36", (14, 16, 19)),
    ("38", "39", (14, 16, 19)),
    ("2014", "2014", (15,)),  # Diners Club enRoute
    ("2149", "2149", (15,)),
    ("6011", "6011", (16, 17, 18, 19)),  # Discover
    ("644", "659", (16, 17, 18, 19)),
    ("3528", "3589", (16, 17, 18, 19)),  # JCB
    ("2131", "2131", (15,)),
    ("1800", "1800", (15,)),
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
    ("8100", "8171", (16, 17, 18, 19)),
    ("5018", "5018", (16, 17, 18, 19)),  # Maestro
    ("5020", "5020", (16, 17, 18, 19)),
    ("5038", "5038", (16, 17, 18, 19)),
    ("5893", "5893", (16, 17, 18, 19)),
    ("6304", "6304", (16, 17, 18, 19)),
    ("6390", "6390", (16, 17, 18, 19)),
    ("6703", "6709", (16, 17, 18, 19)),
    ("6759", "6771", (16, 17, 18, 19)),
    ("2200", "2205", (16, 17, 18, 19)),  # Mir, Borica
    ("9792", "9792", (16,)),  # Troy
    ("60", "60", (16,)),  # RuPay, Hipercard, Cabal, Forbrugsforeningen
    ("508", "508", (16,)),  # RuPay
    ("8172", "8299", (16,)),
    ("353", "353", (16,)),
    ("356", "356", (16,)),
    ("5019", "5019", (16,)),  # Dankort
    ("506099", "506198", (16, 18, 19)),  # Verve
    ("507865", "507964", (16, 18, 19)),
    ("5066", "5067", (16,)),  # Elo
    ("509", "509", (16,)),
    ("5041", "5041", (16,)),
    ("627780", "627780", (16,)),
    ("63", "63", (16,)),  # Elo, InstaPayment, InterPayment, Solo, Carnet
    ("5610", "5610", (16,)),  # Bankcard
    ("560221", "560225", (16,)),
    ("5614", "5614", (16,)),  # Uzcard
    ("8600", "8600", (16,)),
    ("9860", "9860", (16,)),  # Humo
    ("9704", "9704", (16, 19)),  # Napas
    ("589", "589", (16,)),  # Naranja, Cabal
    ("5011", "5011", (16,)),  # Argencard
    ("5022", "5022", (16,)),  # Carnet
    ("5641", "5641", (16, 18, 19)),  # Switch
    ("1946", "1946", (16,)),  # GPN
)

# Countries that use IBANs without standing in SWIFT's registry, with their length,
# https://www.ecbs.org and https://bank.codes/iban/structure/
_UNREGISTERED_IBANS = {
    country: length
    for length, countries in {
        25: "AO CV GW MZ",
        26: "DZ IR",
        27: "CF CG CM GA GQ KM MG TD",
        28: "BF BJ CI MA ML NE SN TG",
    }.items()
    for country in countries.split()
}

# SSA's retired and advertised numbers, https://www.ssa.gov/history/ssn/misused.html
_PUBLIC_SSNS = {"078051120", "219099999", "457555462", "123456789"}


# No top-level domain among them; `.rs`, `.py`, `.md`, `.sh`, `.zip` are, and stay.
_FILE_SUFFIXES = (
    "avif bmp cjs conf cpp css csv cxx dll dylib eot exe gif hpp htm html ico ini jar java jpeg jpg js json "
    "jsx kt less lock log map mjs mp3 mp4 otf pdf php png pyc rb sass scss socket service slice scope svg "
    "swift target timer toml ts tsx ttf txt vue war webm webp whl woff woff2 xml yaml yml"
)
_NO_DOMAINS = frozenset(_FILE_SUFFIXES.split())


def _digits(cut: str) -> str:
    return "".join(c for c in cut if c in "0123456789")


def luhn(cut: str) -> bool:
    """Whether the digits pass the Luhn check, ISO/IEC 7812-1 annex B.

    >>> luhn("7992 7398 713"), luhn("7992 7398 714"), luhn("0000")
    (True, False, False)
    """
    digits = _digits(cut)
    return len(set(digits)) > 1 and bool(_luhn.is_valid(digits))


def card(cut: str) -> bool:
    """A card number that some network issues: range and length first, then Luhn, ISO/IEC 7812.

    >>> card("4111 1111 1111 1111"), card("4111 1111 1111 1112")
    (True, False)
    >>> card("1748503543012480")  # microseconds since 1970; a tenth of them pass Luhn alone
    False
    """
    digits = _digits(cut)
    return any(
        len(digits) in lengths and first <= digits[: len(first)] <= last for first, last, lengths in _ISSUERS
    ) and luhn(digits)


def card_in_context(cut: str) -> bool:
    """A number that passes Luhn in any length cards have; only a word beside it makes it a card.

    >>> card_in_context("6304 0000 0000"), card_in_context("4111111111111112")
    (True, False)
    """
    return 12 <= len(_digits(cut)) <= 19 and luhn(cut)


def iban(cut: str) -> bool:
    """An IBAN of any country that has them: length, structure and mod 97, ISO 13616.

    >>> iban("DE89 3704 0044 0532 0130 00"), iban("de89-3704-0044-0532-0130-00"), iban("DE89370400440532")
    (True, True, False)
    >>> iban("DZ58 0002 1000 0111 3000 0005 70")  # not in SWIFT's registry
    True
    """
    compact = "".join(c for c in cut if c.isascii() and c.isalnum()).upper()
    if _UNREGISTERED_IBANS.get(compact[:2]) == len(compact):
        return _mod97(compact)
    return bool(_iban.is_valid(compact, check_country=False))


def _mod97(compact: str) -> bool:
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def bic(cut: str) -> bool:
    """A bank's identifier code: bank, a country that exists, place, branch, ISO 9362.

    >>> bic("DEUTDEFF500"), bic("PASSWORD")
    (True, False)
    """
    return bool(_bic.is_valid(cut)) and cut[4:6].upper() in SUPPORTED_REGIONS


def imei(cut: str) -> bool:
    """A phone's serial number: 15 digits with Luhn, or 16 with a software version, 3GPP TS 23.003.

    >>> imei("49-015420-323751-8"), imei("490154203237519")
    (True, False)
    """
    return bool(_imei.is_valid(cut)) and len(set(_digits(cut))) > 1


def aba(cut: str) -> bool:
    """A US bank's routing number: federal reserve range, then weights 3-7-1.

    https://www.aba.com/about-us/routing-number

    >>> aba("121042882"), aba("121042883"), aba("991042882")
    (True, False, False)
    """
    digits = _digits(cut)
    if len(digits) != 9 or not any(
        low <= int(digits[:2]) <= high for low, high in ((1, 12), (21, 32), (61, 72))
    ):
        return False
    return sum(int(d) * w for d, w in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0


def ssn(cut: str) -> bool:
    """A US social security number that can have been issued, and was never an advertisement.

    https://www.ssa.gov/employer/randomizationfaqs.html

    >>> ssn("536-90-4399"), ssn("666-90-4399"), ssn("536-00-4399"), ssn("078-05-1120")
    (True, False, False, False)
    """
    digits = _digits(cut)
    issued = len(digits) == 9 and digits[:3] not in {"000", "666"} and digits[0] != "9"
    return issued and digits[3:5] != "00" and digits[5:] != "0000" and digits not in _PUBLIC_SSNS


def email(cut: str) -> bool:
    """An address whose last label is no file name's, and whose user is no version control's.

    >>> email("jane@example.com"), email("logo@2x.png"), email("git@example.com"), email("tty@tty1.service")
    (True, False, False, False)
    """
    local, _, domain = cut.rpartition("@")
    suffix = domain.rpartition(".")[2].lower()
    # A framework's `UserController@index.blade` names a method.
    is_user = bool(local) and local.lower() not in {"git", "hg", "svn"} and not local.endswith("Controller")
    return is_user and suffix not in _NO_DOMAINS


CHECKSUMS: dict[str, Callable[[str], bool]] = {
    "luhn": luhn,
    "card": card,
    "card_in_context": card_in_context,
    "iban": iban,
    "bic": bic,
    "imei": imei,
    "aba": aba,
    "ssn": ssn,
    "email": email,
    **NATIONAL,
    **NETWORKS,
    **PHONES,
    **WALLETS,
}
