"""The guard of commands that create a tenant without confirmations and checks, which are for demos and tests only."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import CommandError


def require_embedded(command: str) -> None:
    """Refuse with exit status 2 where DATABASE_URL is set: a customer's tenant is created by the checklist only."""
    if not settings.EMBEDDED:
        raise CommandError(
            f"{command} creates a tenant without confirmations and checks, so it works only in the embedded "
            "database. DATABASE_URL is set: use `manage.py onboard FILE`, or the page under /admin/onboarding/.",
            returncode=2,
        )
