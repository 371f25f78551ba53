"""What the worker does about calls every minute."""

from __future__ import annotations

from django.utils import timezone
from django_tenants.utils import get_tenant_model, schema_context

from asora.kernel import binding
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from support.oncall import mail, queries
from support.oncall.actions import pass_on

WORKER = "calls"


def look() -> int:
    """Pass on the calls that nobody took, and send the e-mails that were not sent. Returns how many were passed on."""
    now = timezone.now()
    passed = 0
    with schema_context(binding.PUBLIC):
        if queries.due(now):
            public = get_tenant_model().objects.get(schema_name=binding.PUBLIC)
            actor = system(binding.PUBLIC, WORKER, Permission.SUPPORT_RECEIVE)
            passed = pass_on(new_act(public, actor, route="worker"), now=now)
        mail.send_waiting(queries.unsent())
    return passed
