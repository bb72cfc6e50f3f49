"""Who sends: the client key in a header or in the query.

Carriers as Relay reads them: `X-Sentry-Auth`, `Authorization: Sentry`, `Authorization: Basic`, the query.
The fifth, a key in the path, belongs to endpoints that are not taken; the envelope's own `dsn` is read by
whoever decodes the envelope. `sentry_secret` is never read: old DSNs have one, nobody needs it.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from scrubrelay.core.errors import BadRequest, Unauthorized

_HIGHEST_VERSION = 7  # of the ingest protocol, since 2014
_KEY_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Auth:
    """What a client said of itself.

    Args:
        public_key: Its client key.
        version: Of the protocol it speaks.
        client: Its name and version.
    """

    public_key: str
    version: int | None = None
    client: str | None = None


def read_auth(headers: Mapping[str, str], query: Mapping[str, str]) -> Auth | None:
    """Return what the request's headers and query say; None if they say nothing.

    Args:
        headers: By name, in any case.
        query: The decoded query.

    Raises:
        Unauthorized: Two carriers are used at once, or one of them cannot be read.
        BadRequest: The key or the protocol version is none.
    """
    named = {name.lower(): value for name, value in headers.items()}
    found = [
        fields
        for fields in (
            _sentry_header(named.get("x-sentry-auth"), "x-sentry-auth"),
            _authorization(named.get("authorization")),
            _query(query),
        )
        if fields is not None
    ]
    if not found:
        return None
    if len(found) > 1:
        raise Unauthorized("multiple authorization payloads detected")
    return _auth(found[0])


def check_key(text: str) -> str:
    """Return a client key without its flag (`<key>.no-cache`).

    Raises:
        BadRequest: It is not 32 ASCII characters.
    """
    key = text.partition(".")[0]
    if len(key) != _KEY_LENGTH or not key.isascii() or not key.isalnum():
        raise BadRequest("bad sentry DSN public key")
    return key


def _sentry_header(value: str | None, name: str) -> dict[str, str] | None:
    if value is None or not value.strip():
        return None
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "sentry":
        raise Unauthorized(f"bad {name} header")
    pairs = (pair.partition("=") for pair in rest.split(","))
    fields = {key.strip().lower(): text.strip() for key, sign, text in pairs if sign}
    if not fields.get("sentry_key"):
        raise Unauthorized(f"bad {name} header")
    return fields


def _authorization(value: str | None) -> dict[str, str] | None:
    """Any other scheme is for somebody else, a proxy perhaps."""
    scheme, _, rest = (value or "").strip().partition(" ")
    if scheme.lower() == "sentry":
        return _sentry_header(value, "authorization")
    return _basic(rest) if scheme.lower() == "basic" else None


def _basic(encoded: str) -> dict[str, str]:
    try:
        user = b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthorized("bad authorization header") from None  # the error quotes what it could not read
    return {"sentry_key": user}


def _query(query: Mapping[str, str]) -> dict[str, str] | None:
    fields = {
        name: query[name] for name in ("sentry_key", "sentry_version", "sentry_client") if name in query
    }
    return fields if "sentry_key" in fields else None


def _auth(fields: Mapping[str, str]) -> Auth:
    return Auth(check_key(fields["sentry_key"]), _version(fields), fields.get("sentry_client"))


def _version(fields: Mapping[str, str]) -> int | None:
    text = fields.get("sentry_version", "")
    if not text:
        return None
    number = text.partition(".")[0]  # raven sent "2.0"
    if not (number.isascii() and number.isdecimal()) or len(number) > 4:
        raise BadRequest("unsupported protocol version")
    if int(number) > _HIGHEST_VERSION:
        raise BadRequest(f"unsupported protocol version ({int(number)})")
    return int(number)
