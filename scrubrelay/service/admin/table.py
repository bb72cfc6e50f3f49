"""Every route of the admin listener."""

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST

from scrubrelay.service.admin.route import Route
from scrubrelay.service.admin.status import StatusAnswer, metrics, status

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/api/status", status, "read", "How the relay does", StatusAnswer),
    Route("GET", "/metrics", metrics, "read", "The same for Prometheus", content_type=CONTENT_TYPE_LATEST),
)
