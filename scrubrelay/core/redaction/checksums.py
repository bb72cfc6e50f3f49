"""Numbers that prove themselves: check digits, issuer tables and address syntax, one small test each.

Every function takes the text a pattern would cut and says whether it can be what the pattern claims.
None of them raises, whatever the text: a wrong guess of a regular expression is not an error.
"""

import hashlib
import ipaddress
from collections.abc import Callable

from stdnum import bic as _bic
from stdnum import iban as _iban
from stdnum import imei as _imei
from stdnum import luhn as _luhn

from scrubrelay.core.redaction.national import NATIONAL
from scrubrelay.core.redaction.phones import PHONES

# First digits (from, to) and lengths of the card networks, https://en.wikipedia.org/wiki/Payment_card_number
# and the networks' own BIN lists. 12- and 13-digit numbers are left to `card_in_context`: EANs and millisecond
# timestamps have that length, and one in ten passes the Luhn check.
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
    "AO": 25, "BF": 28, "BJ": 28, "CF": 27, "CG": 27, "CI": 28, "CM": 27, "CV": 25, "DZ": 26, "GA": 27, "GQ": 27,
    "GW": 25, "IR": 26, "KM": 27, "MA": 28, "MG": 27, "ML": 28, "MZ": 25, "NE": 28, "SN": 28, "TD": 27, "TG": 28,
}  # fmt: skip

# SSA's retired and advertised numbers, https://www.ssa.gov/history/ssn/misused.html
_PUBLIC_SSNS = {"078051120", "219099999", "457555462", "123456789"}

# ISO 3166-1 alpha-2, and XK, which banks use for Kosovo.
_COUNTRIES = frozenset(
    "AD AE AF AG AI AL AM AO AR AT AU AW AZ BA BB BD BE BF BG BH BI BJ BM BN BO BR BS BT BW BY BZ CA CD CF CG CH CI CL "
    "CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FO FR GA GB GD GE GG GH GI GL GM GN GQ GR "
    "GT GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KM KN KR KW KY KZ LA LB LC LI LK LR LS LT "
    "LU LV LY MA MC MD ME MG MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NZ OM PA PE PF PG PH PK PL "
    "PR PS PT PY QA RE RO RS RU RW SA SB SC SD SE SG SI SK SL SM SN SO SR SS ST SV SY SZ TD TG TH TJ TL TM TN TO TR TT "
    "TW TZ UA UG US UY UZ VA VC VE VG VN VU WS XK YE ZA ZM ZW".split()
)

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# A resolver's address is a constant of the internet: no version number is meant by it.
_RESOLVERS = {"1.1.1.1", "8.8.8.8", "8.8.4.4", "9.9.9.9"}


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

    >>> iban("DE89 3704 0044 0532 0130 00"), iban("de89-3704-0044-0532-0130-00"), iban("DE89 3704 0044 0532 0130 01")
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
    return bool(_bic.is_valid(cut)) and cut[4:6].upper() in _COUNTRIES


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


def ipv4(cut: str) -> bool:
    """A public IPv4 address that does not read like a version number of four parts.

    >>> ipv4("203.0.113.9"), ipv4("203.0.113.9:8080"), ipv4("10.0.0.1"), ipv4("4.0.15.0"), ipv4("127.0.0.1")
    (True, True, False, False, False)
    """
    address = _ipv4(cut)
    if address is None or _is_special(address) or _is_private(address):
        return False
    return str(address) in _RESOLVERS or cut.strip() != str(address) or not _reads_like_version(address)


def ipv4_private(cut: str) -> bool:
    """An address of RFC 1918, shared address space or link local, but not a cloud's metadata service.

    >>> ipv4_private("192.168.1.1"), ipv4_private("10.0.0.0/8"), ipv4_private("8.8.8.8"), ipv4_private("169.254.169.254")
    (True, True, False, False)
    """
    address = _ipv4(cut)
    return address is not None and _is_private(address) and not _is_special(address)


def ipv4_in_context(cut: str) -> bool:
    """Any IPv4 address that belongs to somebody, even if it could be a version: a word beside it says not.

    >>> ipv4_in_context("1.2.3.4"), ipv4_in_context("127.0.0.1"), ipv4_in_context("1.2.3.256")
    (True, False, False)
    """
    address = _ipv4(cut)
    return address is not None and not _is_special(address)


