"""Fields that Sentry lives on, by exact path; each is spared only while its value has its shape."""

from collections.abc import Mapping
from itertools import product
from typing import Final

import regex

_ID = regex.compile(r"[0-9a-fA-F]{16}|[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# A build id: a UUID with an age, a GUID without dashes, or the hash that a linker wrote.
_BUILD = regex.compile(
    r"(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?:-[0-9a-fA-F]{1,8})?|[0-9a-fA-F]{32,64})"
)
_TIME = regex.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|\d{9,10}(?:\.\d{1,9})?"
)
_ADDRESS = regex.compile(r"0x[0-9a-fA-F]{1,16}")
_WORD = regex.compile(r"[a-z]{1,16}(?:[-_][a-z]{1,16}){0,2}")

_STACKS: Final = (
    "stacktrace",
    "exception.values.*.stacktrace",
    "exception.values.*.raw_stacktrace",
    "exception.*.stacktrace",
    "threads.values.*.stacktrace",
    "threads.*.stacktrace",
)
_TRACED: Final = ("", "spans.*.", "items.*.", "contexts.trace.", "contexts.trace.links.*.", "trace.")

_TABLE: Final[Mapping[str, "regex.Pattern[str]"]] = {
    "event_id": _ID,
    "replay_id": _ID,
    "profile_id": _ID,
    "profiler_id": _ID,
    "chunk_id": _ID,
    "check_in_id": _ID,
    "sid": _ID,
    "trace.replay_id": _ID,
    "trace.public_key": _ID,
    "contexts.replay.replay_id": _ID,
    "contexts.profile.profile_id": _ID,
    "contexts.profile.profiler_id": _ID,
    "contexts.feedback.replay_id": _ID,
    "contexts.feedback.associated_event_id": _ID,
    "contexts.trace.data.profiler_id": _ID,
    "platform": _WORD,
    "level": _WORD,
    "type": _WORD,
    "sent_at": _TIME,
    "started": _TIME,
    "received": _TIME,
    "breadcrumbs.values.*.timestamp": _TIME,
    "breadcrumbs.*.timestamp": _TIME,
    "debug_meta.images.*.debug_id": _BUILD,
    "debug_meta.images.*.code_id": _BUILD,
    "debug_meta.images.*.uuid": _BUILD,
    "debug_meta.images.*.image_addr": _ADDRESS,
    "debug_meta.images.*.image_vmaddr": _ADDRESS,
    **{
        f"{at}{name}": _ID
        for at, name in product(_TRACED, ("trace_id", "span_id", "parent_span_id", "segment_id"))
    },
    **{
        f"{at}{name}": _TIME
        for at, name in product(_TRACED, ("timestamp", "start_timestamp", "end_timestamp"))
    },
    **{
        f"{at}.frames.*.{name}": _ADDRESS
        for at, name in product(_STACKS, ("instruction_addr", "image_addr", "symbol_addr"))
    },
}

CLIENT_ADDRESS: Final = regex.compile(r"[0-9a-fA-F:.]{2,45}|\{\{auto\}\}")
"""The shape of a client's address, which a project may decide to keep."""
EXEMPT: Final[Mapping[tuple[str, ...], "regex.Pattern[str]"]] = {
    tuple(path.split(".")): shape for path, shape in _TABLE.items()
}
"""Path (`*` for list indices) to the shape a string must have there to be spared."""
