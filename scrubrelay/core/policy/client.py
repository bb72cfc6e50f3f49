"""Who sent a request: what filters may ask besides the envelope itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Client:
    """The sender of a request, as far as it is known.

    Args:
        address: Its IP address, or that of the proxy nearest to it; None if unknown.
        user_agent: The request's `User-Agent`, empty if it has none.
        origin: The request's `Origin`, empty if it has none.
    """

    address: str | None = None
    user_agent: str = ""
    origin: str = ""


NOBODY = Client()
"""A sender of whom nothing is known, as for a file on the command line."""
