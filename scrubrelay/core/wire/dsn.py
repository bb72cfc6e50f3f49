"""DSNs: where an app sends its events, as one line of text."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

import regex

from scrubrelay.core.errors import BadRequest
from scrubrelay.core.wire.auth import check_key

_LARGEST_PROJECT = 2**64 - 1  # Relay's ProjectId
_HOST = regex.compile(r"[A-Za-z0-9._:\-]+")


@dataclass(frozen=True, slots=True)
class Dsn:
    """A parsed DSN.

    Args:
        scheme: `http` or `https`.
        public_key: The client key, 32 characters.
        host: Name or address; an IPv6 address without brackets.
        port: None for the scheme's own.
        path: What stands before the project, `/a/b` or empty.
        project_id: A number.
        secret_key: Of DSNs made before 2018; never shown.
    """

    scheme: str
    public_key: str
    host: str
    port: int | None
    path: str
    project_id: int
    secret_key: str | None = field(default=None, repr=False, compare=False)

    @classmethod
    def parse(cls, text: Any) -> "Dsn":
        """Return the DSN that `text` is.

        Raises:
            BadRequest: It is none; the message does not repeat it.
        """
        try:
            parts = urlsplit(text.strip())
            return cls._of(parts, parts.port)
        except (AttributeError, TypeError, ValueError):
            raise BadRequest("invalid DSN", "expected https://KEY@HOST/PROJECT") from None

    @classmethod
    def _of(cls, parts: SplitResult, port: int | None) -> "Dsn":
        path, _, project = parts.path.rstrip("/").rpartition("/")
        if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.hostname or ""):
            raise BadRequest("invalid DSN", "expected http or https and a host")
        if not (project.isascii() and project.isdecimal()) or int(project) > _LARGEST_PROJECT:
            raise BadRequest("invalid DSN", "expected a number as the project")
        return cls(
            scheme=parts.scheme,
            public_key=check_key(parts.username or ""),
            host=parts.hostname or "",
            port=port,
            path=path,
            project_id=int(project),
            secret_key=parts.password or None,
        )

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a URL begins."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port is None else f':{self.port}'}"

    @property
    def envelope_url(self) -> str:
        """Where envelopes are posted to."""
        return f"{self.origin}{self.path}/api/{self.project_id}/envelope/"

    def __str__(self) -> str:
        """Return the public form, without a secret."""
        scheme, _, place = self.origin.partition("://")
        return f"{scheme}://{self.public_key}@{place}{self.path}/{self.project_id}"
