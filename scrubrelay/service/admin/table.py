"""Every route of the admin listener."""

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST

from scrubrelay.service.admin.audit_table import AUDIT
from scrubrelay.service.admin.capped import CapsAnswer, CapsQuery, ResetOrder, list_caps, reset_caps
from scrubrelay.service.admin.capture import CaptureAnswer, CaptureOrder, show_capture, switch_capture
from scrubrelay.service.admin.openapi import openapi_route
from scrubrelay.service.admin.reloading import ReloadAnswer, reload
from scrubrelay.service.admin.route import Route
from scrubrelay.service.admin.seen import ProjectsAnswer, list_projects
from scrubrelay.service.admin.status import StatusAnswer, metrics, status
from scrubrelay.service.admin.stored import (
    ENVELOPE,
    DoneAnswer,
    OutboxAnswer,
    OutboxQuery,
    PurgeOrder,
    RetryOrder,
    list_outbox,
    purge,
    retry,
    show_envelope,
)
from scrubrelay.service.admin.tail import NDJSON, tail
from scrubrelay.service.telling.tap import Wanted

_ROUTES: Final[tuple[Route, ...]] = (
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
    Route(
        "GET", "/api/projects", list_projects, "read", "Every project, with what came of it", ProjectsAnswer
    ),
    Route(
        "GET",
        "/api/outbox",
        list_outbox,
        "read",
        "What waits, was refused, or is kept",
        OutboxAnswer,
        OutboxQuery,
    ),
    Route(
        "GET",
        "/api/outbox/{id}",
        show_envelope,
        "read",
        "An envelope as it would leave",
        content_type=ENVELOPE,
        refuses=(404,),
    ),
    Route("POST", "/api/outbox/retry", retry, "write", "Try dead letters again", DoneAnswer, body=RetryOrder),
    Route("POST", "/api/outbox/purge", purge, "write", "Remove envelopes", DoneAnswer, body=PurgeOrder),
    Route("GET", "/api/caps", list_caps, "read", "How the issues stand", CapsAnswer, CapsQuery),
    Route("POST", "/api/caps/reset", reset_caps, "write", "Count issues anew", DoneAnswer, body=ResetOrder),
    Route(
        "GET",
        "/api/tail",
        tail,
        "read",
        "Decisions as they are made",
        query=Wanted,
        content_type=NDJSON,
        refuses=(429,),
    ),
    *AUDIT,
)

ROUTES: Final[tuple[Route, ...]] = (*_ROUTES, openapi_route(_ROUTES))
"""All of them, the one that describes them included."""
