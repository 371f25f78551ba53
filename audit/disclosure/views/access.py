"""Who of support looked at what, and what the tenant decides about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.door import Action
from asora.kernel.lists import list_page
from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, Refusal, RouteNotFound
from asora.kernel.shapes import Values
from audit.disclosure import sessions
from audit.disclosure.actions.access import (
    approve_access,
    change_requirement,
    refuse_access,
    revoke_access,
)
from audit.disclosure.forms import NO, YES, ApproveForm, ReasonForm, RequirementForm
from audit.disclosure.listings import SESSIONS, looks_of
from audit.disclosure.models import AccessDecision
from audit.disclosure.queries import requires_approval
from audit.disclosure.sessions import AccessSession

VIEW, MANAGE = Permission.AUDIT_VIEW, Permission.AUDIT_MANAGE_SUPPORT_ACCESS


@page(permission=VIEW)
def access_list(request: AsoraRequest) -> HttpResponse:
    """All access sessions, newest first, and whether support needs approval."""
    context = {
        "requires_approval": requires_approval(),
        "may_manage": request.act.actor.may(MANAGE),
    }
    return list_page(
        request,
        SESSIONS,
        template="audit/access/list.html",
        fragment="components/listing.html",
        context=context,
    )


@page(permission=VIEW)
def access_session(request: AsoraRequest, session: UUID) -> HttpResponse:
    """One session: who asked, why, what was decided, and every look."""
    found = _load(session)
    decisions = AccessDecision.objects.filter(session=session).select_related("reason").order_by("id")
    context = {
        **_context(request, found),
        "reason": sessions.reason_of(session),
        "decisions": decisions,
    }
    return list_page(
        request,
        looks_of(found),
        template="audit/access/session.html",
        fragment="components/listing.html",
        context=context,
    )


@page(permission=MANAGE, methods=["GET", "POST"], step_up=True, tries="audit.access.require")
def access_requirement(request: AsoraRequest) -> HttpResponse:
    """Change whether support needs approval."""
    template = "audit/access/requirement.html"
    now = YES if requires_approval() else NO
    if request.method != "POST":
        form = RequirementForm(initial={"required": now, "seen": now})
        return respond(request, template, {"form": form})
    form = RequirementForm(request.POST)
    try:
        row = change_requirement.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, {})
    if row is None:
        messages.info(request, _("Nothing was changed: the setting is the same as before."))
    elif row.requires_approval:
        messages.success(request, _("From now on, support needs your approval for each session."))
    else:
        messages.success(request, _("Support no longer needs your approval."))
    return redirect("audit:support-access")


@page(permission=MANAGE, methods=["GET", "POST"], step_up=True, tries="audit.access.approve")
def access_approve(request: AsoraRequest, session: UUID) -> HttpResponse:
    """Approve a session."""
    found = _load(session)
    form = ApproveForm(request.POST if request.method == "POST" else None, session=session)
    return _decide(request, found, form, approve_access, step="approve", done=_("You approved this access."))


@page(permission=MANAGE, methods=["GET", "POST"], tries="audit.access.refuse")
def access_refuse(request: AsoraRequest, session: UUID) -> HttpResponse:
    """Refuse a session."""
    found = _load(session)
    form = ReasonForm(request.POST if request.method == "POST" else None, session=session)
    return _decide(request, found, form, refuse_access, step="refuse", done=_("You refused this access."))


@page(permission=MANAGE, methods=["GET", "POST"], tries="audit.access.revoke")
def access_revoke(request: AsoraRequest, session: UUID) -> HttpResponse:
    """Revoke a session."""
    found = _load(session)
    form = ReasonForm(request.POST if request.method == "POST" else None, session=session)
    done = _("You revoked this access. It has ended.")
    return _decide(request, found, form, revoke_access, step="revoke", done=done)


def _load(session: UUID) -> AccessSession:
    found = sessions.find(session)
    if found is None:
        raise RouteNotFound(_("Support has not asked for this access."), reason=Reason.NO_SUCH_RECORD)
    return found


def _context(request: AsoraRequest, found: AccessSession) -> Values:
    return {"shown_session": found, "may_manage": request.act.actor.may(MANAGE)}


def _decide(
    request: AsoraRequest,
    found: AccessSession,
    form: ApproveForm,
    action: Action[Any, AccessDecision],
    *,
    step: str,
    done: str,
) -> HttpResponse:
    """Show the page of one decision, or decide and go back to the session."""
    template = f"audit/access/{step}.html"
    context = {**_context(request, found), "reason": sessions.reason_of(found.id)}
    if request.method != "POST":
        return respond(request, template, {**context, "form": form})
    try:
        action.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    messages.success(request, done)
    return redirect("audit:access-session", session=found.id)
