"""Numbers that states give to people and firms, each checked by its state's rule."""

from collections.abc import Callable
from functools import partial
from types import ModuleType

from stdnum import luhn, verhoeff
from stdnum.ar import cuit
from stdnum.at import uid, vnr
from stdnum.au import abn, acn, tfn
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cnpj, cpf
from stdnum.ca import bn, sin
from stdnum.ch import ssn as ahv
from stdnum.ch import uid as ch_uid
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.co import nit
from stdnum.cz import rc
from stdnum.de import stnr
from stdnum.dk import cpr
from stdnum.ec import ci
from stdnum.ee import ik
from stdnum.es import cif, dni, nie, nif
from stdnum.eu import vat as eu_vat
from stdnum.fi import hetu, ytunnus
from stdnum.fr import nif as fr_nif
from stdnum.fr import nir, siren, siret
from stdnum.gb import nhs, utr
from stdnum.gb import vat as uk_vat
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.hu import anum
from stdnum.id import nik
from stdnum.ie import pps
from stdnum.il import idnr as teudat_zehut
from stdnum.in_ import aadhaar, epic, gstin
from stdnum.is_ import kennitala
from stdnum.iso7064 import mod_11_10
from stdnum.it import codicefiscale, iva
from stdnum.jp import in_ as my_number
from stdnum.lt import asmens
from stdnum.lv import pvn
from stdnum.mx import curp, rfc
from stdnum.my import nric
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.nz import ird
from stdnum.pe import ruc
from stdnum.pk import cnic
from stdnum.pl import nip, pesel, regon
from stdnum.pt import cc
from stdnum.pt import nif as pt_nif
from stdnum.ro import cnp
from stdnum.ru import inn
from stdnum.se import orgnr, personnummer
from stdnum.sg import uen
from stdnum.si import emso
from stdnum.sk import rc as sk_rc
from stdnum.th import pin
from stdnum.tr import tckimlik, vkn
from stdnum.ua import rntrc
from stdnum.us import itin
from stdnum.za import idnr as za_idnr

# Each module's docstring is its source: https://arthurdejong.org/python-stdnum/formats
_STDNUM: dict[str, ModuleType] = {
    "ar_cuit": cuit,
    "at_svnr": vnr,
    "at_uid": uid,
    "au_abn": abn,
    "au_acn": acn,
    "au_tfn": tfn,
    "be_nn": nn,
    "bg_egn": egn,
    "br_cnpj": cnpj,
    "br_cpf": cpf,
    "ca_bn": bn,
    "ca_sin": sin,
    "ch_ahv": ahv,
    "ch_uid": ch_uid,
    "cl_rut": rut,
    "cn_ric": ric,
    "co_nit": nit,
    "cz_rc": rc,
    "de_stnr": stnr,
    "dk_cpr": cpr,
    "ec_ci": ci,
    "ee_ik": ik,
    "es_cif": cif,
    "es_dni": dni,
    "es_nie": nie,
    "es_nif": nif,
    "eu_vat": eu_vat,
    "fi_ytunnus": ytunnus,
    "fr_nif": fr_nif,
    "fr_nir": nir,
    "fr_siren": siren,
    "fr_siret": siret,
    "gr_amka": amka,
    "hr_oib": oib,
    "hu_anum": anum,
    "id_nik": nik,
    "ie_pps": pps,
    "il_id": teudat_zehut,
    "in_aadhaar": aadhaar,
    "in_epic": epic,
    "in_gstin": gstin,
    "is_kennitala": kennitala,
    "it_cf": codicefiscale,
    "it_iva": iva,
    "jp_my_number": my_number,
    "lt_asmens": asmens,
    "lv_pk": pvn,
    "mx_curp": curp,
    "mx_rfc": rfc,
    "my_nric": nric,
    "nl_bsn": bsn,
    "no_fnr": fodselsnummer,
    "nz_ird": ird,
    "pe_ruc": ruc,
    "pk_cnic": cnic,
    "pl_nip": nip,
    "pl_pesel": pesel,
    "pl_regon": regon,
    "pt_cc": cc,
    "pt_nif": pt_nif,
    "ro_cnp": cnp,
    "ru_inn": inn,
    "se_orgnr": orgnr,
    "se_pnr": personnummer,
    "sg_uen": uen,
    "si_emso": emso,
    "sk_rc": sk_rc,
    "th_pin": pin,
    "tr_tckn": tckimlik,
    "tr_vkn": vkn,
    "ua_rntrc": rntrc,
    "uk_nhs": nhs,
    "uk_utr": utr,
    "uk_vat": uk_vat,
    "us_itin": itin,
    "za_id": za_idnr,
}


