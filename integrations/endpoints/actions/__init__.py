"""Every change of endpoints, by subject: their settings, switching them on and off, their signing secrets."""

from __future__ import annotations

from integrations.endpoints.actions.settings import (
    change_endpoint,
    create_endpoint,
    remove_endpoint,
    take_over_endpoint,
)
from integrations.endpoints.actions.signing import WithSecret, end_older_secrets, rotate_secret
from integrations.endpoints.actions.switching import disable_endpoint, enable_endpoint

__all__ = [
    "WithSecret",
    "change_endpoint",
    "create_endpoint",
    "disable_endpoint",
    "enable_endpoint",
    "end_older_secrets",
    "remove_endpoint",
    "rotate_secret",
    "take_over_endpoint",
]
