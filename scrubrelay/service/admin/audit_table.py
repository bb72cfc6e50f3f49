"""The routes of the audit."""

from typing import Final

from scrubrelay.service.admin.audit_event import EventAnswer, LogAnswer, LogQuery, show_event, show_log
from scrubrelay.service.admin.audit_findings import (
    CSV,
    CoverageAnswer,
    CoverageQuery,
    FindingsAnswer,
    FindingsQuery,
    show_coverage,
    show_findings,
)
from scrubrelay.service.admin.audit_try import MAX_BODY, TryAnswer, TryBody, TryQuery, try_it
from scrubrelay.service.admin.audit_verify import VerifyAnswer, VerifyQuery, verify
from scrubrelay.service.admin.route import Route

AUDIT: Final[tuple[Route, ...]] = (
    Route(
        "POST",
        "/api/audit",
        try_it,
        "read",
        "What would become of an event, and try patterns on it",
        TryAnswer,
        TryQuery,
        TryBody,
        max_body=MAX_BODY,
        refuses=(404, 422),
        bare=("application/x-sentry-envelope", "application/x-ndjson"),
    ),
    Route(
        "POST",
        "/api/audit/verify",
        verify,
        "read",
        "Whether anything is left in exported events",
        VerifyAnswer,
        VerifyQuery,
        refuses=(404, 422),
        bare=("application/x-ndjson",),
    ),
    Route(
        "GET",
        "/api/audit/findings",
        show_findings,
        "read",
        "What was redacted",
        FindingsAnswer,
        FindingsQuery,
        refuses=(404,),
        also=(CSV,),
    ),
    Route(
        "GET",
        "/api/audit/events/{event_id}",
        show_event,
        "read",
        "What became of one event",
        EventAnswer,
        refuses=(404,),
    ),
    Route(
        "GET",
        "/api/audit/coverage",
        show_coverage,
        "read",
        "Which patterns found nothing, and where much is found",
        CoverageAnswer,
        CoverageQuery,
        refuses=(404,),
    ),
    Route("GET", "/api/audit/log", show_log, "read", "Who read or did what", LogAnswer, LogQuery),
)
