"""Attachments: any charset, JSON, JSON lines, gzip; the rest is refused."""

import gzip

import pytest

from scrubrelay.core.errors import Unscrubbable
from scrubrelay.core.wire.envelope import Item


def attachment(data: bytes) -> Item:
    return Item({"type": "attachment", "filename": "x", "length": len(data)}, data)


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"]
)
def test_text_keeps_its_charset(small, charset):
    scrubbed = small.item(attachment("Grüße a@b.cd, wohl bekomm's".encode(charset)))
    assert scrubbed.item.payload == "Grüße [email], wohl bekomm's".encode(charset)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"pin":"x"}', b'{"pin":"[password]"}'),
        (b'{"pin":"x"}\n{"a":1.10}\n', b'{"pin":"[password]"}\n{"a":1.10}\n'),
        (b"{not json} a@b.cd", b"{not json} [email]"),
        (b"", b""),
    ],
)
def test_json_is_scrubbed_as_json(small, before, after):
    assert small.item(attachment(before)).item.payload == after


def test_gzip_is_opened_and_closed(small):
    scrubbed = small.item(attachment(gzip.compress(b"mail a@b.cd")))
    assert gzip.decompress(scrubbed.item.payload) == b"mail [email]"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00",
        b"MDMP\x93\xa7\x00\x00",
        b"\x1f\x8bbroken",
        gzip.compress(b"\x00\x01", mtime=0),
        b"a\x00b",
    ],
)
def test_what_is_no_text_is_refused(small, data):
    with pytest.raises(Unscrubbable):
        small.item(attachment(data))
