"""The people of a host: the list, and changes of their rights. On the public host these are operators and agents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.accounts.models import Invitation, User
from asora.accounts.people.actions.erasing import erase_person
from asora.accounts.people.actions.people import change_hubs, change_role, deactivate_user, reactivate_user
from asora.accounts.people.forms import ConfirmForm, EraseForm, HubsForm, ReactivateForm, ResetForm, RoleForm
from asora.accounts.people.listings import OPERATORS, STAFF
from asora.accounts.roles import grants
from asora.accounts.roles.labels import DUTIES, permissions_of, role_name
from asora.accounts.roles.table import MANAGE_STAFF, current_role_model, granted
from asora.accounts.second_factor.actions.second_factors import reset_second_factor
from asora.accounts.sign_in.queries import needs_second_factor
from asora.kernel.door import Action
from asora.kernel.forms import ActionForm
from asora.kernel.lists import list_csv, list_page, wants_csv
from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import ReadOnlyValues, Values

MAX_INVITATIONS = 100


@page(permission=MANAGE_STAFF, host="both")
def staff(request: AsoraRequest) -> HttpResponseBase:
    """The list of people, and the open invitations."""
    is_public = grants.kind() is grants.TENANTS
    listing = OPERATORS if is_public else STAFF
    if wants_csv(request):
        return list_csv(request, listing)
    waiting = Invitation.objects.filter(accepted_at=None, withdrawn_at=None).order_by("-invited_at", "-pk")
    invitations = [
        {"invitation": row, "role": role_name(row.role), "works_at": ", ".join(row.hubs)}
        for row in waiting[: MAX_INVITATIONS + 1]
    ]
    return list_page(
        request,
        listing,
        template="accounts/staff.html",
        fragment="components/listing.html",
        context={
            "is_public": is_public,
            "invitations": invitations[:MAX_INVITATIONS],
            "has_more_invitations": len(invitations) > MAX_INVITATIONS,
        },
    )


@page(permission=MANAGE_STAFF, host="both")
def person(request: AsoraRequest, ref: str) -> HttpResponse:
    """One person: their permissions and places, with links to change them."""
    found = _load(request, ref)
    role_model = current_role_model()
    permissions = granted(role_model=role_model, role=found.role)
    may = [
        (heading, [word for name, word in words if name in permissions])
        for heading, words in permissions_of(role_model)
    ]
    context = {
        "duty": DUTIES.get(role_model, {}).get(found.role, ""),
        "may": [(heading, words) for heading, words in may if words],
        "places": list(grants.granted_places(found)),
        "has_second_factor": hasattr(found, "second_factor"),
        "reads_trail": request.act.actor.may(Permission.AUDIT_VIEW) and grants.kind() is grants.HUBS,
    }
    return respond(request, "accounts/person.html", _person_context(request, found) | context)


@page(permission=MANAGE_STAFF, methods=["GET", "POST"], step_up=True, tries="accounts.user.role", host="both")
def person_role(request: AsoraRequest, ref: str) -> HttpResponse:
    """Change the person's role."""
    found = _load(request, ref)
    form = RoleForm(request.POST if request.method == "POST" else None, act=request.act, person=found)
    return _change(request, found, form, change_role, template="accounts/person_role.html")


@page(permission=MANAGE_STAFF, methods=["GET", "POST"], step_up=True, tries="accounts.user.hubs", host="both")
def person_hubs(request: AsoraRequest, ref: str) -> HttpResponse:
    """Change the person's hubs; on the public host, their tenants."""
    found = _load(request, ref)
    form = HubsForm(request.POST if request.method == "POST" else None, act=request.act, person=found)
    return _change(request, found, form, change_hubs, template="accounts/person_hubs.html")


@page(
    permission=MANAGE_STAFF,
    methods=["GET", "POST"],
    step_up=True,
    tries="accounts.user.deactivate",
    host="both",
)
def person_deactivate(request: AsoraRequest, ref: str) -> HttpResponse:
    """Deactivate the person."""
    found = _load(request, ref)
    form = ConfirmForm(request.POST if request.method == "POST" else None, act=request.act, person=found)
    return _change(request, found, form, deactivate_user, template="accounts/person_deactivate.html")


@page(
    permission=MANAGE_STAFF,
    methods=["GET", "POST"],
    step_up=True,
    tries="accounts.user.reactivate",
    host="both",
)
def person_reactivate(request: AsoraRequest, ref: str) -> HttpResponse:
    """Reactivate the person."""
    found = _load(request, ref)
    form = ReactivateForm(request.POST if request.method == "POST" else None, person=found)
    return _change(request, found, form, reactivate_user, template="accounts/person_reactivate.html")


@page(
    permission=MANAGE_STAFF, methods=["GET", "POST"], step_up=True, tries="accounts.user.erase", host="both"
)
def person_erase(request: AsoraRequest, ref: str) -> HttpResponse:
    """Erase the person."""
    found = _load(request, ref)
    form = EraseForm(request.POST if request.method == "POST" else None, person=found)
    return _change(request, found, form, erase_person, template="accounts/person_erase.html")


@page(
    permission=MANAGE_STAFF,
    methods=["GET", "POST"],
    step_up=True,
    tries="accounts.second_factor.reset",
    host="both",
)
def person_second_factor(request: AsoraRequest, ref: str) -> HttpResponse:
    """Reset the authenticator app of a person who has lost it."""
    found = _load(request, ref)
    form = ResetForm(request.POST if request.method == "POST" else None, act=request.act, person=found)
    template, context = "accounts/person_second_factor.html", _person_context(request, found)
    if request.method != "POST":
        return respond(request, template, {**context, "form": form})
    try:
        reset_second_factor.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    if context["is_self"]:
        return redirect("accounts:sign-in")
    messages.success(request, _("Their authenticator app has been reset."))
    return redirect("accounts:person", ref=found.ref)


def _load(request: AsoraRequest, ref: str) -> User:
    return load(request, User.objects.select_related("second_factor"), permission=MANAGE_STAFF, ref=ref)


def _person_context(request: AsoraRequest, found: User) -> Values:
    return {
        "person": found,
        "role": role_name(found.role),
        "is_self": request.act.actor.ref == found.ref,
        "is_public": grants.kind() is grants.TENANTS,
        "needs_second_factor": needs_second_factor(found),
    }


def _change(
    request: AsoraRequest, found: User, form: ActionForm, action: Action[Any, User], *, template: str
) -> HttpResponse:
    """Show the form, or run the action and redirect."""
    context: ReadOnlyValues = _person_context(request, found)
    if request.method != "POST":
        if found.erased_at:
            return redirect("accounts:person", ref=found.ref)
        return respond(request, template, {**context, "form": form})
    was = (found.role, grants.described(found), found.is_active)
    try:
        row = action.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    if not row.is_active and context["is_self"]:
        return redirect("accounts:sign-in")
    if (row.role, grants.described(row), row.is_active) == was:
        messages.info(request, _("Nothing was changed: the values are the same as before."))
    else:
        messages.success(request, _("The change was saved and applies immediately."))
    manages_staff = MANAGE_STAFF in granted(role_model=current_role_model(), role=row.role)
    if context["is_self"] and not manages_staff:
        return redirect("accounts:roles")
    return redirect("accounts:person", ref=row.ref)
