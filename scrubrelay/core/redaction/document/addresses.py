"""The client's address: what makes a server fill it in, and what no server accepts in its place."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from scrubrelay.core.redaction.detectors.pattern import Pattern
from scrubrelay.core.redaction.document.changes import Block, Change
from scrubrelay.core.redaction.text.spans import Cut

CLIENT_IP: Final = Pattern(
    "scrubrelay.client-ip", "[ip]", "A server would fill in the address of the connection."
)
FIELDS: Final = (("user", "ip_address"), ("attrs", "ip_address"))
"""Where servers read the address; they refuse a label there."""
_INFER: Final = (("sdk", "settings"), ("ingest_settings",))


def forbid_inference(document: Any) -> Iterator[Change]:
    """Remove what asks a server to fill in the address of the connection: `{{auto}}` and `infer_ip`."""
    for parent, key in FIELDS:
        holder = _at(document, (parent,))
        if holder is not None and holder.get(key) == "{{auto}}":
            del holder[key]
            yield Change((parent, key), (Cut(0, 0, CLIENT_IP, "remove"),), None)
    for path in _INFER:
        holder = _at(document, path)
        if holder is not None and holder.get("infer_ip") == "auto":
            holder["infer_ip"] = "never"
            yield Change((*path, "infer_ip"), (Cut(0, 5, CLIENT_IP),), "never", 4, 4)


def without_labels(document: Any, changes: Iterable[Change | Block]) -> Iterator[Change | Block]:
    """Delete the addresses that were cut, since a label is no address; pass the other changes on."""
    for change in changes:
        if isinstance(change, Change) and change.path in FIELDS and not change.is_key:
            holder = _at(document, change.path[:-1])
            if holder is not None:
                holder.pop(change.path[-1], None)
                yield Change(change.path, change.cuts[:1], None)
                continue
        yield change


def _at(document: Any, path: Iterable[str]) -> dict[str, Any] | None:
    for step in path:
        document = document.get(step) if type(document) is dict else None
    return document if type(document) is dict else None
