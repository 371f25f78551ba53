"""`manage.py clear_uploads`: delete uploaded files after a day. `prepare`, `serve` and the worker do it too."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django_tenants.utils import get_tenant_model, tenant_context

from asora.files import staging


class Command(BaseCommand):
    help = "Delete uploaded files that are more than a day old, in every reachable tenant."

    def handle(self, *args: object, **options: Any) -> None:
        """Delete them, whether they were imported or not."""
        for tenant in get_tenant_model().objects.customers().reachable().order_by("pk"):
            with tenant_context(tenant):
                staging.sweep()
        self.stdout.write("Deleted all uploaded files that were more than a day old.")
