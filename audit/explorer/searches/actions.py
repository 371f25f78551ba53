"""Saving and deleting a search. What a person calls it is not written to the trail; its query is."""

from __future__ import annotations

import contextlib
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.erasure import register_eraser
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, ValidationFailed
from audit.explorer.event_query import EventQuery, recorded
from audit.explorer.models import SavedSearch
from audit.explorer.searches.queries import may_delete, readable

VIEW = Permission.AUDIT_VIEW


def _name_taken() -> ValidationFailed:
    return ValidationFailed.at_field(
        "name", _("You have a search with this name already. Choose another name."), reason=Reason.CODE_TAKEN
    )


@action(
    "audit.search.save",
    permission=VIEW,
    while_frozen=True,
    constraint_refusals={"audit_savedsearch_owner_name_key": _name_taken},
    done=gettext_lazy("saved a search of the audit trail"),
    tried=gettext_lazy("tried to save a search of the audit trail"),
)
def save_search(act: Act, *, name: str, query: EventQuery, is_shared: bool) -> SavedSearch:
    """Save a query under a name. Refusals: VALIDATION_FAILED NO_DATA (a query without a filter), CODE_TAKEN."""
    text = query.text()
    if not text:
        raise ValidationFailed.at_field(
            "query", _("This query has no filter. Choose a filter first."), reason=Reason.NO_DATA
        )
    if SavedSearch.objects.filter(owner=act.actor.ref, name=name).exists():
        raise _name_taken()
    search = SavedSearch(name=name, query=text, owner=act.actor.ref, is_shared=is_shared)
    search.save(force_insert=True)
    act.at_hubs(*query.concerns(act.actor))
    act.changed(search, after=_recorded(search))
    return search


@action(
    "audit.search.delete",
    permission=VIEW,
    while_frozen=True,
    done=gettext_lazy("deleted a saved search of the audit trail"),
    tried=gettext_lazy("tried to delete a saved search of the audit trail"),
)
def delete_search(act: Act, *, search: UUID) -> None:
    """Delete one's own search, or a shared one if one manages the people. Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD."""
    found = readable(act.actor).select_for_update().filter(pk=search).first()
    if found is None or not may_delete(act.actor, found):
        raise RouteNotFound(_("You have no saved search at this address."), reason=Reason.NO_SUCH_RECORD)
    with contextlib.suppress(ValidationFailed):  # an earlier release understood it
        act.at_hubs(*EventQuery.parse(found.query).concerns(act.actor))
    act.changed(found, before=_recorded(found))
    found.delete()


def _recorded(search: SavedSearch) -> dict[str, object]:
    return {"query": recorded(search.query), "is_shared": search.is_shared, "name_length": len(search.name)}


def delete_private_searches(owner: str) -> int:
    """Delete the private searches of an erased person; returns their number. Others may be using the shared ones."""
    return SavedSearch.objects.filter(owner=owner, is_shared=False).delete()[0]


register_eraser("searches", delete_private_searches)
