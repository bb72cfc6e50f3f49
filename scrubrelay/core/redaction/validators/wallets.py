"""Addresses of crypto wallets, which carry their own checksums."""

import hashlib
from collections.abc import Callable

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def base58check(cut: str) -> bool:
    """A Bitcoin-family address of the old form: 25 bytes, four of them a double SHA-256.

    https://en.bitcoin.it/wiki/Base58Check_encoding

    >>> base58check("16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ"), base58check("16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyY")
    (True, False)
    """
    number = 0
    for c in cut:
        if c not in _BASE58:
            return False
        number = number * 58 + _BASE58.index(c)
    if number.bit_length() > 200:
        return False
    data = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4] == data[21:]


def bech32(cut: str) -> bool:
    """An address in bech32 or bech32m with any human-readable part, BIP 173 and BIP 350.

    >>> bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    True
    >>> bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")
    False
    """
    prefix, _, data = cut.lower().rpartition("1")
    if not prefix or len(data) < 6 or any(c not in _BECH32 for c in data):
        return False
    values = (
        [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [_BECH32.index(c) for c in data]
    )
    return _polymod(values) in {1, 0x2BC830A3}


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            checksum ^= generator * (top >> bit & 1)
    return checksum


WALLETS: dict[str, Callable[[str], bool]] = {"base58check": base58check, "bech32": bech32}
