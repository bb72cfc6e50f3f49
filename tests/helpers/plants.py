"""Fake secrets of every kind that the library finds without being asked, and the search for their traces.

They are built from parts, so that no scanner of this repository takes them for real ones.
"""

import base64
import gzip
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

import regex
from backports import zstd

SECRETS: Mapping[str, str] = {
    "email": "mara.lindqvist7@example.com",
    "ipv4": "203.0.113.77",
    "ipv6": "2001:db8:7a:b5::6545",
    "card": "4242 4242 4579 9566",
    "iban": "DE89 3704 0044 0532 0130 00",
    "ssn": "219-92-9212",
    "phone": "+44 20 7946 0180",
    "jwt": ".".join(
        ("eyJ" + "hbGciOiJIUzI1NiJ9", "eyJ" + "zdWIiOiIxMDAwMTgwIn0", "8AiLTRfYSzgTcVLgGCKMbN2cmoByme4eHMw")
    ),
    "bearer": "b3aR" + "9TkX0mWq27LhVz5sYc81",
    "basic": base64.b64encode(b"svc-billing:" + b"Wq7-Kd02-mmX").decode(),
    "url_password": "hu7N" + "dx0qPLm4",
    "pem": "MIIEowIBAAKCAQEA" + "x7Fq0vVb2nTfKkQ9sYc81LhVz5WqTkXmR4JpDa" + "bEw3ZgU6",
    "aws": "AK" + "IA" + "Q7XW4ZTN2PLM5RKD",
    "github": "gh" + "p_" + "x7Fq0vVb2nTfKkQ9sYc81LhVz5WqTkXmR4Jp",
    "slack": "xo" + "xb-" + "274839105562-274839105563-" + "kQ9sYc81LhVz5WqTkXmR4JpD",
    "stripe": "sk" + "_live_" + "x7Fq0vVb2nTfKkQ9sYc81LhV",
    "google": "AI" + "za" + "SyB7Fq0vVb2nTfKkQ9sYc81LhVz5WqTkX-m",
    "openai": "s" + "k-proj-" + "x7Fq0vVb2nTfKkQ9sYc8" + "T3Blbk" + "FJ" + "1LhVz5WqTkXmR4JpDabE",
    "session": "f3Q9" + "sYc81LhVz5WqTkXm0b2n",
    "api_key": "Zq81" + "vLr0xNwe6TbyU3mk",
    "password": "hunter" + "-Tangerine-42",
    "client_secret": "cs" + "-0b2nTfKkQ9sYc81",
}
"""What may appear nowhere behind the relay."""

_CARRIERS: Mapping[str, str] = {
    "bearer": "sent Authorization: Bearer {} upstream",
    "basic": "sent Authorization: Basic {} upstream",
    "url_password": "postgres://billing:{}@db.example.internal/orders",
    "pem": "-----BEGIN RSA " + "PRIVATE KEY-----\n{}\n-----END RSA " + "PRIVATE KEY-----",
    "session": "Cookie: theme=dark; sessionid={}; lang=en",
    "api_key": "retrying with api_key={} in 3 s",
    "password": "login failed: password={} user=mara",
    "client_secret": "client_secret={}&grant_type=refresh",
}
TEXTS: Mapping[str, str] = {
    kind: _CARRIERS.get(kind, "the value {} was seen").format(secret) for kind, secret in SECRETS.items()
}
"""Each secret as it stands in a text of an app."""

KEYED: Mapping[str, str] = {name: SECRETS[name] for name in ("password", "client_secret", "api_key")}
"""Secrets that nothing but their key gives away."""

_DIGITS_ONLY = {"card", "iban", "ssn", "phone"}


def _base64_cores(secret: bytes) -> Iterator[bytes]:
    """The part of a secret's base64 that its neighbours do not touch, at each of the three alignments."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + secret)
        core = encoded[shift + 1 if shift else 0 : -4]
        if len(core) >= 10:
            yield core


def forms_of(kind: str) -> frozenset[bytes]:
    """Return how a secret can be spelled in a file or on the wire."""
    secret = SECRETS[kind]
    spelled = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        secret.replace("@", "\\u0040"),
    }
    if kind in _DIGITS_ONLY:
        spelled.add(regex.sub(r"[ +-]", "", secret))
    plain = secret.encode()
    return frozenset(
        {*(text.encode() for text in spelled), secret.encode("utf-16-le"), *_base64_cores(plain)}
    )


_FORMS = {kind: forms_of(kind) for kind in SECRETS}


def kinds_in(haystack: bytes) -> set[str]:
    """Return the kinds of the secrets that occur in some bytes, in any spelling."""
    return {kind for kind, forms in _FORMS.items() if any(form in haystack for form in forms)}


def inflated(data: bytes) -> bytes:
    """Return what compressed bytes hold, or the bytes as they are."""
    for magic, inflate in (
        (b"\x1f\x8b", gzip.decompress),
        (b"\x78", zlib.decompress),
        (b"\x28\xb5\x2f\xfd", zstd.decompress),
    ):
        if data.startswith(magic):
            with suppress(OSError, zlib.error, zstd.ZstdError, EOFError):
                return inflate(data)
    return data


def _cells(database: Path) -> Iterator[bytes]:
    """Every text and blob of every table, inflated where it was compressed."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        connection.text_factory = bytes
        tables = [
            name.decode()
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                yield from (inflated(cell) for cell in row if isinstance(cell, bytes))


def _contents(path: Path) -> Iterable[bytes]:
    """The raw bytes of a file and, of a database, also what its cells hold."""
    raw = path.read_bytes()
    yield inflated(raw)
    if raw.startswith(b"SQLite format 3\0"):
        yield from _cells(path)


def kinds_below(*directories: Path) -> dict[str, set[str]]:
    """Return the files below some directories in which secrets were found, and which kinds; empty is good."""
    found: dict[str, set[str]] = {}
    for directory in directories:
        written = (path for path in directory.rglob("*") if path.is_file())
        for path in sorted(path for path in written if not path.is_symlink()):  # what was lent is nobody's
            with suppress(FileNotFoundError):  # a server's own temporary file
                if kinds := set().union(*(kinds_in(content) for content in _contents(path))):
                    found[str(path.relative_to(directory))] = kinds
    return found
