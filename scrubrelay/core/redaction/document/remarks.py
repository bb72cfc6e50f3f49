"""`_meta`: tells Sentry's interface what was cut, in Sentry's own format, beside what the SDK told before.

A leaf is `{"": {"rem": [[rule, kind, start, end]], "len": n}}`; ranges are UTF-8 byte offsets in the result,
`len` is the original length in code points (relay-event-schema, `Meta` and `Remark`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from scrubrelay.core.redaction.document.changes import Block, Change, Changes, Known

SUBSTITUTED, REMOVED, MASKED, PSEUDONYMIZED = "s", "x", "m", "p"
KINDS: Final[Mapping[str, str]] = {
    "replace": SUBSTITUTED,
    "remove": REMOVED,
    "mask": MASKED,
    "partial": MASKED,
    "hash": PSEUDONYMIZED,
}
"""Actions, and what `_meta` calls them (relay-event-schema, `RemarkType`)."""
_MERGED: Final = 2
"""Remarks of SDKs on one known value that are remembered together with ours."""


def annotate(document: dict[str, Any], changes: Changes) -> None:
    """Write the changes of a document into its `_meta`.

    Args:
        document: The scrubbed document.
        changes: What was done to it.
    """
    meta = document.get("_meta")
    root = meta if type(meta) is dict else {}
    wrote = [_annotate(root, change) for change in changes if change.path[:1] != ("_meta",)]
    if any(wrote) and "_meta" not in document:
        document["_meta"] = root


def _annotate(root: dict[str, Any], change: Change | Block) -> bool:
    # An empty key would read as the end of a path, which is where remarks stand.
    if not change.path or "" in change.path:
        return False
    if isinstance(change, Block):
        return _annotate_known(root, change)
    info = None if change.is_key else _leaf(root, change.path)
    if info is not None:
        _write(info, change)
    return info is not None


def _annotate_known(root: dict[str, Any], block: Block) -> bool:
    written = _written(block.known)
    holder = root
    for step in block.path[:-1] if written else ():
        holder = holder.setdefault(step, {})
        if type(holder) is not dict:
            return False
    last = block.path[-1]
    if written:
        holder[last] = orjson.Fragment(_merged(holder[last], block.known) if last in holder else written)
    return bool(written)


def _merged(info: Any, known: Known) -> bytes:
    """Return what `_meta` said of a known value already, and our remarks, as JSON."""
    said = orjson.dumps(info)
    merged = known.merged.get(said)
    if merged is None:
        for one in known.changes if type(info) is dict else ():
            _annotate(info, one)
        merged = orjson.dumps(info)
        if len(said) <= len(known.written):
            if len(known.merged) >= _MERGED:
                known.merged.clear()
            known.merged[said] = merged
    return merged


def _written(known: Known) -> bytes:
    """Return the remarks on a known value as JSON, empty if there are none."""
    if known.remarks is None:
        below: dict[str, Any] = {}
        wrote = [_annotate(below, one) for one in known.changes]
        known.remarks = orjson.dumps(below) if any(wrote) else b""
    return known.remarks


def _leaf(root: dict[str, Any], path: Iterable[str]) -> dict[str, Any] | None:
    node = root
    for step in (*path, ""):
        node = node.setdefault(step, {})
        if type(node) is not dict:
            return None
    return node


def _write(info: dict[str, Any], change: Change) -> None:
    if change.text is None:
        made: list[list[Any]] = [[cut.pattern.id, REMOVED] for cut in change.cuts]
    else:
        made = list(_remarks(change.text, change))
    known = info.get("rem")
    kept = _shifted(known, change) if type(known) is list else []
    info["rem"] = [*kept, *made]
    if change.was and "len" not in info:
        info["len"] = change.was


def _remarks(text: str, change: Change) -> Iterable[list[Any]]:
    if text.isascii():
        for cut in change.cuts:
            yield [cut.pattern.id, KINDS[cut.action], cut.start, cut.end]
        return
    done = at = 0
    for cut in change.cuts:
        start = at + _size(text[done : cut.start])
        at = start + _size(text[cut.start : cut.end])
        done = cut.end
        yield [cut.pattern.id, KINDS[cut.action], start, at]


def _shifted(known: list[Any], change: Change) -> Iterable[Any]:
    """Move the SDK's remarks with the text; one whose range was cut into loses its range."""
    if change.text is None or not change.was or not change.cuts:
        return [remark[:2] if type(remark) is list else remark for remark in known]
    first = _size(change.text[: change.cuts[0].start])
    tail = change.was_bytes - _size(change.text[change.cuts[-1].end :])
    shift = _size(change.text) - change.was_bytes
    return [_moved(remark, first, tail, shift) for remark in known]


def _moved(remark: Any, first: int, tail: int, shift: int) -> Any:
    if type(remark) is not list or len(remark) < 4 or not all(str(at).isdecimal() for at in remark[2:4]):
        return remark
    start, end = int(remark[2]), int(remark[3])
    if end <= first:
        return remark
    if start >= tail:
        return [*remark[:2], start + shift, end + shift]
    return remark[:2]


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
