"""Who may ask the admin listener for something, and how fast a token can be guessed."""

import hmac
import logging
import math
import os
import secrets
from collections import Counter, OrderedDict
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
from scrubrelay.service.log import log

OWN_NAME: Final = "local"
"""What the token is called that the relay makes itself where none is set."""
_OWN_FILE: Final = "admin-token"
_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 8.0
"""Less than Prometheus waits for an answer, so that it is told what is wrong."""
_MOST_HELD: Final = 8
"""Answers held back for one address: with the wait above, one guess a second."""
_MOST_HELD_IN_ALL: Final = 128
_FORGOTTEN_AFTER: Final = 900.0
_MOST_ADDRESSES: Final = 1024
_TOO_MANY: Final = "wrong tokens came from this address: wait"


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
    """Makes whoever brings wrong tokens wait for the answer, ever longer; a right one is let in at once.

    A right token must not wait because somebody guesses at the same address, so all are compared at once.
    What limits a guesser is that answers are held back, few at a time: from an address that has never brought
    a right one, nothing more is looked at meanwhile. One that has (this machine always has) is never
    turned away; what a guesser there can try is limited by the length of tokens alone.

    Args:
        clock: The time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._welcome: OrderedDict[str, None] = OrderedDict()
        self._held: Counter[str] = Counter()

    def check(self, remote: str | None) -> None:
        """Return if a token from an address is looked at.

        Raises:
            RateLimited: Too many wrong ones wait for their answers there.
        """
        network = _network(remote)
        if self._is_full(network) and network not in self._welcome and not is_here(remote):
            raise RateLimited(_TOO_MANY, math.ceil(_LONGEST_WAIT))

    def welcome(self, remote: str | None) -> None:
        """Note a right token."""
        network = _network(remote)
        self._welcome[network] = None
        self._welcome.move_to_end(network)
        if len(self._welcome) > _MOST_ADDRESSES:
            self._welcome.popitem(last=False)

    async def hold(self, remote: str | None) -> None:
        """Note a wrong token, and return when it may be answered.

        Raises:
            RateLimited: So many wait there already that this one is answered at once.
        """
        network = _network(remote)
        failures = self._note(network)
        if failures.bit_count() == 1:
            log("wrong_token", level=logging.WARNING, remote=network, times=failures)
        if self._is_full(network):
            raise RateLimited(_TOO_MANY, math.ceil(_LONGEST_WAIT))
        self._held[network] += 1
        try:
            await self._clock.sleep(min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(failures - 1, 16)))
        finally:
            self._held -= Counter((network,))

    def _is_full(self, network: str) -> bool:
        return self._held[network] >= _MOST_HELD or self._held.total() >= _MOST_HELD_IN_ALL

    def _note(self, network: str) -> int:
        """Return how many wrong ones came from there lately, this one included."""
        now = self._clock.monotonic()
        failures, at = self._seen.pop(network, (0, now))
        failures = 1 if now - at > _FORGOTTEN_AFTER else failures + 1
        self._seen[network] = failures, now
        if len(self._seen) > _MOST_ADDRESSES:
            self._seen.popitem(last=False)
        return failures


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

    async def admit(self, request: web.BaseRequest) -> Bearer:
        """Return whose token a request brought; a wrong one is answered after a while.

        Raises:
            Unauthorized: None, or a wrong one.
            Forbidden: No token is set, and it comes from elsewhere or under another name.
            RateLimited: Too many wrong ones came from there.
        """
        pairs = self._known(request)
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not sent.strip():
            raise Unauthorized("a bearer token is missing", "expected the header `Authorization: Bearer ...`")
        self._brake.check(request.remote)
        # All are compared, each in the same time: how long it takes tells nothing of any.
        wanted = {name: _same(sent.strip(), text) for name, (text, _) in pairs.items()}
        found = [Bearer(name, pairs[name][1]) for name, same in wanted.items() if same]
        if not found:
            await self._brake.hold(request.remote)
            raise Unauthorized("the bearer token is wrong")
        self._brake.welcome(request.remote)
        return found[0]

    def _known(self, request: web.BaseRequest) -> dict[str, tuple[str, Scope]]:
        """Return name -> token and scope of those that count for a request."""
        known = {one.name: (one.token.get_secret_value(), one.scope) for one in self._settings().every_token}
        if known:
            return known
        if not (is_here(request.remote) and is_here(_host_of(request))):
            raise Forbidden("set [[admin.tokens]] to reach this from another machine or by another name")
        return {OWN_NAME: (self._own, "write")}


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


def _network(remote: str | None) -> str:
    """What one guesser can have: an IPv4 address, or the /64 that a site gives to each of its machines."""
    try:
        address = ip_address(remote or "")
    except ValueError:
        return remote or ""
    return str(ip_network((address, 64), strict=False) if isinstance(address, IPv6Address) else address)
