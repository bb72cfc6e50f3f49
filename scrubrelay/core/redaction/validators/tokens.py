"""Validators of tokens whose prefix is not proof enough, and of what base64 hides."""

import base64
import binascii
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import orjson
import regex

from scrubrelay.core.redaction.validators import looks

_PIECES: Final = regex.compile(r"[_-]")
_HEX_PIECES: Final = regex.compile(r"^[0-9A-Fa-f_-]+$")
_PREFIX: Final = regex.compile(r"^[A-Za-z]+[_-]")
_ONE_ALPHABET: Final = regex.compile(r"^(?:[0-9a-f-]+|[0-9A-F-]+|[\d_.-]+)$")
# {"alg": {"typ": {"kid": {"enc": {"zip": {"cty": {"x5t":
_HEADER_STARTS: Final = (
    "eyJhbGciOi",
    "eyJ0eXAiOi",
    "eyJraWQiOi",
    "eyJlbmMiOi",
    "eyJ6aXAiOi",
    "eyJjdHkiOi",
    "eyJ4NXQiOi",
)


# --- tokens with a prefix that is not unique -------------------------------------------------------------


def not_masked(cut: str) -> bool:
    """A token with a unique prefix: only masks and documentation are spared.

    >>> [not_masked("ghp_" + text) for text in ("a1b2c3d4e5f6", "xxxxxxxxxxxx", "............", "a" * 12)]
    [True, False, False, False]
    """
    return not looks.crossed_out(cut) and "..." not in cut and len(set(cut[-12:])) > 1


def mixed_token(cut: str) -> bool:
    """Letters and digits well mixed behind a short prefix; no digest, no name.

    >>> mixed_token("abc_" + "q8Zr3LmX0vKd7TnB2wYc5JhP"), mixed_token("img-" + "0123456789abcdef" * 2)
    (True, False)
    """
    body = _PREFIX.sub("", cut)
    if looks.crossed_out(cut, runs=True) or _ONE_ALPHABET.search(body):
        return False
    return looks.switches(body) >= 5 and looks.entropy(body) >= 3.9


def short_token(cut: str) -> bool:
    """As mixed_token, for bodies of sixteen characters and more behind a telling prefix.

    >>> short_token("key_" + "q8Zr3LmX0vKd7TnB2wYc5J"), short_token("key_20261128T101500000Z")
    (True, False)
    """
    body = _PREFIX.sub("", cut)
    if looks.crossed_out(cut, runs=True) or _ONE_ALPHABET.search(body):
        return False
    mixed = looks.switches(body) >= 4 or (
        looks.digits(body) > 0 and looks.humps(body) >= 4 and looks.mixed_case(body)
    )
    return mixed and looks.entropy(body) >= 3.3


def prefixed_token(cut: str) -> bool:
    """As mixed_token; where no piece is long, the case must change as in no name.

    >>> [prefixed_token("zqk_" + text) for text in ("q8Zr-LmX0vKd7_nB2wYc5JhPs6Qf9Gk4", "7d9f8-x2v9q-blue-2")]
    [True, False]
    """
    if _HEX_PIECES.search(_PREFIX.sub("", cut)):
        return False
    longest = max(map(len, _PIECES.split(cut)))
    return mixed_token(cut) and (longest >= 24 or looks.humps(cut) >= 4)


def mixed_key(cut: str) -> bool:
    """As mixed_token, for bodies that follow a prefix without a separator.

    >>> mixed_key("YC" + "lckIBk8t4g6tFwp_L63jomnXm84M7R9tVzca3N"), mixed_key("YCOORDINATE_SYSTEM_MATRIX")
    (True, False)
    """
    return looks.switches(cut) >= 5 and looks.entropy(cut) >= 3.6 and not looks.crossed_out(cut, runs=True)


def aws_secret(cut: str) -> bool:
    """Forty characters of base64 in which letters of both cases and a digit stand as no words have them.

    >>> aws_secret("wJalrFAK" + "Cb8RhzNuQyRqJOmYMNfx" + "EXAMPLEKEYab"), aws_secret("Com/example/Manager2")
    (True, False)
    """
    mixed = cut != cut.lower() and cut != cut.upper() and looks.digits(cut) > 0
    return mixed and looks.entropy(cut) >= 4.2 and not looks.crossed_out(cut, runs=True)


