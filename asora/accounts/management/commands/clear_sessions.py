"""`manage.py clear_sessions`: forget the sessions that have run out, on every host. `prepare` and `serve` do it too."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django_tenants.utils import get_tenant_model, tenant_context

from asora.accounts import attempt_log
from asora.accounts.sessions import SessionStore


class Command(BaseCommand):
    help = (
        "Forget the sessions that have run out, on the public host and at every tenant that can be reached."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """They open nothing any more; their rows only take room."""
        for tenant in get_tenant_model().objects.reachable().order_by("pk"):
            with tenant_context(tenant):
                SessionStore.clear_expired()
                attempt_log.forget_old()
        self.stdout.write("Sessions that have run out and old traces of sign-ins are forgotten.")
