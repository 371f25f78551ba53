"""What operators did to a tenant, as the tenant's own trail tells it: which events are copied, and what a copy is.

Copied is what was allowed. An attempt that was refused has changed nothing of the tenant's: it says something about an
operator, so it stays in the platform's trail, and nobody can fill a tenant's undeletable trail by being refused.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.query import RawQuerySet
from django_tenants.utils import get_tenant_model

from asora.kernel import binding
from audit.models import Event

# Read in a tenant, where the table's bare name is the tenant's own.
MISSING = """
SELECT told.*
FROM unnest(%s::text[], %s::text[]) AS subject (type, id)
JOIN public.audit_event told ON told.resource_type = subject.type AND told.resource_id = subject.id
WHERE told.outcome = %s AND NOT EXISTS (SELECT 1 FROM audit_event own WHERE own.id = told.id)
ORDER BY told.occurred_at, told.id
"""


def tenant_id_of(event: Event) -> Any | None:
    """The key of the tenant whose own trail an event of the public trail belongs into as well, if it does."""
    if event.outcome != Event.Outcome.ALLOWED:
        return None
    if event.resource_type == _label(get_tenant_model()):
        return event.resource_id
    for model, name in _possessions():
        if event.resource_type == _label(model):
            row = model._default_manager.filter(pk=event.resource_id)
            return row.values_list(name, flat=True).first()
    return None


def missing() -> RawQuerySet[Event]:
    """The public events about the bound tenant that its own trail lacks, oldest first."""
    tenant = binding.tenant()
    subjects = [(_label(get_tenant_model()), str(tenant.pk))]
    for model, name in _possessions():
        own = model._default_manager.filter(**{name: tenant.pk}).values_list("pk", flat=True)
        subjects += [(_label(model), str(key)) for key in own]
    types, ids = ([subject[place] for subject in subjects] for place in (0, 1))
    return Event.objects.raw(MISSING, [types, ids, Event.Outcome.ALLOWED.value])


def copy_of(event: Event) -> Event:
    """The same event for the tenant's trail: caused by the public one, whose moment is among the facts.

    The copy's own moment and number are those of copying, as those of every event are the ones of its writing.
    """
    values = {
        field.attname: getattr(event, field.attname)
        for field in Event._meta.concrete_fields
        if not field.has_db_default() and field.attname != "number"
    }
    told = {
        "cause_id": str(event.id),
        "facts": event.facts | {"occurred_at": event.occurred_at.isoformat()},
        # What an operator did to a tenant as a whole concerns none of its hubs.
        "hubs": event.hubs or [],
    }
    return Event(**values | told)


def reachable_tenants() -> QuerySet[Any]:
    """Tenants with a host name: only their schemas were proved whole. The others get their copies once opened."""
    rows: QuerySet[Any] = get_tenant_model().objects.customers().reachable().order_by("pk")
    return rows


def _possessions() -> list[tuple[type[Model], str]]:
    """Public models of which a tenant has one to itself (its onboarding, for one), and how they call the tenant."""
    relations = get_tenant_model()._meta.related_objects
    return [(relation.related_model, relation.field.name) for relation in relations if relation.one_to_one]


def _label(model: type[Model]) -> str:
    return str(model._meta.label_lower)
