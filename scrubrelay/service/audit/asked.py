"""What a request of the audit holds: documents or an envelope, and patterns to try on them."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from scrubrelay.config.names import nearest
from scrubrelay.config.tried import PackText
from scrubrelay.core.errors import BadRequest, ScrubrelayError, Unscrubbable
from scrubrelay.core.redaction.formats.json import dumps_exact, loads_exact
from scrubrelay.core.wire.envelope import Envelope, Item, decode, place_of_error
from scrubrelay.core.wire.inputs import Format, detect, position_of_error

MOST_LINES: Final = 10_000
MOST_PACK_BYTES: Final = 256 * 1024
_TYPES: Final = frozenset({"transaction", "feedback", "security"})
_WRAPPED: Final = ("document", "envelope")
_PAIR: Final = 2
_PACKED: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""What gzip and zstd begin with."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be looked at.

    Args:
        format: What it came as.
        envelopes: One, or one for each line.
        packs: Patterns to try.
    """

    format: Format
    envelopes: tuple[Envelope, ...]
    packs: tuple[PackText, ...] = ()


def read(body: bytes) -> Asked:
    """Return what a body holds: `{"document": …, "packs": […]}`, `{"envelope": "…", "packs": […]}`, or bare.

    Raises:
        BadRequest: It is none of these; nothing of it is repeated.
    """
    wrapper = _wrapper(body)
    if wrapper is None:
        return _bare(body)
    packs = _packs(wrapper["packs"])
    if "document" in wrapper:
        return Asked(Format.JSON, (_of(_written(wrapper["document"])),), packs)
    if not isinstance(wrapper["envelope"], str):
        raise BadRequest("envelope: expected the envelope as a string")
    envelope = wrapper["envelope"].encode("utf-8", "surrogatepass")
    return Asked(Format.ENVELOPE, (_envelope(envelope),), packs)


def packs_of_line(line: bytes) -> tuple[PackText, ...] | None:
    """Return the packs of a line `{"packs": […]}`, which may stand before exported events; else None.

    Raises:
        BadRequest: They are none.
    """
    try:
        value = orjson.loads(line) if b'"packs"' in line else None
    except orjson.JSONDecodeError:
        return None
    return _packs(value["packs"]) if isinstance(value, dict) and value.keys() == {"packs"} else None


def _packs(packs: Any) -> tuple[PackText, ...]:
    if not isinstance(packs, list) or not all(isinstance(one, str | dict) for one in packs):
        raise BadRequest("packs: expected a list of pattern files, as TOML or parsed")
    if len(_written(packs)) > MOST_PACK_BYTES:
        raise BadRequest(f"packs: expected no more than {MOST_PACK_BYTES // 1024} KiB in all")
    return tuple(packs)


def _bare(body: bytes) -> Asked:
    if not body.strip():
        raise BadRequest("expected a JSON document, JSON lines or an envelope")
    first, _, rest = body.lstrip().partition(b"\n")
    kind = detect(first, rest.lstrip(b"\r\n").partition(b"\n")[0])
    if kind is Format.ENVELOPE:
        return Asked(kind, (_envelope(body),))
    lines = [(1, body)]
    if kind is Format.LINES:
        lines = [(at, line) for at, line in enumerate(body.split(b"\n"), start=1) if line.strip()]
    if len(lines) > MOST_LINES:
        raise BadRequest(f"expected {MOST_LINES} lines or fewer")
    return Asked(kind, tuple(_of(_checked(line, at)) for at, line in lines))


def _wrapper(body: bytes) -> dict[str, Any] | None:
    """Return the body if it is a document with packs; a bare document is None."""
    if not body.lstrip().startswith(b"{") or not any(b'"%b"' % name.encode() in body for name in _WRAPPED):
        return None
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            value, _ = loads_exact(body)
        except Unscrubbable:
            return None
    if not isinstance(value, dict) or not any(name in value for name in _WRAPPED):
        return None
    if any(value.keys() == {name, "packs"} for name in _WRAPPED):
        return value
    other = next((name for name in value if name not in _WRAPPED), "")
    if len(value) == _PAIR and nearest(other, ("packs",)):
        raise BadRequest(
            'expected "packs" beside "document" or "envelope"', "a name that looks like it is there"
        )
    return None


def _written(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # lone surrogates, numbers as they were spelled, very deep
        pass
    try:
        return dumps_exact(value)
    except RecursionError as error:
        raise BadRequest("nested too deep") from error


def _checked(document: bytes, line: int) -> bytes:
    try:
        orjson.loads(document)
    except orjson.JSONDecodeError as error:
        try:
            loads_exact(document)
        except Unscrubbable as exact:
            deep = f"line {line}: {exact.detail}" if "deep" in exact.detail else ""
            hint = ("compressed? then say so with Content-Encoding",) if document.startswith(_PACKED) else ()
            raise BadRequest("not JSON", deep or position_of_error(document, line), *hint) from error
    return document.strip()


def _of(document: bytes) -> Envelope:
    """Return the envelope in which an SDK would have sent an event."""
    try:
        value = orjson.loads(document)
    except orjson.JSONDecodeError:
        value = None
    kind = value.get("type") if isinstance(value, dict) else None
    name = kind if isinstance(kind, str) and kind in _TYPES else "event"
    return Envelope({}, (Item({"type": name}, document),))


def _envelope(data: bytes) -> Envelope:
    try:
        return decode(data)
    except ScrubrelayError as error:
        causes = filter(None, (error.detail, *error.causes, place_of_error(data)))
        raise BadRequest("not an envelope", *causes) from error
