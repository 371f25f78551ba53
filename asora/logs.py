"""Structured logs: each line carries its request id and its tenant, and none a link that lets somebody in."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from structlog.contextvars import merge_contextvars

# Whoever holds such a link is let in, so the last part of its address is a secret. By prefix and not by route: an
# address that was copied without its last slash, or with something behind it, has no route and is as good.
LINKS = re.compile(r"(/(?:invitation|sign-in/reset)/)[^/\s?#&\"'<>\\]+", re.IGNORECASE)


def hide_links(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A line of the log without the secret part of links, whoever wrote it: Django logs addresses too."""
    return {name: _hidden(value) for name, value in line.items()}


def _hidden(value: Any) -> Any:
    match value:
        case str():
            return LINKS.sub(r"\1[link]", value)
        case Mapping():
            return {name: _hidden(entry) for name, entry in value.items()}
        case list() | tuple():
            return [_hidden(entry) for entry in value]
        case _:
            return value


PROCESSORS: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]

add_request = merge_contextvars
