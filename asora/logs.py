"""Structured logs. Each line has a request id and a tenant, and no line contains a secret that was part of a URL."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from django.apps import apps
from gunicorn import glogging
from structlog.contextvars import merge_contextvars

from asora.kernel import binding
from asora.kernel.request_ids import of_command
from asora.kernel.shapes import Values

# Such a link gives access without a password, so the last part of its URL is a secret. The match is by prefix, not by
# route: a URL that was copied without its last slash, or with extra text at the end, has no route but the same secret.
LINKS = re.compile(r"(/(?:invitation|sign-in/reset)/)[^/\s?#&\"'<>\\]+", re.IGNORECASE)
# Secrets of integrations belong into a header or a setting. A person or program may put one into a URL by mistake.
TOKENS = re.compile(r"\b(whsec_|asora_feed_)[\w%+/=-]{8,}")


def hide_secrets(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Remove secrets that URLs contain from a line of the log, also from lines of libraries: Django logs URLs."""
    return {name: _hidden(value) for name, value in line.items()}


def _hidden(value: object) -> object:
    match value:
        case str():
            return TOKENS.sub(r"\1[secret]", LINKS.sub(r"\1[link]", value))
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


def add_request(logger: object, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the request id and the tenant to a line of a page, job, command, library or the queue.

    A request binds both. Django writes some lines about a request after that; they name the request itself. A command
    has the id of its act, and the tenant that its connection is bound to. Lines of the queue name their job, and a job
    names its tenant's schema.
    """
    line = dict(merge_contextvars(logger, method, line))
    request = getattr(line.get("_record"), "request", None)
    if request_id := getattr(request, "request_id", ""):
        line |= {"request_id": request_id, "tenant": getattr(getattr(request, "tenant", None), "slug", None)}
    job = getattr(line.get("_record"), "job", None)
    named = job.get("task_kwargs", {}) if isinstance(job, Mapping) else {}
    if "schema" in named:
        line |= {"tenant": _slug(named["schema"]), "job": named.get("job")}
    if "request_id" not in line and (request_id := of_command.get()):
        line["request_id"] = request_id
    if "tenant" not in line and (schema := _bound_schema()):
        line["tenant"] = _slug(schema)
    return line


def _bound_schema() -> str:
    """The schema of the tenant that is bound in this thread; empty in public, and before Django is set up."""
    if not apps.ready:
        return ""
    schema = binding.schema_name()
    return "" if schema in (None, binding.PUBLIC) else schema


def _slug(schema: str) -> str:
    """The tenant's name in addresses, from which the schema's name was made (plans.actions.tenants)."""
    return schema.removeprefix("t_").replace("_", "-")


#: The options of the log formatter of the standard library's logging.
STRUCTURED: Values = {
    "processors": [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        hide_secrets,
        structlog.processors.JSONRenderer(),
    ],
    "foreign_pre_chain": [add_request, *PROCESSORS],
}


class ServerLog(glogging.Logger):
    """gunicorn's own lines in the same format (gunicorn.conf.py)."""

    def setup(self, cfg: Any) -> None:
        """Set up as gunicorn does, with Asora's formatter."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(structlog.stdlib.ProcessorFormatter(**STRUCTURED))
