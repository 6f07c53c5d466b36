"""The id of the current request: on each log line, in the trail, on every error page."""

import logging
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")


class RequestIdFilter(logging.Filter):
    """Puts the request id on each log line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true; only adds the attribute the format names."""
        record.request_id = request_id.get() or "-"
        return True
