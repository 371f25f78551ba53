"""What operators did to a tenant, as the tenant's own trail tells it: which events are copied, and what a copy is.

Copied is what was allowed. An attempt that was refused has changed nothing of the tenant's: it says something about an
operator, so it stays in the platform's trail, and nobody can fill a tenant's undeletable trail by being refused.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.db.models.query import RawQuerySet
from django_tenants.utils import get_tenant_domain_model, get_tenant_model

from asora.kernel import binding
from audit.models import Event

# Read in a tenant, where the table's bare name is the tenant's own.
MISSING = """
SELECT told.* FROM public.audit_event told
WHERE told.resource_type = %s AND told.resource_id = %s AND told.outcome = %s
  AND NOT EXISTS (SELECT 1 FROM audit_event own WHERE own.id = told.id)
ORDER BY told.occurred_at, told.id
"""


def is_copied(event: Event) -> bool:
    """Whether an event of the public trail is about a tenant and belongs into that tenant's own trail too."""
    return event.resource_type == _tenant_type() and event.outcome == Event.Outcome.ALLOWED


def missing() -> RawQuerySet[Event]:
    """The public events about the bound tenant that its own trail lacks, oldest first."""
    return Event.objects.raw(MISSING, [_tenant_type(), str(binding.tenant().pk), Event.Outcome.ALLOWED.value])


def copy_of(event: Event) -> Event:
    """The same event for the tenant's trail: caused by the public one, whose moment is among the facts.

    The copy's own moment is that of copying, as that of every event is the one of its writing.
    """
    values = {
        field.attname: getattr(event, field.attname)
        for field in Event._meta.concrete_fields
        if not field.has_db_default()
    }
    facts = event.facts | {"occurred_at": event.occurred_at.isoformat()}
    return Event(**values | {"cause_id": str(event.id), "facts": facts})


def reachable_tenants() -> QuerySet[Any]:
    """Tenants with a host name: only their schemas were proved whole. The others get their copies once opened."""
    opened = get_tenant_domain_model().objects.values("tenant")
    return get_tenant_model().objects.filter(pk__in=opened).exclude(schema_name=binding.PUBLIC).order_by("pk")


def _tenant_type() -> str:
    return str(get_tenant_model()._meta.label_lower)