def _stdnum(cut: str, module: ModuleType) -> bool:
    """Ask a module of python-stdnum, and take a number it cannot even read for a wrong one.

    >>> _stdnum("943-476-5870", nhs), _stdnum("943-476-5871", nhs), _stdnum("943-476-587\u00b2", nhs)
    (True, False, False)
    """
    compact = cut.replace(":", "")
    if not compact.isascii() or len({c for c in compact if c.isdigit()}) < 2:
        return False
    try:
        return bool(module.is_valid(compact))
    except (ValueError, LookupError, TypeError):
        return False


def _digits(cut: str) -> str:
    return "".join(c for c in cut if c in "0123456789")


def us_npi(cut: str) -> bool:
    """A US health care provider: Luhn behind the prefix 80840, 45 CFR 162.406.

    >>> us_npi("1245319599"), us_npi("1234567890"), us_npi("1111111112")
    (True, False, False)
    """
    digits = _digits(cut)
    issued = len(digits) == 10 and digits[0] in "12" and len(set(digits)) > 2
    return issued and bool(luhn.is_valid("80840" + digits))


def us_dea(cut: str) -> bool:
    """A US prescriber's number: two letters, six digits, and a sum whose last digit is the seventh.

    https://www.deadiversion.usdoj.gov/

    >>> us_dea("GL0285191"), us_dea("GL0285192")
    (True, False)
    """
    digits = [int(d) for d in _digits(cut[2:])]
    return len(digits) == 7 and (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]


def icao(cut: str) -> bool:
    """A document number whose last digit checks the others with weights 7-3-1, ICAO 9303 part 3 section 4.9.

    German identity cards and passports print it behind the number.

    >>> icao("T220001293"), icao("T220001294")
    (True, False)
    """
    compact = cut.replace(" ", "").upper()
    if len(compact) < 9 or not (compact.isascii() and compact.isalnum() and compact[-1].isdigit()):
        return False
    return sum(int(c, 36) * (7, 3, 1)[i % 3] for i, c in enumerate(compact[:-1])) % 10 == int(compact[-1])


def de_tax_id(cut: str) -> bool:
    """A German tax id: ISO 7064 mod 11, 10 and no digit more than three times, section 139b AO.

    >>> de_tax_id("36 574 261 809"), de_tax_id("36574261890"), de_tax_id("11112345678")
    (True, False, False)
    """
    digits = _digits(cut)
    varied = len(digits) == 11 and digits[0] != "0" and max(map(digits[:10].count, digits)) <= 3
    return varied and bool(mod_11_10.is_valid(digits))


def fi_hetu(cut: str) -> bool:
    """A Finnish personal identity code, the temporary ones of hospitals and authorities included.

    https://dvv.fi/en/personal-identity-code

    >>> fi_hetu("131052-308T"), fi_hetu("030594W903B"), fi_hetu("131052-308U")
    (True, True, False)
    """
    return cut.isascii() and bool(hetu.is_valid(cut, allow_temporary=True))


