"""What the relay refuses, as types; each knows its HTTP status.

`detail` and `causes` go to the client and to the log, so they never hold a word of the payload: paths, names
of known things, lengths and limits are all they may say.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar


class Reason(StrEnum):
    """Why an item was dropped: exactly one for each item that does not go on.

    The value is the ledger's name for it; `core.wire.reports` knows what Sentry calls it in a client report.
    """

    NOT_UNDERSTOOD = "not_understood"
    """No scrubber knows the payload's format, so it fails closed."""
    UNDECODABLE = "undecodable"
    """The payload is not what its item type says it is."""
    TOO_DEEP = "too_deep"
    """The payload is nested deeper than the scrubber follows."""
    TIMED_OUT = "timed_out"
    """A pattern ran out of its time budget."""
    TOO_LARGE = "too_large"
    """The item is over the size limit of its type."""
    SURPLUS = "surplus"
    """It is the second error in one envelope; Sentry takes one, and of two none."""
    CAPTURE_OFF = "capture_off"
    """An operator has switched the project, or everything, off."""
    IGNORED_ERROR = "ignored_error"
    """`[filters]`: the type of its exception is one that nobody wants to see."""
    ERROR_MESSAGE = "error_message"
    """`[filters]`: its message is one that nobody wants to see."""
    RELEASE = "release"
    """`[filters]`: it comes from a release that nobody looks after."""
    ENVIRONMENT = "environment"
    """`[filters]`: it comes from an environment that nobody looks after."""
    CLIENT_ADDRESS = "client_address"
    """`[filters]`: its sender's address is a refused one."""
    LOCALHOST = "localhost"
    """`[filters]`: it comes from a developer's own machine."""
    BROWSER_EXTENSION = "browser_extension"
    """`[filters]`: a browser extension caused it."""
    LEGACY_BROWSER = "legacy_browser"
    """`[filters]`: the browser is too old to care for."""
    WEB_CRAWLER = "web_crawler"
    """`[filters]`: a crawler sent it, not a person's browser."""
    HEALTH_CHECK = "health_check"
    """`[filters]`: the transaction is a health check."""
    TRIVIAL_TRANSACTION = "trivial_transaction"
    """`[filters]`: the transaction is of a name, operation or length that says nothing."""
    CSP_NOISE = "csp_noise"
    """`[filters]`: the policy violation is caused by software on the visitor's machine."""
    CAPPED = "capped"
    """`[caps]`: its issue has had all the events of this window that may go on."""
    SAMPLED = "sampled"
    """`[sampling]`: it is not one of those that were drawn."""
    RATE_LIMITED = "rate_limited"
    """Every upstream of the project has asked for silence in this data category."""
    STORE_FULL = "store_full"
    """The outbox is at its limit, and the client was told so."""
    REFUSED = "refused"
    """Upstream answered with an error that no retry can mend; the envelope is a dead letter."""
    EXPIRED = "expired"
    """It could not be delivered within the outbox's `max_age`."""
    PURGED = "purged"
    """An operator removed it from the outbox."""
    NO_UPSTREAM = "no_upstream"
    """Inspect mode: it made room for a newer envelope."""


class ScrubrelayError(Exception):
    """Anything that the relay refuses or cannot do.

    Args:
        detail: One sentence for the client; no payload text.
        causes: What led to it, outermost first; no payload text.
    """

    status: ClassVar[int] = 500

    def __init__(self, detail: str, *causes: str) -> None:
        super().__init__(detail, *causes)
        self.detail = detail
        self.causes = causes

    def __str__(self) -> str:
        """Return the detail and its causes on one line."""
        return ": ".join((self.detail, *self.causes))


class BadRequest(ScrubrelayError):
    """What the client sent is malformed."""

    status = 400


class Unauthorized(ScrubrelayError):
    """No authentication, more than one, or a malformed one."""

    status = 401


class Forbidden(ScrubrelayError):
    """The client key or project is not one of ours."""

    status = 403


class NotFound(ScrubrelayError):
    """No such path: nothing is passed on unseen."""

    status = 404


class TooLarge(ScrubrelayError):
    """A body or an item is over its limit, before or after inflating."""

    status = 413


class UnsupportedMedia(ScrubrelayError):
    """An unknown content encoding or content type."""

    status = 415


class RateLimited(ScrubrelayError):
    """Every item fell under a rate limit of upstream, or the outbox is full.

    Args:
        detail: One sentence for the client.
        retry_after: Seconds until trying again makes sense.
        rate_limits: The value for `X-Sentry-Rate-Limits`, empty for none.
    """

    status = 429

    def __init__(self, detail: str, retry_after: int, rate_limits: str = "") -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.rate_limits = rate_limits


class StoreUnavailable(ScrubrelayError):
    """The store cannot write (disk full, read-only, damaged): nothing may be acknowledged.

    Args:
        detail: One sentence for the client.
        causes: What the store said, without paths or payload.
        retry_after: Seconds until trying again makes sense.
    """

    status = 503

    def __init__(self, detail: str, *causes: str, retry_after: int = 10) -> None:
        super().__init__(detail, *causes)
        self.retry_after = retry_after


class Unscrubbable(ScrubrelayError):
    """An item that cannot be scrubbed and so is dropped, never passed raw.

    Args:
        reason: What is counted and reported.
        detail: What stood in the way; no payload text.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class ConfigError(ScrubrelayError):
    """Everything that is wrong with the configuration or with pattern files, all at once.

    Args:
        problems: One line each: file, table, key, what was expected, the nearest known name.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"{len(problems)} problem{'s' if len(problems) != 1 else ''} found", *problems)
        self.problems = tuple(problems)


def place_of(error: BaseException) -> str:
    """Return a foreign exception's type and place, without its message, which may quote a payload."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    name = type(error).__name__
    return name if frame is None else f"{name} at {frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}"