def _ipv4(cut: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(cut.partition("/")[0].partition(":")[0])
    except ValueError:
        return None


def _is_special(address: ipaddress.IPv4Address) -> bool:
    # 169.254.169.254 and .170.2 are the metadata services of every large cloud: constants, not hosts.
    return (
        address.is_loopback or address.is_unspecified or str(address) in {"169.254.169.254", "169.254.170.2"}
    )


def _is_private(address: ipaddress.IPv4Address) -> bool:
    # Not `is_private`: that counts the documentation networks, which stand in for public addresses.
    octets = address.packed
    return (
        octets[0] == 10
        or (octets[0] == 172 and 16 <= octets[1] < 32)
        or (octets[0] == 192 and octets[1] == 168)
        or (octets[0] == 100 and 64 <= octets[1] < 128)
        or address.is_link_local
    )


def _reads_like_version(address: ipaddress.IPv4Address) -> bool:
    # 4.0.15.0, 21.0.1.12, 8.0.100.2: parts count up from zero. One public address in three hundred looks so.
    return address.packed[0] < 40 and sum(octet < 20 for octet in address.packed) >= 3


def ipv6(cut: str) -> bool:
    """A whole IPv6 address, with zone or prefix, that is no slice (`1::2`), loopback or scope operator.

    RFC 4291 section 2.2, RFC 4007 section 11.

    >>> ipv6("2001:db8::1"), ipv6("fe80::1%eth0/64"), ipv6("::ffff:192.0.2.1"), ipv6("2001::25de::cade")
    (True, True, True, False)
    >>> ipv6("1::2"), ipv6("::1"), ipv6("ab::cd")
    (False, False, False)
    """
    address = _ipv6(cut)
    if address is None or address.is_loopback or address.is_unspecified:
        return False
    groups = [group for group in cut.partition("%")[0].partition("/")[0].split(":") if group]
    tells = len(groups) > 2 or "." in groups[-1] or any(len(group) > 2 for group in groups)
    return tells and (len(groups) > 4 or any(c.isdigit() for group in groups for c in group))


def ip_special(cut: str) -> bool:
    """Loopback and unspecified addresses, which name a host only where a word says so.

    >>> ip_special("::1/128"), ip_special("::"), ip_special("0.0.0.0"), ip_special("127.0.0.1")
    (True, True, True, False)
    """
    address = _ipv6(cut)
    return cut.partition("/")[0] == "0.0.0.0" or (  # noqa: S104 - compared, not bound
        address is not None and (address.is_loopback or address.is_unspecified)
    )


def _ipv6(cut: str) -> ipaddress.IPv6Address | None:
    base, slash, prefix = cut.partition("/")
    try:
        return ipaddress.IPv6Interface(base.partition("%")[0] + slash + prefix).ip
    except ValueError:
        return None


def mac(cut: str) -> bool:
    """An EUI-48 that can be some card's: not all pairs equal, and no date written with dashes.

    >>> mac("00:1A:2B:3C:4D:5E"), mac("aabb.ccdd.eeff"), mac("00:00:00:00:00:00"), mac("24-11-03-10-22-31")
    (True, True, False, False)
    """
    pairs = "".join(c for c in cut.lower() if c in "0123456789abcdef")
    varied = len(pairs) == 12 and len({pairs[i : i + 2] for i in range(0, 12, 2)}) > 1
    return varied and (":" in cut or not pairs.isdigit())


def base58check(cut: str) -> bool:
    """A Bitcoin-family address of the old form: 25 bytes, four of them a double SHA-256.

    https://en.bitcoin.it/wiki/Base58Check_encoding

    >>> base58check("16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ"), base58check("16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyY")
    (True, False)
    """
    number = 0
    for c in cut:
        if c not in _BASE58:
            return False
        number = number * 58 + _BASE58.index(c)
    if number.bit_length() > 200:
        return False
    data = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4] == data[21:]


def bech32(cut: str) -> bool:
    """An address in bech32 or bech32m with any human-readable part, BIP 173 and BIP 350.

    >>> bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")
    (True, False)
    """
    prefix, _, data = cut.lower().rpartition("1")
    if not prefix or len(data) < 6 or any(c not in _BECH32 for c in data):
        return False
    values = (
        [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [_BECH32.index(c) for c in data]
    )
    return _polymod(values) in {1, 0x2BC830A3}


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            checksum ^= generator * (top >> bit & 1)
    return checksum


def email(cut: str) -> bool:
    """An address whose last label is no file name's, and whose user is no version control's.

    >>> email("jane@example.com"), email("logo@2x.png"), email("git@example.com"), email("tty@tty1.service")
    (True, False, False, False)
    """
    local, _, domain = cut.rpartition("@")
    suffix = domain.rpartition(".")[2].lower()
    return bool(local) and suffix not in _FILE_SUFFIXES and local.lower() not in {"git", "hg", "svn"}


# No top-level domain among them; `.rs`, `.py`, `.md`, `.sh`, `.zip` are, and stay.
_FILE_SUFFIXES = frozenset(
    "avif bmp cjs conf cpp css csv cxx dll dylib eot exe gif hpp htm html ico ini jar java jpeg jpg js json jsx kt "
    "less lock log map mjs mp3 mp4 otf pdf php png pyc rb sass scss socket service slice scope svg swift target "
    "timer toml ts tsx ttf txt vue war webm webp whl woff woff2 xml yaml yml".split()
)

CHECKSUMS: dict[str, Callable[[str], bool]] = {
    "luhn": luhn,
    "card": card,
    "card_in_context": card_in_context,
    "iban": iban,
    "bic": bic,
    "imei": imei,
    "aba": aba,
    "ssn": ssn,
    "ipv4": ipv4,
    "ipv4_private": ipv4_private,
    "ipv4_in_context": ipv4_in_context,
    "ipv6": ipv6,
    "ip_special": ip_special,
    "mac": mac,
    "base58check": base58check,
    "bech32": bech32,
    "email": email,
    **NATIONAL,
    **PHONES,
}
