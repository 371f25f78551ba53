"""Who may read which events: what concerns a hub is for those who work there (audit.md, "Event").

Whoever works at all hubs reads everything. For anybody else, an event of hubs that they lack shows who, when, action
and outcome, since its message, label and changes name stock; one of which the hubs are not known is not shown at all.
"""

from __future__ import annotations

from django.apps import apps
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from guardian.shortcuts import get_objects_for_user

from asora.kernel import binding
from asora.kernel.act import Actor
from audit.models import Event

OPERATE_HUB = "inventory.operate_hub"


def hubs_of(actor: Actor) -> list[int] | None:
    """The ids of the hubs that a reader works at; None: all there are. On the public host there are none to lack."""
    if binding.schema_name() == binding.PUBLIC:
        return None
    account = actor.account
    if account is None:
        return None if actor.type == "system" or actor.may(OPERATE_HUB) else []
    if account.schema != binding.schema_name():
        return []
    if getattr(account, "all_hubs", False):
        return None
    granted = get_objects_for_user(
        account,
        OPERATE_HUB,
        klass=apps.get_model("inventory.Hub"),
        use_groups=False,
        with_superuser=False,
        accept_global_perms=False,
    )
    return sorted(granted.values_list("pk", flat=True))


def readable(actor: Actor) -> QuerySet[Event]:
    """The events that a reader is shown, each with `is_whole`: whether all of it, or only that it happened."""
    hubs = hubs_of(actor)
    rows: QuerySet[Event] = Event.objects.all()
    if hubs is None:
        return rows.annotate(is_whole=Value(value=True, output_field=BooleanField()))
    is_whole = ExpressionWrapper(Q(hubs__contained_by=hubs), output_field=BooleanField())
    return rows.filter(hubs__isnull=False).annotate(is_whole=is_whole)


def whole(rows: QuerySet[Event], actor: Actor) -> QuerySet[Event]:
    """Those of some events that a reader may read all of."""
    hubs = hubs_of(actor)
    return rows if hubs is None else rows.filter(hubs__contained_by=hubs)
