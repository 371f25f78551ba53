"""`manage.py clear_uploads`: forget files that nobody has imported for a day. `prepare` and `serve` do it too."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django_tenants.utils import get_tenant_model, tenant_context

from asora.files import staging


class Command(BaseCommand):
    help = "Forget the files that were sent more than a day ago, at every tenant that can be reached."

    def handle(self, *args: Any, **options: Any) -> None:
        """They were looked at, and imported or not; either way nothing needs them any more."""
        for tenant in get_tenant_model().objects.customers().reachable().order_by("pk"):
            with tenant_context(tenant):
                staging.sweep()
        self.stdout.write("Files that were sent more than a day ago are forgotten.")
