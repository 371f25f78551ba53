"""The fields of the Elastic Common Schema that Asora writes, and the values that ECS allows in them: version 8.17."""

from __future__ import annotations

VERSION = "8.17.0"

FIELDS = frozenset(
    {
        "@timestamp",
        "ecs.version",
        "error.code",
        "event.action",
        "event.category",
        "event.code",
        "event.dataset",
        "event.duration",
        "event.id",
        "event.kind",
        "event.module",
        "event.outcome",
        "event.provider",
        "event.reason",
        "event.sequence",
        "event.type",
        "http.request.id",
        "http.response.status_code",
        "message",
        "organization.id",
        "related.user",
        "rule.category",
        "rule.id",
        "service.name",
        "service.type",
        "service.version",
        "user.id",
        "user.roles",
    }
)
CATEGORIES = frozenset(
    {"api", "authentication", "configuration", "database", "driver", "email", "file", "host", "iam"}
    | {"intrusion_detection", "library", "malware", "network", "package", "process", "registry", "session"}
    | {"threat", "vulnerability", "web"}
)
#: What ECS expects beside the category `api`.
TYPES = frozenset(
    {"access", "admin", "allowed", "change", "creation", "deletion", "denied", "end", "info", "start", "user"}
)
OUTCOMES = frozenset({"failure", "success", "unknown"})
