"""Tells a value that could be a secret from a placeholder, a piece of code or a plain word.

Patterns with a unique prefix need none of this: a redactor cuts those whatever they hold. It is for values that only
their neighbourhood makes suspicious (`password = ...`, `token: ...`, a vendor's name beside an assignment).
"""

import base64
import binascii
import math
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Final

import orjson
import regex

_PLACEHOLDER = regex.compile(
    r"""(?xi) ^ (?:
        \[ [^\]]* \]? | < [^>]* >? | \{ [^}]* \}?        # [Filtered], our labels, <password>, {token}
      | \$ (?: \w+ (?: [/.:-] .* )? | [({] .* )            # $VAR, ${VAR}, $(command)
      | [%@\#&:] [({]? [a-z_] [\w.:]* [)}%]?              # %VAR%, @variable, #{value}, :parameter
      | .* (?: \$ \{ [\w.:-]+ \} | \{\{ \s* [\w.$| ]+ \s* \}\} | \{ [a-z_][\w.]{2,} \} | <% | %\(\w+\)[sdr] ) .*   # templates inside
      | .* %[sdr]
      | (\W|_)* (?: null | none | nil | undefined | true | false | yes | no | on | off | empty | unset | n/?a | nan
            | not[ _-]?set | todo | tbd | fixme | redacted | filtered | scrubbed | masked | hidden | removed | omitted
            | secret | password | passwd | pass | token | key | string | str | text | value | default | changeme
            | bytes | int | bool | object | optional | required | missing | invalid | function | self | this | test
            | foo | bar | baz | example | sample | dummy | fake ) (\W|_)*
      | .* fake [_-]? (?: key | secret | pass (?: word )? | token | value ) .*
      | .* (?: _here | -here | changeme | change_me | placeholder | \.\.\. | … ) .*
    ) $""",
)
_TEMPLATE = regex.compile(
    r"""(?x) ^ (?: [$%{<\[] .* | \#\{ .* | : .* ) | \$ \{ | \{\{ | \{ [\w.]* \} | <% | %[sdr(] | \.\.\. | … | ^ %24%7B"""
)
_ADVICE = regex.compile(
    r"""(?x) ^ (?i: your | my | insert | enter | some | change | replace | put | add | use | the | real | example | sample
        | dummy | fake | a[_-]fake | placeholder ) (?: [_\s-] | (?= [A-Z] ) )
      (?: (?: [a-z]+ [_\s.-]? )+ | (?: [A-Z]+ [_\s.-]? )+ | (?: [A-Z][a-z]+ [_\s.-]? )+ ) $"""
)
_REPEATED = regex.compile(r"^(?:[*•x●·.#_=+-]|\bX)+$|^(.{1,2})\1{2,}.?$", regex.IGNORECASE)
_MASKED = regex.compile(r"(?i)x{6,}|\*{3,}|•{3,}|(\w)\1{7,}")
_PLAIN = frozenset("_-./:,()[]{}='’\"")
_UUID = regex.compile(r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_CROSSED = regex.compile(r"(?i)x{6,}|\*{3,}|•{3,}")
_CODE = regex.compile(
    r"""(?x) ^ (?:
        (?: await | new | not | return | lambda | typeof | async | str | int | bool | Optional | Literal ) \b .*
      | [A-Za-z_$] [\w$]* (?: (?: \. | -> | :: | \?\. ) [A-Za-z_$] [\w$]* )* \s* [(\[] .*    # call(...), table[...]
      | [A-Za-z_$]+ \d{0,2} [A-Za-z_]* (?: (?: \. | -> | :: | \?\. ) [A-Za-z_$]+ \d{0,2} [A-Za-z_]* )+ ;?  # a dotted name
      | _* [a-z]+ (?: _ [a-z]+ )* _*                                                         # snake_case name, a word
      | [A-Z]+ (?: _ [A-Z]+ )*                                                               # CONSTANT
      | [A-Z]? [a-z]+ (?: [A-Z] [a-z]+ )* [A-Z]?                                             # camelCase name
      | [a-z]+ (?: - [a-z]+ )*                                                               # kebab-case name
      | (?: \.{0,2} / | ~/ | [A-Za-z]:\\ ) [\w./\\ -]*                                       # a path
      | https?:// [^@]*
      | -? \d{1,3} | \d+ \. \d+ | \d+ (?: ms | s | m | h | px | em | % )
      | [\w.-]+ \. (?: py | js | ts | go | rb | rs | php | java | json | ya?ml | toml | ini | cfg | conf | env | txt | pem
            | crt | cer | key | p12 | pfx | jks | html? | css | xml | md | log | sh | com | org | net | io | dev )
    ) $""",
)
_PROSE = regex.compile(
    r"(?i)\b(?:is|are|was|be|been|must|should|has|have|not|no|your|you|please|enter|the|this|that|does|do|did|can|cannot|"
    r"required|invalid|incorrect|wrong|missing|expired|failed|at least|too|for|forgot|forgotten|match|characters|of|to|"
    r"reset|confirm|new|old|current|set|change|update|with the|from|provided|use)\b"
)
_DIGEST = regex.compile(
    r"(?i)^(?:sha(?:1|256|384|512)[-:$]|md5[:$]).*|^[0-9a-f]{32}$|^[0-9a-f]{40}$|^[0-9a-f]{64}$"
)
_WORDS = regex.compile(r"^[A-Za-z]+(?:[-_. /:][A-Za-z]+)*$")
_JWT_STARTS = (
    "eyJhbGciOi",
    "eyJ0eXAiOi",
    "eyJraWQiOi",
    "eyJlbmMiOi",
    "eyJ6aXAiOi",
    "eyJjdHkiOi",
    "eyJ4NXQiOi",
)  # {"alg": ...
_VERSION = regex.compile(r"(?i)^(?=.{1,40}$)v?\d+(?:\.\d+)+[\w.+-]*$|^rc\d")
_DATE = regex.compile(r"^\d{4}-\d\d-\d\d")


def entropy(text: str) -> float:
    """Shannon entropy in bits a character.

    >>> entropy("aaaa"), entropy("abcd")
    (0.0, 2.0)
    """
    total = len(text)
    return sum(-n / total * math.log2(n / total) for n in Counter(text).values()) if total else 0.0


def filled_in(cut: str) -> bool:
    """Something stands here: not a placeholder, a template, a mask or one of our own labels.

    >>> filled_in("hunter2")
    True
    >>> [filled_in(text) for text in ("${PASSWORD}", "<password>", "[password]", "********", "null", "your_key_here")]
    [False, False, False, False, False, False]
    """
    text = cut.strip().strip("'\"`")
    return bool(text) and not any(known.search(text) for known in (_PLACEHOLDER, _ADVICE, _REPEATED))


def not_code(cut: str) -> bool:
    """Neither a name, a call, a path nor a plain number: what source code assigns instead of a literal.

    >>> [not_code(text) for text in ("hunter2!", "settings.PASSWORD", "get_token(user)", "MAX_LENGTH", "/run/key")]
    [True, False, False, False, False]
    """
    return not _CODE.search(cut.strip())


def quoted_secret(cut: str) -> bool:
    """A literal in quotes beside `password` and its like.

    >>> [quoted_secret(text) for text in ("letmein", "correct horse battery staple", "must be at least 8 characters")]
    [True, True, False]
    """
    if len(cut) < 3 or not filled_in(cut) or _CROSSED.search(cut) or not any(c.isalnum() for c in cut):
        return False
    return not (" " in cut and (_PROSE.search(cut) or cut.count(" ") > 6)) and not regex.search(
        r"^(?:[\w$]+\(.*\)|[a-z_]+(?:\.[a-z_]+){2,}|https?://[^@]*)$", cut
    )


def bare_secret(cut: str) -> bool:
    """A value without quotes beside `password` and its like: it must look like no word and no code.

    >>> [bare_secret(text) for text in ("hunter2", "p@ssword", "authentication", "user.password", "12")]
    [True, True, False, False, False]
    """
    # The cheap questions first: logs are full of `password: word`.
    if len(cut) < 4 or not (any(map(str.isdigit, cut)) or any(not c.isalnum() and c not in _PLAIN for c in cut[:-1])):
        return False
    if not any(map(str.isalnum, cut)) or _VERSION.search(cut) or _CROSSED.search(cut):
        return False
    return filled_in(cut) and not_code(cut)


def random_value(cut: str) -> bool:
    """A value of ten or more characters that nobody chose for being readable.

    >>> [random_value(text) for text in ("Zf3D0LXCM3EIMbgJpUNn", "application/json", "1.2.3-beta.4", "xxxxxxxxxxxxxxxx")]
    [True, False, False, False]
    """
    if len(cut) < 10 or not filled_in(cut) or not not_code(cut) or _MASKED.search(cut):
        return False
    if _WORDS.search(cut) and not _mixed_case(cut):
        return False
    return not _VERSION.search(cut) and not _DATE.search(cut) and entropy(cut) >= 2.8


def random_token(cut: str) -> bool:
    """As random_value, for text without quotes, where dotted names and calls are more likely than tokens.

    >>> [random_token(text) for text in ("Zf3D0LXCM3EIMbgJpUNn", "config.get", "oauth2-code-flow", "de4dbeef01x7")]
    [True, False, False, True]
    """
    return (
        random_value(cut)
        and any(c.isdigit() for c in cut)
        and not regex.search(r"-\d+(?:\.\d+)+$|^[A-Za-z]+\d?(?:[-_./:][A-Za-z]+\d{0,2})*$", cut)
    )


def vendor_value(cut: str) -> bool:
    """A value of twelve or more characters beside a vendor's name: random, with a digit in it.

    >>> [vendor_value(text) for text in ("4q5s9xtflybu0gmmjiu6xcnu", "eu-central-1a-prod", "adobe-client-library")]
    [True, False, False]
    """
    if len(cut) < 12 or not random_value(cut) or not (any(c.isdigit() for c in cut) or _mixed_case(cut)):
        return False
    return (
        entropy(cut) >= 3.0
        and regex.search(r"^(?:[a-z]+[-_.])*[a-z]*\d{0,4}[a-z]?(?:[-_.][a-z]+)*$", cut) is None
    )


def url_password(cut: str) -> bool:
    """What stands between the colon and the `@` of a URL: anything but a template or a mask.

    >>> [url_password(text) for text in ("guest", "p%40ss", "${PW}", "***", "[password]", "<pw>")]
    [True, True, False, False, False, False]
    """
    return not _TEMPLATE.search(cut) and not _REPEATED.search(cut)


def authorization_value(cut: str) -> bool:
    """The credentials behind a scheme.

    >>> [authorization_value(text) for text in ("d2LkV78z", "header", "$TOKEN", "missing", "Bearer")]
    [True, False, False, False, False]
    """
    if len(cut) < 4 or not filled_in(cut) or _MASKED.search(cut):
        return False
    return len(cut) >= 24 or any(c.isdigit() for c in cut) or "=" in cut or _mixed_case(cut)


def bearer_value(cut: str) -> bool:
    """A bearer token where only the word `bearer` stands before it.

    >>> [bearer_value(text) for text in ("q7Fz1kP0sVx9", "authentication", "realm=example", "tokens/v2")]
    [True, False, False, False]
    """
    return (
        authorization_value(cut)
        and not_code(cut)
        and not regex.search(r"(?i)^(?:realm|error|scope|charset)=|^[a-z]+(?:[/:._-][a-z0-9]{1,12})*$", cut)
        or bool(
            regex.search(r"^[\w-]{20,}$", cut) and sum(c.isdigit() for c in cut) >= 2 and entropy(cut) > 3.2
        )
    )


def header_value(cut: str) -> bool:
    """The value of a header that carries a key.

    >>> [header_value(text) for text in ("Sk94HG7f6KB", "required", "$API_KEY", "string")]
    [True, False, False, False]
    """
    return authorization_value(cut) and not_code(cut)


def session_value(cut: str) -> bool:
    """The value of a cookie or parameter named after a session.

    >>> [session_value(text) for text in ("8F3A0C71D92E4B56A1", "requests.Session", "sqlalchemy:2", "s%3Aq7Fz1kP0s")]
    [True, False, False, True]
    """
    return random_value(cut) and sum(c.isdigit() for c in cut) >= 2 or (_mixed_case(cut) and len(cut) >= 20)


def query_value(cut: str) -> bool:
    """The value of a query parameter named after a secret.

    >>> [query_value(text) for text in ("hunter", "{token}", "%24%7BTOKEN%7D", "null", "true")]
    [True, False, False, False, False]
    """
    return filled_in(cut) and not regex.search(r"(?i)^%(?:24|7b|3c|5b|25)|^:?\w*\($|^\d{1,5}$", cut)


def user_and_password(cut: str) -> bool:
    """`user:password` on a command line, quoted or not.

    >>> [user_and_password(text) for text in ("elastic:P4ssw0rd", "user:pass", "$USER:$PASSWORD", "1000:1000")]
    [True, False, False, False]
    """
    user, _, password = cut.partition(":")
    user, password = (part.strip("\"' ") for part in (user, password))
    secret = password or user
    if len(secret) < 3 or secret == user == password or cut.replace(":", "").isdigit():
        return False
    return (
        filled_in(secret)
        and filled_in(user or "u-1")
        and not _PLACEHOLDER.search(password or "p-1")
        and secret != user + password
        or bool(len(secret) >= 10 and random_value(secret))
    )


def command_password(cut: str) -> bool:
    """What follows `-p` on a command line: neither a variable, a port nor a flag.

    >>> [command_password(text) for text in ("letmein", "$TOKEN", "%PW%", "3306", "8080:80")]
    [True, False, False, False, False]
    """
    return filled_in(cut) and not regex.search(r"^[\d:.]+$", cut)


def named_key(cut: str) -> bool:
    """The value of `something_key`: as vendor_value, and no UUID, which identifies more often than it opens.

    >>> named_key("f6fd04ab6b4f7992adc2"), named_key("12345678-1234-4123-8123-123456789012")
    (True, False)
    """
    return vendor_value(cut) and not _UUID.search(cut)


def mixed_token(cut: str) -> bool:
    """The body of a token behind a short prefix: letters and digits well mixed, no digest, no name.

    >>> mixed_token("abc_" + "q8Zr3LmX0vKd7TnB2wYc5JhP"), mixed_token("img-" + "0123456789abcdef0123456789abcdef")
    (True, False)
    """
    body = regex.sub(r"^[A-Za-z]+[_-]", "", cut)
    if _MASKED.search(cut) or regex.search(r"^[0-9a-f-]+$|^[0-9A-F-]+$|^[\d_.-]+$", body):
        return False
    switches = sum(a.isdigit() != b.isdigit() for a, b in pairwise(body))
    return switches >= 5 and entropy(body) >= 3.9


def random_literal(cut: str) -> bool:
    """Twenty or more characters that mix digits and both cases, or hex digits that are no common digest length.

    >>> [random_literal(text) for text in ("q8Zr3LmX0vKd7TnB2wYc5JhP", "authentication_backend_model", "a" * 20)]
    [True, False, False]
    """
    switches = sum(a.isdigit() != b.isdigit() for a, b in pairwise(cut))
    return random_value(cut) and (switches >= 5 or _mixed_case(cut)) and entropy(cut) >= 3.5 and not _DIGEST.search(cut)


def _mixed_case(text: str) -> bool:
    """Upper and lower case change too often for a name.

    >>> _mixed_case("qZwXpTbKLmNvRsWq"), _mixed_case("applicationName")
    (True, False)
    """
    switches = sum(a.islower() and b.isupper() for a, b in pairwise(text))
    return switches * 4 >= len(text)


def mixed_key(cut: str) -> bool:
    """As mixed_token, for bodies that follow a prefix without a separator.

    >>> mixed_key("YC" + "lckIBk8t4g6tFwp_L63jomnXm84M7R9tVzca3N"), mixed_key("YCOORDINATE_SYSTEM_TRANSFORMATION_MATRIX")
    (True, False)
    """
    switches = sum(a.isdigit() != b.isdigit() for a, b in pairwise(cut))
    return switches >= 5 and entropy(cut) >= 3.6 and not _MASKED.search(cut)


def not_masked(cut: str) -> bool:
    """A token with a unique prefix: only masks and documentation are spared.

    >>> [not_masked("ghp_" + text) for text in ("a1b2c3d4e5f6", "xxxxxxxxxxxx", "............", "aaaaaaaaaaaa")]
    [True, False, False, False]
    """
    return not _CROSSED.search(cut) and "..." not in cut and len(set(cut[-12:])) > 1


def chat_token(cut: str) -> bool:
    """A chat token: its last part holds digits and is no words.

    >>> chat_token("xoxb-" + "263594206564-FGqddMF8t08v8N7Oq4i57vs1"), chat_token("xoxb-" + "my-bot-token-goes-here")
    (True, False)
    """
    return not_masked(cut) and sum(c.isdigit() for c in cut) >= 4


def twilio_sid(cut: str) -> bool:
    """Two letters and 32 hex digits, not all alike; `x` for each digit is what people write for a real one.

    >>> twilio_sid("SK" + "a1a09e9040ca2f2b74bf5c8871219d6d"), twilio_sid("AC" + "0" * 32)
    (True, False)
    """
    return len(set(cut[2:])) > 4 or set(cut[2:]) == {"x"}


def artifactory_value(cut: str) -> bool:
    """Encrypted passwords of Artifactory are letters and digits, not a word in capitals.

    >>> artifactory_value("AP6xxxxxxxxxx"), artifactory_value("APARTMENTBUILDING"), artifactory_value("APAcheHttpServer")
    (True, False, False)
    """
    return cut[3:].isupper() is False and (len(set(cut[3:])) == 1 or sum(c.isdigit() for c in cut[3:]) >= 2)


def vault_value(cut: str) -> bool:
    """Letters of both cases and digits: what follows `s.` in a token, and in no name.

    >>> vault_value("s.lygRNnIhHagvlZ8HloPE4Imh"), vault_value("s.makeKubeConfigController")
    (True, False)
    """
    return any(c.isdigit() for c in cut) and any(c.isupper() for c in cut) and any(c.islower() for c in cut[2:])


def okta_value(cut: str) -> bool:
    """Forty-two characters of which several are capitals and small letters in turn.

    >>> okta_value("00fWkOjwwL9xiFd-Vfgm_ePATIRxVj852Iblbb1DS_"), okta_value("00" + "0123456789" * 4)
    (True, False)
    """
    return _mixed_case(cut) or (sum(a.islower() and b.isupper() for a, b in pairwise(cut)) >= 4 and entropy(cut) > 4)


def octopus_value(cut: str) -> bool:
    """`API-` and capitals well mixed with digits.

    >>> octopus_value("API-" + "ZNRMR7SL6L3ATMOIK7GKJDKLPY"), octopus_value("API-REFERENCEDOCUMENTATIONPAGES")
    (True, False)
    """
    return sum(c.isdigit() for c in cut) >= 2 and entropy(cut[4:]) > 3.3 and not _DIGEST.search(cut[4:])


def jwt_header(cut: str) -> bool:
    """The first segment decodes to a JSON object, or begins as a header does and is damaged further on.

    >>> jwt_header("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), jwt_header("eyJub3RoaW5n.eyJub3RoaW5n")
    (True, False)
    """
    return cut.startswith(_JWT_STARTS) or isinstance(_json_of(cut.split(".", 1)[0]), dict)


def wrapped_jwt(cut: str) -> bool:
    """Base64 around a JWT.

    >>> wrapped_jwt("ZXlKaGJHY2lPaUpJVXpJMU5pSjkuZXlKemRXSWlPaUl4SW4wLmMybG4")
    True
    """
    return _decoded(cut).startswith(b"ey") and b".ey" in _decoded(cut)


def basic_credentials(cut: str) -> bool:
    """Base64 of `user:password`.

    >>> basic_credentials("YWxpY2U6aHVudGVyMg=="), basic_credentials("authentication")
    (True, False)
    """
    plain = _decoded(cut)
    return b":" in plain and all(byte >= 0x20 for byte in plain)


def _decoded(text: str) -> bytes:
    """Base64, either alphabet, padding forgiven; empty when it is none."""
    body = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _json_of(text: str) -> object:
    try:
        return orjson.loads(_decoded(text))
    except orjson.JSONDecodeError:
        return None


VALIDATORS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType({
    "filled_in": filled_in,
    "not_code": not_code,
    "quoted_secret": quoted_secret,
    "bare_secret": bare_secret,
    "random_value": random_value,
    "random_token": random_token,
    "vendor_value": vendor_value,
    "url_password": url_password,
    "authorization_value": authorization_value,
    "bearer_value": bearer_value,
    "header_value": header_value,
    "session_value": session_value,
    "query_value": query_value,
    "user_and_password": user_and_password,
    "command_password": command_password,
    "named_key": named_key,
    "mixed_token": mixed_token,
    "random_literal": random_literal,
    "jwt_header": jwt_header,
    "wrapped_jwt": wrapped_jwt,
    "basic_credentials": basic_credentials,
    "mixed_key": mixed_key,
    "not_masked": not_masked,
    "chat_token": chat_token,
    "twilio_sid": twilio_sid,
    "vault_value": vault_value,
    "okta_value": okta_value,
    "octopus_value": octopus_value,
    "artifactory_value": artifactory_value,
})
