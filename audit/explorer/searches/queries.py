"""The saved searches that a reader of the trail sees: their own, and those that others share."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from asora.kernel.actors import Actor
from asora.kernel.permissions import Permission
from audit.events import readers
from audit.explorer.models import SavedSearch

#: Terms of a query whose values can be those of a hub.
NAMES_A_PLACE = r"(^|\s)(hub|record):"


def may_save(actor: Actor) -> bool:
    """Whether an actor can have saved searches: a person of this schema. Agents of support and commands have none."""
    return actor.account is not None and bool(actor.ref)


def readable(actor: Actor) -> QuerySet[SavedSearch]:
    """An actor's own searches, and those that are shared.

    A query can name a hub or a record of one, so people who do not work at all hubs do not see such a query of others.
    """
    if not may_save(actor):
        return SavedSearch.objects.none()
    shared = Q(is_shared=True)
    if readers.hubs_of(actor) is not None:
        shared &= ~Q(query__regex=NAMES_A_PLACE)
    return SavedSearch.objects.filter(Q(owner=actor.ref) | shared)


def may_delete(actor: Actor, search: SavedSearch) -> bool:
    """Whether an actor may delete a search: their own; a shared one also if they manage the people here.

    So the shared searches of people who have left can be removed.
    """
    if search.owner == actor.ref:
        return True
    return search.is_shared and actor.may(Permission.ACCOUNTS_MANAGE_STAFF)
