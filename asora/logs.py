"""Structured logs: every line carries the request id and the tenant it was written under."""

from __future__ import annotations

from typing import Any

import structlog
from structlog.contextvars import merge_contextvars

PROCESSORS: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]

add_request = merge_contextvars
