"""Who may ask the admin listener for something, and how fast a token can be guessed."""

import hmac
import math
import os
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Final

from aiohttp import web

from scrubrelay.config.settings import AdminSettings, Scope
from scrubrelay.core.errors import Forbidden, RateLimited, Unauthorized
from scrubrelay.service.clock import Clock

OWN_NAME: Final = "local"
"""What the token is called that the relay makes itself where none is set."""
_OWN_FILE: Final = "admin-token"
_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 30.0
_FORGOTTEN_AFTER: Final = 900.0
_MOST_ADDRESSES: Final = 1024


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token a request brought.

    Args:
        name: What the log and the audit call it.
        scope: What it is good for.
    """

    name: str
    scope: Scope

    def check(self, scope: Scope) -> None:
        """Return if the token is good for something.

        Raises:
            Forbidden: It is not.
        """
        if scope == "write" and self.scope != "write":
            raise Forbidden(f'the token "{self.name}" may only read', 'its scope has to be "write"')


class Brake:
    """Makes an address wait ever longer that has brought wrong tokens.

    Whoever waits is refused before the token is looked at: else the speed of the answer would tell a guesser
    what the wait was to hide. Another address does not wait.

    Args:
        clock: The time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def check(self, remote: str | None) -> None:
        """Return if an address need not wait.

        Raises:
            RateLimited: It must, and how long.
        """
        failures, at = self._seen.get(_network(remote), (0, 0.0))
        wait = at + _wait(failures) - self._clock.monotonic()
        if failures and wait > 0:
            raise RateLimited("wrong tokens came from this address: wait", math.ceil(wait))

    def note(self, remote: str | None) -> None:
        """Count a wrong token."""
        now = self._clock.monotonic()
        failures, at = self._seen.pop(_network(remote), (0, now))
        failures = 0 if now - at > _FORGOTTEN_AFTER else failures
        self._seen[_network(remote)] = failures + 1, now
        if len(self._seen) > _MOST_ADDRESSES:
            self._seen.popitem(last=False)


class Gate:
    """Lets in who has a token; where none is set, who is on this machine and has the relay's own.

    Args:
        settings: Returns `[admin]` as it is now: a token that is taken away is refused at once.
        own: The relay's own token.
        clock: The time.
    """

    def __init__(self, settings: Callable[[], AdminSettings], own: str, clock: Clock) -> None:
        self._settings = settings
        self._own = own
        self._brake = Brake(clock)

    def admit(self, request: web.BaseRequest) -> Bearer:
        """Return whose token a request brought.

        Raises:
            Unauthorized: None, or a wrong one.
            Forbidden: No token is set, and it comes from elsewhere or under another name.
            RateLimited: Too many wrong ones came from there.
        """
        known = {token.name: token for token in self._settings().every_token}
        pairs = {name: (token.token.get_secret_value(), token.scope) for name, token in known.items()}
        if not pairs:
            if not (is_here(request.remote) and is_here(_host_of(request))):
                raise Forbidden("set [[admin.tokens]] to reach this from another machine or by another name")
            pairs = {OWN_NAME: (self._own, "write")}
        sent = request.headers.get("Authorization", "")
        if not sent:
            raise Unauthorized("a bearer token is missing")
        self._brake.check(request.remote)
        # All are compared, each in the same time: how long it takes tells nothing of any.
        wanted = {name: _same(sent, f"Bearer {text}") for name, (text, _) in pairs.items()}
        found = [Bearer(name, pairs[name][1]) for name, same in wanted.items() if same]
        if not found:
            self._brake.note(request.remote)
            raise Unauthorized("the bearer token is wrong")
        return found[0]


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(32)


def leave_token(folder: Path, token: str | None) -> None:
    """Leave the relay's own token in the data folder for commands on this machine; None takes it away."""
    path = folder / _OWN_FILE
    path.unlink(missing_ok=True)
    if token is None:
        return
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, token.encode() + b"\n")
    finally:
        os.close(file)


def left_token(folder: Path) -> str | None:
    """Return what `leave_token` has left; None if there is none.

    Raises:
        OSError: It is there, for somebody else.
    """
    try:
        return (folder / _OWN_FILE).read_text("utf-8").strip()
    except FileNotFoundError:
        return None


def is_here(host: str | None) -> bool:
    """Whether an address is this machine's own; asked of the name in the request too.

    A web page can make a browser on this machine ask, under a name of its own that leads here.
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def _host_of(request: web.BaseRequest) -> str | None:
    """Return the name under which it was asked for; None if that is no name at all."""
    try:
        return request.url.host
    except ValueError:
        return None


def _same(one: str, other: str) -> bool:
    digests = (sha256(text.encode(errors="surrogateescape")).digest() for text in (one, other))
    return hmac.compare_digest(*digests)


def _wait(failures: int) -> float:
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(failures - 1, 16))


def _network(remote: str | None) -> str:
    """What one guesser can have: an IPv4 address, or the /64 that a site gives to each of its machines."""
    try:
        address = ip_address(remote or "")
    except ValueError:
        return remote or ""
    return str(ip_network((address, 64), strict=False) if isinstance(address, IPv6Address) else address)
