"""`manage.py clear_sessions`: delete expired sessions on every host. `prepare` and `serve` do it too."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django_tenants.utils import get_tenant_model, tenant_context

from asora.accounts.sign_in import attempt_log
from asora.accounts.sign_in.sessions import SessionStore


class Command(BaseCommand):
    help = (
        "Delete expired sessions and old sign-in attempts, on the public host and in every reachable tenant."
    )

    def handle(self, *args: object, **options: Any) -> None:
        """Delete the rows, which only take up space."""
        for tenant in get_tenant_model().objects.reachable().order_by("pk"):
            with tenant_context(tenant):
                SessionStore.clear_expired()
                attempt_log.forget_old()
        self.stdout.write("Deleted expired sessions and old sign-in attempts.")
