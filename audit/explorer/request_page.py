"""The page of one request: what happened, which gate decided, what it changed, and what was asked before and since."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound
from audit.events.models import Event
from audit.explorer import requests, story
from audit.explorer.changed import what_changed
from audit.explorer.key_words import in_words
from audit.explorer.listings import VIEW
from audit.explorer.others import who_else
from audit.explorer.reading import record_request
from audit.explorer.request_records import records_of


@page(permission=VIEW)
def request_detail(request: AsoraRequest, request_id: str) -> HttpResponse:
    """Everything that one request did. `?event=`: explain this event of it instead of the one that stopped it."""
    actor = request.act.actor
    found = requests.story_of(actor, request_id, chosen=_uuid(request.GET.get("event", "")))
    if found is None:
        raise RouteNotFound(
            _("There is no event of this request."),
            reason=Reason.NO_SUCH_RECORD,
            details={
                "remedy": _(
                    "Check the request id. A request that only opened a page leaves no event, and people who do not "
                    "work at all hubs do not see every request."
                )
            },
        )
    record_request(request.act, request_id)
    focus = found.focus
    context = {"found": found, "event": focus, "is_whole": focus.is_whole}  # type: ignore[attr-defined]
    if focus.is_whole:  # type: ignore[attr-defined]
        context |= story.story(actor, focus)
        context["may_open"] = {
            "postings": actor.may(Permission.LEDGER_VIEW_STOCK),
            "exports": actor.may(Permission.LEDGER_EXPORT),
        }
        if focus.outcome == Event.Outcome.REFUSED:
            changes = what_changed(actor, focus)
            read = {key for cause in changes.causes for key in cause.met}
            context |= {"changed": changes, "words": in_words(actor, read), "others": who_else(actor, focus)}
    context["records"] = records_of(request.act, found.ids)
    return respond(request, "audit/request.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
