"""What the worker does about clocks every minute."""

from __future__ import annotations

from django.utils import timezone
from django_tenants.utils import get_tenant_model, schema_context

from asora.kernel import binding
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from support.clocks import queries
from support.clocks.actions import record_missed

WORKER = "clocks"


def look() -> int:
    """Record the promised times that have run out. Returns how many. Safe to call at any time."""
    now = timezone.now()
    with schema_context(binding.PUBLIC):
        if not queries.unrecorded(now, at_most=1):
            return 0
        public = get_tenant_model().objects.get(schema_name=binding.PUBLIC)
        actor = system(binding.PUBLIC, WORKER, Permission.SUPPORT_RECEIVE)
        return record_missed(new_act(public, actor, route="worker"), now=now)
