"""Inviting a person, and the page that the link of an invitation opens.

The link's page is open to every holder of the link. Opening it changes nothing, because mail scanners open links too.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from asora.accounts.models import Invitation
from asora.accounts.people.actions.invitations import (
    accept_invitation,
    invite,
    renew_invitation,
    withdraw_invitation,
)
from asora.accounts.people.forms import AcceptanceForm, InvitationForm
from asora.accounts.people.mail import send_invitation
from asora.accounts.people.queries import act_of_invited, invitation_of
from asora.accounts.roles import grants
from asora.accounts.roles.labels import role_name
from asora.accounts.roles.table import MANAGE_STAFF
from asora.kernel.pages import AsoraRequest, load, open_page, page, refused_form, respond
from asora.kernel.refusals import AuthRequired, Refusal
from asora.kernel.shapes import Values


@page(
    permission=MANAGE_STAFF,
    methods=["GET", "POST"],
    step_up=True,
    tries="accounts.invitation.create",
    host="both",
)
def invitation_create(request: AsoraRequest) -> HttpResponse:
    """Invite a person, and send them the link."""
    template = "accounts/invite.html"
    context = {"is_public": grants.kind() is grants.TENANTS}
    if request.method != "POST":
        return respond(request, template, {**context, "form": InvitationForm(act=request.act)})
    form = InvitationForm(request.POST, act=request.act)
    try:
        invitation = invite.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    return _sent(request, invitation)


@page(permission=MANAGE_STAFF, host="both")
def invitation_detail(request: AsoraRequest, ref: str) -> HttpResponse:
    """An invitation and its state. An accepted invitation redirects to the person's page."""
    return _show(request, _load(request, ref))


@page(
    permission=MANAGE_STAFF, methods=["POST"], step_up=True, tries="accounts.invitation.resend", host="both"
)
def invitation_resend(request: AsoraRequest, ref: str) -> HttpResponse:
    """Send a new link; the earlier one becomes invalid."""
    invitation = _load(request, ref)
    try:
        return _sent(request, renew_invitation(request.act, invitation=invitation))
    except Refusal as refusal:
        return _show(request, invitation, refusal=refusal)


@page(
    permission=MANAGE_STAFF, methods=["POST"], step_up=True, tries="accounts.invitation.withdraw", host="both"
)
def invitation_withdraw(request: AsoraRequest, ref: str) -> HttpResponse:
    """Withdraw the invitation."""
    invitation = _load(request, ref)
    try:
        withdraw_invitation(request.act, invitation=invitation)
    except Refusal as refusal:
        return _show(request, invitation, refusal=refusal)
    messages.success(request, _("The invitation was withdrawn. Its link no longer works."))
    return redirect("accounts:staff")


@open_page(methods=["GET", "POST"], host="both")
@never_cache
@sensitive_post_parameters("password", "again")
def invitation_accept(request: AsoraRequest, token: str) -> HttpResponse:
    """Accept the invitation with a name and a password, then go to sign-in. Refusals: AUTH_REQUIRED LINK_INVALID."""
    invitation = invitation_of(token)
    template = "accounts/invitation_accept.html"
    context = {"invitation": invitation, "role": role_name(invitation.role)}
    if request.method != "POST":
        form = AcceptanceForm(invitation=invitation)
        return respond(request, template, {**context, "form": form})
    form = AcceptanceForm(request.POST, invitation=invitation)
    try:
        accept_invitation.submit(act_of_invited(request.act, invitation), form)
    except AuthRequired:
        raise
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    logout(request)  # the person signed in here is another one
    messages.success(request, _("Welcome. Sign in with the password you have just chosen."))
    return redirect("accounts:sign-in")


def _load(request: AsoraRequest, ref: str) -> Invitation:
    return load(request, Invitation, permission=MANAGE_STAFF, ref=ref)


def _sent(request: AsoraRequest, invitation: Invitation) -> HttpResponse:
    """Send the link, and report whether the mail server accepted it."""
    if send_invitation(request.act.tenant, invitation, request=request):
        messages.success(request, _("The invitation was sent."))
        return redirect("accounts:staff")
    messages.warning(
        request, _("The invitation was created, but the e-mail could not be sent. Send it again.")
    )
    return redirect("accounts:invitation-detail", ref=invitation.ref)


def _show(request: AsoraRequest, invitation: Invitation, *, refusal: Refusal | None = None) -> HttpResponse:
    if refusal is not None:
        invitation.refresh_from_db()
    elif invitation.accepted_at:
        return redirect("accounts:person", ref=invitation.ref)
    context: Values = {
        "invitation": invitation,
        "role": role_name(invitation.role),
        "is_public": grants.kind() is grants.TENANTS,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 200
    return respond(request, "accounts/invitation_detail.html", context, status=status)
