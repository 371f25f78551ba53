"""What people at the desk do, what they never do, and the mistakes that are easily made."""

from __future__ import annotations

from django.http import HttpResponse

from asora.kernel.pages import AsoraRequest, page, respond
from asora.kernel.permissions import Permission
from support.desk import refusals


@page(permission=Permission.SUPPORT_WORK_DESK, host="public")
def rules(request: AsoraRequest) -> HttpResponse:
    """The checklist for people at the desk; people who review see which attempts were refused lately."""
    may_review = request.act.actor.may(Permission.SUPPORT_REVIEW)
    return respond(
        request,
        "support/desk/rules.html",
        {"attempts": refusals.recent() if may_review else None, "days": refusals.DAYS},
    )
