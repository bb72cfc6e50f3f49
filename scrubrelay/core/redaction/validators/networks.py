"""Addresses of machines: what is one, whose it is, and what only looks like one."""

import ipaddress
from collections.abc import Callable

# A resolver's address is a constant of the internet: no version number is meant by it.
_RESOLVERS = {"1.1.1.1", "8.8.8.8", "8.8.4.4", "9.9.9.9"}


def ipv4(cut: str) -> bool:
    """A public IPv4 address that does not read like a version number of four parts.

    >>> ipv4("203.0.113.9"), ipv4("203.0.113.9:8080"), ipv4("10.0.0.1"), ipv4("4.0.15.0"), ipv4("127.0.0.1")
    (True, True, False, False, False)
    """
    address = _ipv4(cut)
    if address is None or _is_special(address) or _is_private(address):
        return False
    return str(address) in _RESOLVERS or cut.strip() != str(address) or not _reads_like_version(address)


def ipv4_private(cut: str) -> bool:
    """An address of RFC 1918, shared address space or link local, but not a cloud's metadata service.

    >>> ipv4_private("192.168.1.1"), ipv4_private("10.0.0.0/8"), ipv4_private("169.254.169.254")
    (True, True, False)
    """
    address = _ipv4(cut)
    return address is not None and _is_private(address) and not _is_special(address)


def ipv4_in_context(cut: str) -> bool:
    """Any IPv4 address that belongs to somebody, even if it could be a version: a word beside it says not.

    >>> ipv4_in_context("1.2.3.4"), ipv4_in_context("127.0.0.1"), ipv4_in_context("1.2.3.256")
    (True, False, False)
    """
    address = _ipv4(cut)
    return address is not None and not _is_special(address)


def _ipv4(cut: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(cut.partition("/")[0].partition(":")[0])
    except ValueError:
        return None


def _is_special(address: ipaddress.IPv4Address) -> bool:
    # 169.254.169.254 and .170.2 are the metadata services of every large cloud: constants, not hosts.
    return (
        address.is_loopback or address.is_unspecified or str(address) in {"169.254.169.254", "169.254.170.2"}
    )


def _is_private(address: ipaddress.IPv4Address) -> bool:
    # Not `is_private`: that counts the documentation networks, which stand in for public addresses.
    octets = address.packed
    return (
        octets[0] == 10
        or (octets[0] == 172 and 16 <= octets[1] < 32)
        or (octets[0] == 192 and octets[1] == 168)
        or (octets[0] == 100 and 64 <= octets[1] < 128)
        or address.is_link_local
    )


def _reads_like_version(address: ipaddress.IPv4Address) -> bool:
    # 4.0.15.0, 21.0.1.12, 8.0.100.2: parts count up from zero. One public address in three hundred looks so.
    return address.packed[0] < 40 and sum(octet < 20 for octet in address.packed) >= 3


def ipv6(cut: str) -> bool:
    """A whole IPv6 address, with zone or prefix, that is no slice (`1::2`), loopback or scope operator.

    RFC 4291 section 2.2, RFC 4007 section 11.

    >>> ipv6("2001:db8::1"), ipv6("fe80::1%eth0/64"), ipv6("::ffff:192.0.2.1"), ipv6("2001::25de::cade")
    (True, True, True, False)
    >>> ipv6("1::2"), ipv6("::1"), ipv6("ab::cd"), ipv6("a1:b2:c3:d4:e5:f6:07:18")
    (False, False, False, False)
    """
    address = _ipv6(cut)
    if address is None or address.is_loopback or address.is_unspecified:
        return False
    groups = [group for group in cut.partition("%")[0].partition("/")[0].split(":") if group]
    if len(groups) == 8 and {*map(len, groups)} == {2}:  # the bytes of a fingerprint
        return False
    tells = len(groups) > 2 or "." in groups[-1] or any(len(group) > 2 for group in groups)
    return tells and (len(groups) > 4 or any(c.isdigit() for group in groups for c in group))


def ip_special(cut: str) -> bool:
    """Loopback and unspecified addresses, which name a host only where a word says so.

    >>> ip_special("::1/128"), ip_special("::"), ip_special("0.0.0.0"), ip_special("127.0.0.1")
    (True, True, True, False)
    """
    address = _ipv6(cut)
    return cut.partition("/")[0] == "0.0.0.0" or (  # noqa: S104 - compared, not bound
        address is not None and (address.is_loopback or address.is_unspecified)
    )


def _ipv6(cut: str) -> ipaddress.IPv6Address | None:
    base, slash, prefix = cut.partition("/")
    try:
        return ipaddress.IPv6Interface(base.partition("%")[0] + slash + prefix).ip
    except ValueError:
        return None


def mac(cut: str) -> bool:
    """An EUI-48 that can be some card's: not all pairs equal, and no date written with dashes.

    >>> mac("00:1A:2B:3C:4D:5E"), mac("aabb.ccdd.eeff"), mac("00:00:00:00:00:00"), mac("24-11-03-10-22-31")
    (True, True, False, False)
    """
    pairs = "".join(c for c in cut.lower() if c in "0123456789abcdef")
    varied = len(pairs) == 12 and len({pairs[i : i + 2] for i in range(0, 12, 2)}) > 1
    return varied and (":" in cut or not pairs.isdigit())


NETWORKS: dict[str, Callable[[str], bool]] = {
    "ipv4": ipv4,
    "ipv4_private": ipv4_private,
    "ipv4_in_context": ipv4_in_context,
    "ipv6": ipv6,
    "ip_special": ip_special,
    "mac": mac,
}
