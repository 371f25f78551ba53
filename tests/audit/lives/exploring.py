"""A reader of the trail takes events along: one as text, and all of a filter as a file."""

from __future__ import annotations

from audit.events.models import Event
from audit.explorer.event_query import EventQuery
from audit.explorer.exports.actions import copy_event, start_export
from audit.explorer.formats.catalogue import FORMATS
from audit.explorer.searches.actions import delete_search, save_search
from tests.audit.verdicts.company import Company

COPIES = {"audit.event.copy", "audit.export.start"}
SEARCHES = {"audit.search.save", "audit.search.delete"}


def copies(company: Company) -> None:
    """The owner copies the latest event, and exports all of them."""
    event, form = Event.objects.latest("number"), next(iter(FORMATS.values()))
    copy_event(company.owner, event=event, form=form, name=str(event.pk))
    start_export(company.owner, query=EventQuery(), form=form)


def searches(company: Company) -> None:
    """The owner saves a search, and deletes it."""
    query = EventQuery(outcome="refused")
    search = save_search(company.owner, name="Refusals", query=query, is_shared=True)
    delete_search(company.owner, search=search.pk)