def de_svnr(cut: str) -> bool:
    """A German pension insurance number, VKVV section 2 and 4.

    >>> de_svnr("15070649C103"), de_svnr("15070649C104")
    (True, False)
    """
    compact = cut.replace(" ", "").upper()
    if len(compact) != 12 or not ("A" <= compact[8] <= "Z" and len(_digits(compact)) == 11):
        return False
    digits = f"{compact[:8]}{ord(compact[8]) - 64:02d}{compact[9:]}"
    if not 0 < int(digits[4:6]) <= 12 or not 0 < int(digits[2:4]) % 50 <= 31:
        return False
    products = (int(d) * w for d, w in zip(digits[:12], (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True))
    return sum(p // 10 + p % 10 for p in products) % 10 == int(digits[12])


def de_kvnr(cut: str) -> bool:
    """A German health insurance number: a letter and nine digits, the last by Luhn's sum, SGB V section 290.

    >>> de_kvnr("A000500015"), de_kvnr("A000500016")
    (True, False)
    """
    compact = cut.upper()
    if len(compact) != 10 or not ("A" <= compact[0] <= "Z" and _digits(compact) == compact[1:]):
        return False
    digits = f"{ord(compact[0]) - 64:02d}{compact[1:]}"
    products = (int(d) * (1 + i % 2) for i, d in enumerate(digits[:10]))
    return sum(p // 10 + p % 10 for p in products) % 10 == int(digits[10])


def de_lanr(cut: str) -> bool:
    """A German doctor's number: weights 4-9 over six digits, https://www.kbv.de, Arztnummern-Richtlinie.

    >>> de_lanr("234567701"), de_lanr("234567601")
    (True, False)
    """
    digits = [int(d) for d in _digits(cut)]
    return (
        len(digits) == 9
        and any(digits)
        and -sum(d * w for d, w in zip(digits[:6], (4, 9) * 3, strict=True)) % 10 == digits[6]
    )


def sg_nric(cut: str) -> bool:
    """A Singaporean NRIC or FIN: weights 2-7-6-5-4-3-2 and a letter by series, https://www.ica.gov.sg.

    >>> sg_nric("S2740116C"), sg_nric("S2740116D")
    (True, False)
    """
    compact = cut.upper()
    if len(compact) != 9 or compact[0] not in "STFGM" or _digits(compact) != compact[1:8]:
        return False
    total = sum(int(d) * w for d, w in zip(compact[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
    total += {"S": 0, "T": 4, "F": 0, "G": 4, "M": 3}[compact[0]]
    letters = {
        "S": "JZIHGFEDCBA",
        "T": "JZIHGFEDCBA",
        "F": "XWUTRQPNMLK",
        "G": "XWUTRQPNMLK",
        "M": "XWUTRQPNJLK",
    }
    return letters[compact[0]][total % 11] == compact[8]


def ng_nin(cut: str) -> bool:
    """A Nigerian identity number: eleven digits, the last by Verhoeff, https://nimc.gov.ng.

    >>> ng_nin("12345678902"), ng_nin("12345678903")
    (True, False)
    """
    digits = _digits(cut)
    return len(digits) == 11 and bool(verhoeff.is_valid(digits))


def es_dni_letter(cut: str) -> bool:
    """A Spanish DNI of seven or eight digits: the letter is the rest of 23, Real Decreto 1553/2005.

    >>> es_dni_letter("1111111G"), es_dni_letter("12345678a")
    (True, False)
    """
    digits = _digits(cut)
    return bool(digits) and "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == cut[-1].upper()


def es_nuss(cut: str) -> bool:
    """A Spanish social security number: a province, eight digits and the rest of 97, https://www.seg-social.es.

    >>> es_nuss("28/12345678/40"), es_nuss("281234567841"), es_nuss("99 12345678 45")
    (True, False, False)
    """
    digits = _digits(cut)
    if len(digits) != 12 or not (0 < int(digits[:2]) <= 53 or digits[:2] == "66"):
        return False
    # Numbers below ten millions are added to the province, the others stand behind it.
    small = int(digits[2:10]) < 10_000_000
    number = int(digits[:2]) * 10_000_000 + int(digits[2:10]) if small else int(digits[:10])
    return number % 97 == int(digits[10:])


def hu_tax_id(cut: str) -> bool:
    """A Hungarian tax id: weights 1 to 9, rest of 11, 1996. evi XX. torveny.

    >>> hu_tax_id("8071592153"), hu_tax_id("8071592154")
    (True, False)
    """
    return _weighted(cut, tuple(range(1, 10)), 11)


def hu_taj(cut: str) -> bool:
    """A Hungarian social security number: weights 3 and 7, rest of 10, 1996. evi XX. torveny.

    >>> hu_taj("111 111 110"), hu_taj("123456788"), hu_taj("123456789")
    (True, True, False)
    """
    return _weighted(cut, (3, 7) * 4, 10)


def au_medicare(cut: str) -> bool:
    """An Australian Medicare card: weights 1-3-7-9 over eight digits, and an issue and person behind them.

    >>> au_medicare("2123456701"), au_medicare("2123 25870 1")
    (True, False)
    """
    return len(_digits(cut)) in {10, 11} and _weighted(_digits(cut)[:9], (1, 3, 7, 9) * 2, 10)


def kr_brn(cut: str) -> bool:
    """A South Korean business number: weights 1-3-7-1-3-7-1-3-5, https://www.hometax.go.kr.

    >>> kr_brn("104-86-56659"), kr_brn("104-86-56658")
    (True, False)
    """
    digits = [int(d) for d in _digits(cut)]
    if len(digits) != 10:
        return False
    total = (
        sum(d * w for d, w in zip(digits[:9], (1, 3, 7, 1, 3, 7, 1, 3, 5), strict=True)) + digits[8] * 5 // 10
    )
    return -total % 10 == digits[9]


def tw_letter_id(cut: str) -> bool:
    """A Taiwanese identity number: the letter of a county, then weights 8 to 1, https://www.ris.gov.tw.

    >>> tw_letter_id("A123456789"), tw_letter_id("A123456788")
    (True, False)
    """
    county = "ABCDEFGHJKLMNPQRSTUVXYWZIO".find(cut[:1].upper()) + 10
    digits = f"{county}{_digits(cut[1:])}"
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return len(digits) == 11 and sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 10 == 0


def _weighted(cut: str, weights: tuple[int, ...], modulus: int) -> bool:
    digits = [int(d) for d in _digits(cut)]
    if len(digits) != len(weights) + 1:
        return False
    return sum(d * w for d, w in zip(digits, weights, strict=False)) % modulus == digits[-1]


def birth_digits(cut: str) -> bool:
    """A number that starts with a date of birth (year, month, day) and whose check digit was given up.

    South Korea since October 2020, Malaysia and China's old numbers always.

    >>> birth_digits("960121-1234567"), birth_digits("001332-1234567")
    (True, False)
    """
    digits = _digits(cut)
    return len(digits) > 6 and 1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:6]) <= 31


NATIONAL: dict[str, Callable[[str], bool]] = {
    **{name: partial(_stdnum, module=module) for name, module in _STDNUM.items()},
    "us_npi": us_npi,
    "us_dea": us_dea,
    "icao": icao,
    "de_tax_id": de_tax_id,
    "de_svnr": de_svnr,
    "fi_hetu": fi_hetu,
    "de_kvnr": de_kvnr,
    "de_lanr": de_lanr,
    "sg_nric": sg_nric,
    "ng_nin": ng_nin,
    "es_dni_letter": es_dni_letter,
    "es_nuss": es_nuss,
    "hu_tax_id": hu_tax_id,
    "hu_taj": hu_taj,
    "au_medicare": au_medicare,
    "kr_brn": kr_brn,
    "tw_letter_id": tw_letter_id,
    "birth_digits": birth_digits,
}
