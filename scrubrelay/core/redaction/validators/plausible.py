"""Validators that tell a secret from what only stands where one could.

Patterns with a unique prefix need none: a redactor cuts those whatever they hold. These are for values that
only their neighbourhood makes suspicious: `password = ...`, `token: ...`, a vendor's name beside `=`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import regex

from scrubrelay.core.redaction.validators import looks, tokens
from scrubrelay.core.redaction.validators.looks import filled_in

_LONGEST: Final = 8192  # the longest cookie; what is longer is data
_UNREMARKABLE: Final = frozenset("_-./:,()[]{}='’\"")
_LITERAL_OF_CODE: Final = regex.compile(
    r"""(?x) ^ (?:
        [\w$]+ \( .* \) | [a-z_]+ (?: \. [a-z_]+ ){2,} | https?:// [^@]* | arn: .*
      | (?= / | .* / .* [/\#] )                                                # the path of a page
        /? [a-z][a-z0-9_-]* (?: / [a-z_:@][a-z0-9_.@:-]* )+ (?: [\#?] [\w=&-]* )?
      | \# [a-z]+ (?: [-_] [a-z]+ )+                                            # an element of it
      | [A-Z]? [a-z]+ (?: [ ] [a-z]+ )* [ ]? :                                  # a label
      | \s* (?: [+&.] | \|\| ) \s* [$\w(] .* (?: [+&.\[(] | \|\| ) \s* | \.\$ .*     # what joins two literals
      | \s* , \s* [\w$]+ \s* [:=]?                                               # ... or parts them
    ) $"""
)
_NAME_WITH_NUMBER: Final = regex.compile(r"^(?:[a-z]+[-_.])*[a-z]*\d{0,4}[a-z]?(?:[-_.][a-z]+)*$")
_CHALLENGE: Final = regex.compile(r"(?i)^(?:realm|error|scope|charset)=|^[a-z]+(?:[/:._-][a-z0-9]{1,12})*$")
_ESCAPED_TEMPLATE: Final = regex.compile(r"(?i)^%(?:24|7b|3c|5b|25)|^:?\w*\($|^\d{1,5}$")
_NO_VALUE: Final = regex.compile(r"^(?:arn:|//|[a-z]\w{0,20}=0x)")  # a name, an address, an argument
_CAST: Final = regex.compile(r"^\([\w *]+\)")
_PORTS: Final = regex.compile(r"^[\d:.]+$")


# --- beside a name ---------------------------------------------------------------------------------------


def quoted_secret(cut: str) -> bool:
    """A literal in quotes beside `password` and its like.

    >>> [quoted_secret(text) for text in ("letmein", "correct horse battery", "must be 8 characters")]
    [True, True, False]
    """
    if len(cut) < 3 or not any(map(str.isalnum, cut)) or looks.crossed_out(cut):
        return False
    return filled_in(cut) and not looks.sentence(cut) and not _LITERAL_OF_CODE.search(cut)


def bare_secret(cut: str) -> bool:
    """A value without quotes beside `password` and its like: it must look like no word and no code.

    >>> [bare_secret(text) for text in ("hunter2", "p@ssword", "authentication", "user.password", "12")]
    [True, True, False, False, False]
    """
    if len(cut) > _LONGEST:
        return False
    # The cheap questions first: logs are full of `password: word`.
    remarkable = any(not c.isalnum() and c not in _UNREMARKABLE for c in cut[:-1])
    if len(cut) < 4 or not (remarkable or looks.digits(cut)) or not any(map(str.isalnum, cut)):
        return False
    return not looks.version(cut) and not looks.crossed_out(cut) and filled_in(cut) and not looks.code(cut)


def random_value(cut: str) -> bool:
    """A value of ten or more characters that nobody chose for being readable.

    >>> [random_value(text) for text in ("Zf3D0LXCM3EIMbgJpUNn", "application/json", "1.2.3-beta.4", "x" * 9)]
    [True, False, False, False]
    """
    if not 10 <= len(cut) <= _LONGEST or looks.readable(cut) or looks.crossed_out(cut, runs=True):
        return False
    return filled_in(cut) and not looks.code(cut) and looks.entropy(cut) >= 2.8


def random_token(cut: str) -> bool:
    """As random_value, for text without quotes, where dotted names and calls are likelier than tokens.

    >>> [random_token(text) for text in ("Zf3D0LXCM3EIMbgJpUNn", "config.get", "oauth2-code-flow")]
    [True, False, False]
    """
    return looks.digits(cut) > 0 and not looks.numbered_words(cut) and random_value(cut)


def random_literal(cut: str) -> bool:
    """A literal that mixes digits and letters or both cases, and is neither a digest nor a UUID.

    >>> [random_literal(text) for text in ("q8Zr3LmX0vKd7TnB2wYc5JhP", "authentication_backend_model")]
    [True, False]
    """
    mixed = looks.switches(cut) >= 5 or looks.mixed_case(cut)
    public = looks.digest(cut) or looks.uuid(cut)
    return mixed and not public and random_value(cut) and looks.entropy(cut) >= 3.5


def vendor_value(cut: str) -> bool:
    """A value of twelve or more characters beside a vendor's name: random, with a digit or as no words are.

    >>> [vendor_value(text) for text in ("4q5s9xtflybu0gmmjiu6", "eu-central-1a-prod", "anlxnblkmoxwrq")]
    [True, False, True]
    """
    if _NO_VALUE.search(cut):
        return False
    return _mixed_value(cut) or (len(cut) >= 12 and looks.jumbled(cut) and filled_in(cut))


def _mixed_value(cut: str) -> bool:
    if len(cut) < 12 or not (looks.digits(cut) or looks.mixed_case(cut)) or _NAME_WITH_NUMBER.search(cut):
        return False
    return random_value(cut) and looks.entropy(cut) >= 3.0


def named_key(cut: str) -> bool:
    """The value of `something_key`: as vendor_value with a digit or both cases, and no UUID.

    >>> named_key("f6fd04ab6b4f7992adc2"), named_key("12345678-1234-4123-8123-123456789012")
    (True, False)
    """
    return not looks.uuid(cut) and _mixed_value(cut)


def named_value(cut: str) -> bool:
    """What stands as `value` beside a name that says it is secret: anything filled in that is no code.

    >>> [named_value(text) for text in ("letmein", "${PASSWORD}", "user.password", "/run/secrets/db", "8")]
    [True, False, False, False, False]
    """
    plain = cut.isascii() and cut.isalpha() and cut.islower()
    return filled_in(cut) and not looks.crossed_out(cut) and (plain or not looks.code(cut))


# --- in headers, URLs and command lines ------------------------------------------------------------------


def authorization_value(cut: str) -> bool:
    """The credentials behind a scheme.

    >>> [authorization_value(text) for text in ("d2LkV78z", "header", "$TOKEN", "missing", "Bearer")]
    [True, False, False, False, False]
    """
    if len(cut) < 4 or not filled_in(cut) or looks.crossed_out(cut, runs=True):
        return False
    return len(cut) >= 24 or looks.digits(cut) > 0 or "=" in cut or looks.mixed_case(cut)


def bearer_value(cut: str) -> bool:
    """A token where only the word `bearer` stands before it.

    >>> [bearer_value(text) for text in ("q7Fz1kP0sVx9", "authentication", "realm=example", "tokens/v2")]
    [True, False, False, False]
    """
    if header_value(cut) and not _CHALLENGE.search(cut):
        return True
    return len(cut) >= 20 and looks.digits(cut) >= 2 and looks.entropy(cut) > 3.2 and authorization_value(cut)


def header_value(cut: str) -> bool:
    """The value of a header that carries a key.

    >>> [header_value(text) for text in ("Sk94HG7f6KB", "required", "$API_KEY", "string")]
    [True, False, False, False]
    """
    return authorization_value(cut) and not looks.code(cut)


def session_value(cut: str) -> bool:
    """The value of a cookie or parameter named after a session.

    >>> [session_value(text) for text in ("8F3A0C71D92E4B56A1", "requests.Session", "s%3Aq7Fz1kP0s")]
    [True, False, True]
    """
    return (looks.digits(cut) >= 2 and random_value(cut)) or (len(cut) >= 20 and looks.mixed_case(cut))


def query_value(cut: str) -> bool:
    """The value of a query parameter named after a secret.

    >>> [query_value(text) for text in ("hunter", "{token}", "%24%7BTOKEN%7D", "null", "true")]
    [True, False, False, False, False]
    """
    return filled_in(cut) and not _ESCAPED_TEMPLATE.search(cut)


def url_password(cut: str) -> bool:
    """What stands between the colon and the `@` of a URL: anything but a template or a mask.

    >>> [url_password(text) for text in ("guest", "p%40ss", "${PW}", "***", "[password]", "<pw>")]
    [True, True, False, False, False, False]
    """
    return not looks.template(cut)


def pair_password(cut: str) -> bool:
    """The password beside a user's name in a connection string: as url_password, and no source code.

    >>> [pair_password(text) for text in ("letmein", "(char *) (p + 1)", "xxx --verbose", "{0}", "xxx")]
    [True, False, False, False, False]
    """
    first = cut.split(" ", 1)[0].rstrip(",;")
    return not (
        looks.template(cut) or looks.template(first) or set(first.lower()) == {"x"} or _CAST.search(cut)
    )


def user_and_password(cut: str) -> bool:
    """`user:password` on a command line, quoted or not.

    >>> [user_and_password(text) for text in ("elastic:P4ssw0rd", "user:pass", "$USER:$PASS", "1000:1000")]
    [True, False, False, False]
    """
    user, password = (part.strip("\"' ") for part in (*cut.split(":", 1), "")[:2])
    secret = password or user
    if len(secret) < 3 or user == password or _PORTS.search(cut):
        return False
    if user and password and filled_in(user) and filled_in(password):
        return True
    return len(secret) >= 10 and random_value(secret.strip("{}"))


def command_password(cut: str) -> bool:
    """What follows `-p` on a command line: neither a variable nor a port.

    >>> [command_password(text) for text in ("letmein", "$TOKEN", "%PW%", "3306", "8080:80")]
    [True, False, False, False, False]
    """
    return filled_in(cut) and not _PORTS.search(cut)


VALIDATORS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        **tokens.VALIDATORS,
        "filled_in": filled_in,
        "quoted_secret": quoted_secret,
        "bare_secret": bare_secret,
        "random_value": random_value,
        "random_token": random_token,
        "random_literal": random_literal,
        "vendor_value": vendor_value,
        "named_key": named_key,
        "named_value": named_value,
        "authorization_value": authorization_value,
        "bearer_value": bearer_value,
        "header_value": header_value,
        "session_value": session_value,
        "query_value": query_value,
        "url_password": url_password,
        "pair_password": pair_password,
        "user_and_password": user_and_password,
        "command_password": command_password,
    }
)
