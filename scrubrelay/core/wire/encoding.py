"""Content encodings: inflating within limits, so that a bomb never expands, and compressing.

A decoder is asked for a bounded piece at a time, whatever it has been fed; bytes and ratio are checked after
each piece. gzip may have several members (RFC 1952), `deflate` is zlib (RFC 9110) or, as some clients send
it, the bare stream.
"""

import sys
import zlib
from collections.abc import Callable
from typing import Literal, Protocol

import brotli

from scrubrelay.core.errors import BadRequest, TooLarge, UnsupportedMedia

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_RATIO = 200.0
"""Of inflated to compressed bytes; JSON of repeated log lines stays below 100."""

_PIECE = 256 * 1024
_RATIO_COUNTS_FROM = 1024 * 1024  # a small body may repeat itself as it likes
_MOST_MEMBERS = 10_000  # gzip members or zstd frames: each costs more than its 20 bytes say
_LEVEL = 1  # gzip towards upstream: a third of the time of level 6 for a tenth more bytes
_GZIP = 31
_ZLIB = 15
_RAW = -15
_ERRORS = (zlib.error, brotli.error, zstd.ZstdError, EOFError)
_ZSTD: dict[int, int] = {
    zstd.DecompressionParameter.window_log_max: 23
}  # 8 MiB, all a body on the web may ask (RFC 9659)
_DAMAGED = "invalid compression format"
_TOO_MUCH = "request content exceeded size limits"


class _Decoder(Protocol):
    """A decoder of one format; it returns at most about `_PIECE` bytes at a time."""

    def piece(self, data: bytes) -> bytes:
        """Return the next bytes after taking `data`."""

    @property
    def hungry(self) -> bool:
        """Whether all that it was fed has been returned."""

    @property
    def complete(self) -> bool:
        """Whether the stream may end here."""


class Inflater:
    """Inflates a body as it arrives.

    Args:
        encoding: The `Content-Encoding`; None, empty, `identity` and `utf-8` (old Android SDKs) mean none.
        max_bytes: Most bytes it may inflate to.
        max_ratio: Most times its compressed size, once it is over a MiB.

    Raises:
        UnsupportedMedia: The encoding is unknown.
    """

    def __init__(self, encoding: str | None, max_bytes: int, max_ratio: float = MAX_RATIO) -> None:
        self._name = name = (encoding or "").strip().lower()
        if name not in _DECODERS:
            known = ", ".join(one for one in _DECODERS if one)
            raise UnsupportedMedia("unsupported content encoding", f"expected one of {known}")
        self._make = _DECODERS[name]
        self._decoder: _Decoder | None = None
        self._max_bytes = max_bytes
        self._max_ratio = max_ratio
        self._taken = 0
        self._given = 0

    def feed(self, chunk: bytes) -> bytes:
        """Return what `chunk` inflates to.

        Raises:
            TooLarge: A limit is reached.
            BadRequest: The stream is damaged.
        """
        if not chunk:
            return b""
        self._taken += len(chunk)
        if self._make is None:
            return self._count(chunk)
        decoder = self._decoder = self._decoder or self._make(chunk)
        parts = []
        while True:
            try:
                piece = decoder.piece(chunk)
            except _ERRORS:  # a decoder's own message may quote what it was fed
                raise BadRequest(_DAMAGED, f"it is not {self._name}, or damaged") from None
            parts.append(self._count(piece))
            chunk = b""
            if decoder.hungry:
                return b"".join(parts)

    def finish(self) -> bytes:
        """Return what is left (nothing, today) after the last chunk.

        Raises:
            BadRequest: The stream is cut off.
        """
        if self._decoder is not None and not self._decoder.complete:
            raise BadRequest(_DAMAGED, "unexpected end of file")
        return b""

    @property
    def ignored(self) -> bool:
        """Whether bytes behind the end of the stream were left out."""
        return isinstance(self._decoder, _Zlib) and self._decoder.ignored

    def _count(self, piece: bytes) -> bytes:
        self._given += len(piece)
        bomb = self._given > _RATIO_COUNTS_FROM and self._given > self._taken * self._max_ratio
        if self._given > self._max_bytes:
            raise TooLarge(_TOO_MUCH, f"inflated it has more than {self._max_bytes} bytes")
        if bomb:
            raise TooLarge(_TOO_MUCH, f"inflated it has more than {self._max_ratio:.0f} times its size")
        return piece