def chat_token(cut: str) -> bool:
    """A chat token holds digits, and is no words.

    >>> chat_token("xoxb-" + "263594206564-FGqddMF8t08v8N7"), chat_token("xoxb-" + "my-bot-token-goes-here")
    (True, False)
    """
    return not_masked(cut) and looks.digits(cut) >= 4


def twilio_sid(cut: str) -> bool:
    """Two letters and 32 hex digits, not all alike.

    >>> twilio_sid("SK" + "a1a09e9040ca2f2b74bf5c8871219d6d"), twilio_sid("AC" + "0" * 32)
    (True, False)
    """
    return len(set(cut[2:])) > 4


def artifactory_value(cut: str) -> bool:
    """An encrypted password of Artifactory holds digits, and is no word in capitals.

    >>> [artifactory_value(text) for text in ("AP6q8zr3lmx0vk", "APARTMENTBUILDING", "APAcheHttpServer")]
    [True, False, False]
    """
    return not cut[3:].isupper() and (len(set(cut[3:])) == 1 or looks.digits(cut[3:]) >= 2)


def vault_value(cut: str) -> bool:
    """Both cases and digits: what follows `s.` in a token, and in no name.

    >>> vault_value("s.lygRNnIhHagvlZ8HloPE4Imh"), vault_value("s.makeKubeConfigController")
    (True, False)
    """
    return looks.digits(cut) > 0 and any(map(str.isupper, cut)) and any(map(str.islower, cut[2:]))


def okta_value(cut: str) -> bool:
    """Forty-two characters of which many are capitals and small letters in turn.

    >>> okta_value("00fWkOjwwL9xiFd-Vfgm_ePATIRxVj852Iblbb1DS_"), okta_value("00" + "0123456789" * 4)
    (True, False)
    """
    return looks.humps(cut) >= 4 and looks.entropy(cut) > 4


def octopus_value(cut: str) -> bool:
    """`API-` and capitals well mixed with digits.

    >>> octopus_value("API-" + "ZNRMR7SL6L3ATMOIK7GKJDKLPY"), octopus_value("API-REFERENCEDOCUMENTATION")
    (True, False)
    """
    return looks.digits(cut) >= 2 and looks.entropy(cut[4:]) > 3.3 and not looks.digest(cut[4:])


# --- what base64 hides --------------------------------------------------------------------------------


def basic_credentials(cut: str) -> bool:
    """Base64 of `user:password`.

    >>> basic_credentials("YWxpY2U6aHVudGVyMg=="), basic_credentials("authentication")
    (True, False)
    """
    plain = _decoded(cut)
    return b":" in plain and all(byte >= 0x20 for byte in plain)


def jwt_header(cut: str) -> bool:
    """The first segment decodes to a JSON object, or begins as a header does and is damaged further on.

    >>> jwt_header("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), jwt_header("eyJub3RoaW5n.eyJub3RoaW5n")
    (True, False)
    """
    return cut.startswith(_HEADER_STARTS) or _is_object(_decoded(cut.split(".", 1)[0]))


def wrapped_jwt(cut: str) -> bool:
    """Base64 around a JWT.

    >>> wrapped_jwt("ZXlKaGJHY2lPaUpJVXpJMU5pSjkuZXlKemRXSWlPaUl4SW4wLmMybG4")
    True
    """
    plain = _decoded(cut)
    return plain.startswith(b"e") and b".e" in plain


def _decoded(text: str) -> bytes:
    """Base64, either alphabet, padding forgiven; empty when it is none."""
    body = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_object(data: bytes) -> bool:
    try:
        return isinstance(orjson.loads(data), dict)
    except orjson.JSONDecodeError:
        return False


VALIDATORS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        "not_masked": not_masked,
        "mixed_token": mixed_token,
        "prefixed_token": prefixed_token,
        "short_token": short_token,
        "mixed_key": mixed_key,
        "aws_secret": aws_secret,
        "chat_token": chat_token,
        "twilio_sid": twilio_sid,
        "artifactory_value": artifactory_value,
        "vault_value": vault_value,
        "okta_value": okta_value,
        "octopus_value": octopus_value,
        "jwt_header": jwt_header,
        "wrapped_jwt": wrapped_jwt,
        "basic_credentials": basic_credentials,
    }
)
