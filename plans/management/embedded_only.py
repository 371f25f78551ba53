"""Commands that make a tenant without confirmations and checks: for demos and tests, never beside real customers."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import CommandError


def require_embedded(command: str) -> None:
    """Refuse with exit status 2 where DATABASE_URL is set: a customer's tenant opens by the checklist only."""
    if not settings.EMBEDDED:
        raise CommandError(
            f"{command} makes a tenant without confirmations and checks, so it only does that in the embedded "
            "database. DATABASE_URL is set: use `manage.py onboard FILE`, or the page under /admin/onboarding/.",
            returncode=2,
        )