def inflate(data: bytes, encoding: str | None, max_bytes: int) -> bytes:
    """Return a whole body inflated.

    Raises:
        TooLarge: It is over `max_bytes`, or a bomb.
        BadRequest: It is damaged.
        UnsupportedMedia: The encoding is unknown.
    """
    inflater = Inflater(encoding, max_bytes)
    return inflater.feed(data) + inflater.finish()


def deflate(data: bytes, encoding: Literal["gzip", "zstd", "identity"]) -> bytes:
    """Return `data` compressed for an upstream."""
    if encoding == "gzip":
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        return packer.compress(data) + packer.flush()
    return zstd.compress(data, level=_LEVEL) if encoding == "zstd" else data


class _Zlib:
    """gzip with any number of members, zlib, or a bare deflate stream."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._unpack = zlib.decompressobj(window)
        self._rest = b""
        self._full = False
        self._members = 1
        self._ended = False

    def piece(self, data: bytes) -> bytes:
        data = self._rest + data if self._rest else data
        if self._unpack.eof and data:
            self._ended = self._ended or self._window != _GZIP or data[0] != 0x1F
            if self._ended:
                self._rest, self._full = b"", False  # trailing garbage, ignored as gzip(1) and servers do
                return b""
            self._members = _one_more(self._members)
            self._unpack = zlib.decompressobj(self._window)
        piece = self._unpack.decompress(data, _PIECE)
        self._rest = self._unpack.unconsumed_tail or self._unpack.unused_data
        self._full = len(piece) == _PIECE  # then zlib may hold more, with no input left over
        return piece

    @property
    def hungry(self) -> bool:
        return not self._rest and not self._full

    @property
    def complete(self) -> bool:
        return self._unpack.eof

    @property
    def ignored(self) -> bool:
        """Whether garbage stood behind the end; what comes behind it is left out, too."""
        return self._ended


class _Brotli:
    def __init__(self, _first: bytes) -> None:
        self._unpack = brotli.Decompressor()
        self._last = b""

    def piece(self, data: bytes) -> bytes:
        if self._unpack.is_finished():
            raise EOFError  # bytes after the end of the stream
        self._last = self._unpack.process(data, output_buffer_limit=_PIECE)
        return self._last

    @property
    def hungry(self) -> bool:
        idle = len(self._last) < _PIECE and self._unpack.can_accept_more_data()
        return bool(self._unpack.is_finished() or idle)

    @property
    def complete(self) -> bool:
        return bool(self._unpack.is_finished())


class _Zstd:
    """Any number of frames (RFC 8878)."""

    def __init__(self, _first: bytes) -> None:
        self._unpack = zstd.ZstdDecompressor(options=_ZSTD)
        self._rest = b""
        self._frames = 1

    def piece(self, data: bytes) -> bytes:
        data = self._rest + data if self._rest else data
        self._rest = b""
        if self._unpack.eof and data:
            self._frames = _one_more(self._frames)
            self._unpack = zstd.ZstdDecompressor(options=_ZSTD)
        piece = self._unpack.decompress(data, max_length=_PIECE)
        self._rest = self._unpack.unused_data
        return piece

    @property
    def hungry(self) -> bool:
        return not self._rest and (self._unpack.needs_input or self._unpack.eof)

    @property
    def complete(self) -> bool:
        return bool(self._unpack.eof)


def _one_more(members: int) -> int:
    if members == _MOST_MEMBERS:
        raise EOFError
    return members + 1


def _deflate_decoder(first: bytes) -> _Zlib:
    """A zlib header has method 8 in its low bits and, as one number, is a multiple of 31 (RFC 1950)."""
    wrapped = first[0] & 0x0F == 8 and (len(first) < 2 or (first[0] << 8 | first[1]) % 31 == 0)
    return _Zlib(_ZLIB if wrapped else _RAW)


_DECODERS: dict[str, Callable[[bytes], _Decoder] | None] = {
    "": None,
    "identity": None,
    "utf-8": None,
    "gzip": lambda _first: _Zlib(_GZIP),
    "x-gzip": lambda _first: _Zlib(_GZIP),
    "deflate": _deflate_decoder,
    "br": _Brotli,
    "zstd": _Zstd,
}
