import gzip
import os
import zlib
from contextlib import suppress

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubrelay.core.errors import BadRequest, TooLarge, UnsupportedMedia
from scrubrelay.core.wire.encoding import Inflater, deflate, inflate, zstd

_MANY = 8 << 20


def raw_deflate(data):
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": lambda data: gzip.compress(data[:7]) + gzip.compress(data[7:]),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": lambda data: zstd.compress(data[:7]) + zstd.compress(data[7:]),
    "identity": bytes,
    "": bytes,
    "UTF-8": bytes,
}


@pytest.mark.parametrize("encoding", PACKERS)
@given(data=st.binary(max_size=2000), chunk=st.integers(1, 700))
def test_any_chunking_of_the_same_bytes_inflates_alike(encoding, data, chunk):
    packed = PACKERS[encoding](data)
    inflater = Inflater(encoding, _MANY)
    parts = [inflater.feed(packed[at : at + chunk]) for at in range(0, len(packed), chunk)]
    assert b"".join(parts) + inflater.finish() == data == inflate(packed, encoding, _MANY)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_more_than_one_piece_comes_through(encoding):
    data = os.urandom(300_000) + b"a" * 700_000
    assert inflate(PACKERS[encoding](data), encoding, _MANY) == data


def test_a_bare_deflate_stream_is_deflate_too():
    assert inflate(raw_deflate(b"some text" * 99), "deflate", _MANY) == b"some text" * 99


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_stops_at_the_ratio_long_before_the_limit(encoding):
    bomb = PACKERS[encoding](bytes(50 << 20))
    with pytest.raises(TooLarge):
        inflate(bomb, encoding, 1 << 40)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity"])
def test_a_body_over_the_limit_is_too_large(encoding):
    with pytest.raises(TooLarge):
        inflate(PACKERS[encoding](os.urandom(5000)), encoding, 4999)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_a_stream_that_is_cut_off_is_refused(encoding):
    with pytest.raises(BadRequest):
        inflate(PACKERS[encoding](os.urandom(5000))[:-9], encoding, _MANY)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_a_swarm_of_empty_members_is_refused(encoding):
    """Each costs a new decoder and, fed at once, a copy of all that follow."""
    with pytest.raises(BadRequest):
        inflate(PACKERS[encoding](b"") * 10_001, encoding, _MANY)


@pytest.mark.parametrize("chunk", [1, 2, 3, 99])
def test_garbage_behind_gzip_is_ignored_to_its_end(chunk):
    packed = gzip.compress(b"body") + b"zz\x1fzz"
    inflater = Inflater("gzip", _MANY)
    parts = [inflater.feed(packed[at : at + chunk]) for at in range(0, len(packed), chunk)]
    assert b"".join(parts) + inflater.finish() == b"body"


def test_a_zstd_window_of_more_than_8_mib_is_refused():
    wide = {zstd.CompressionParameter.window_log: 24}
    packer = zstd.ZstdCompressor(options=wide)
    with pytest.raises(BadRequest):
        inflate(packer.compress(b"body") + packer.flush(), "zstd", _MANY)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
@given(data=st.binary(min_size=1, max_size=300))
def test_damaged_bytes_raise_only_what_we_refuse(encoding, data):
    with suppress(BadRequest, TooLarge):
        inflate(data, encoding, _MANY)


def test_an_unknown_encoding_is_unsupported():
    with pytest.raises(UnsupportedMedia):
        Inflater("compress", _MANY)


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "identity"])
def test_what_we_compress_inflates(encoding):
    assert inflate(deflate(b"body" * 99, encoding), encoding, _MANY) == b"body" * 99
