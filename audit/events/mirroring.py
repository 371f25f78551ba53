"""Copies events of operators into the trail of the tenant they concern: which events, and what a copy contains.

Only allowed actions are copied. A refused attempt changed nothing in the tenant, so it stays in the platform's trail.
Otherwise refused attempts could fill a tenant's trail, which cannot be deleted.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.db.models.query import RawQuerySet
from django_tenants.utils import get_tenant_model

from asora.kernel import binding
from asora.kernel.shapes import Rows
from audit.events.models import Event

#: Of how many records of one kind, the newest, missing copies are looked for. Older ones have been swept long ago.
LATEST = 500
# Runs in a tenant's schema, where `audit_event` without a schema is the tenant's own table.
MISSING = """
SELECT event.*
FROM unnest(%s::text[], %s::text[]) AS subject (type, id)
JOIN public.audit_event event ON event.resource_type = subject.type AND event.resource_id = subject.id
WHERE event.outcome = %s AND NOT EXISTS (SELECT 1 FROM audit_event own WHERE own.id = event.id)
ORDER BY event.occurred_at, event.id
"""


def tenant_id_of(event: Event) -> Any | None:
    """The primary key of the tenant that a public event concerns; None if it is not to be copied."""
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
    """The public events about the bound tenant that are missing in its own trail, oldest first."""
    tenant = binding.tenant()
    subjects = [(_label(get_tenant_model()), str(tenant.pk))]
    for model, name in _possessions():
        rows = model._default_manager.filter(**{name: tenant.pk}).order_by("-pk")
        own = rows.values_list("pk", flat=True)[:LATEST]
        subjects += [(_label(model), str(key)) for key in own]
    types, ids = ([subject[place] for subject in subjects] for place in (0, 1))
    return Event.objects.raw(MISSING, [types, ids, Event.Outcome.ALLOWED.value])


def copy_of(event: Event) -> Event:
    """The copy of a public event for the tenant's trail. Its cause is the public event, whose time is in its facts.

    The copy's own time and number are those of the copying: every event has the time and number of its writing.
    """
    values = {
        field.attname: getattr(event, field.attname)
        for field in Event._meta.concrete_fields
        if not field.has_db_default() and field.attname != "number"
    }
    mirrored = {
        "cause_id": str(event.id),
        "facts": event.facts | {"occurred_at": event.occurred_at.isoformat()},
        # An operator's action on the tenant as a whole concerns no single hub.
        "hubs": event.hubs or [],
    }
    return Event(**values | mirrored)


def reachable_tenants() -> Rows:
    """Tenants with a host name: only their schemas are complete. The others get their copies when they are opened."""
    rows: Rows = get_tenant_model().objects.customers().reachable().order_by("pk")
    return rows


def _possessions() -> list[tuple[type[Model], str]]:
    """The public models whose events are copied, and the name of their field with the tenant.

    They have a one-to-one relation to the tenant (such as its onboarding), or say so (`is_mirrored`).
    """
    return [
        (relation.related_model, relation.field.name)
        for relation in get_tenant_model()._meta.related_objects
        if relation.one_to_one or getattr(relation.related_model, "is_mirrored", False)
    ]


def _label(model: type[Model]) -> str:
    return str(model._meta.label_lower)
