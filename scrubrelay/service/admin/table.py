"""Every route of the admin listener."""

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST

from scrubrelay.service.admin.capture import CaptureAnswer, CaptureOrder, show_capture, switch_capture
from scrubrelay.service.admin.reloading import ReloadAnswer, reload
from scrubrelay.service.admin.route import Route
from scrubrelay.service.admin.status import StatusAnswer, metrics, status
from scrubrelay.service.admin.tail import NDJSON, tail
from scrubrelay.service.tap import Wanted

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/api/status", status, "read", "How the relay does", StatusAnswer),
    Route("GET", "/metrics", metrics, "read", "The same for Prometheus", content_type=CONTENT_TYPE_LATEST),
    Route("GET", "/api/capture", show_capture, "read", "What is switched off", CaptureAnswer),
    Route(
        "POST",
        "/api/capture",
        switch_capture,
        "write",
        "Switch a project or everything off or on",
        CaptureAnswer,
        body=CaptureOrder,
    ),
    Route(
        "POST", "/api/reload", reload, "write", "Read the configuration again, in all workers", ReloadAnswer
    ),
    Route("GET", "/api/tail", tail, "read", "Decisions as they are made", query=Wanted, content_type=NDJSON),
)
