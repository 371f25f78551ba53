"""Signing out a person's own devices."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.accounts.sign_in.actions.sessions import end_all_sessions, end_session
from asora.kernel.pages import AsoraRequest, page


@page(methods=["POST"], tries="accounts.session.end", host="both")
def device_end(request: AsoraRequest) -> HttpResponse:
    """Sign out one device."""
    end_session(request.act, ref=request.POST.get("ref", "").replace("\x00", "")[:32])
    if request.POST.get("ref") == request.act.actor.session_ref:
        request.session.flush()
        return redirect("accounts:sign-in")
    messages.success(request, _("That device was signed out."))
    return redirect("accounts:security")


@page(methods=["POST"], tries="accounts.session.end_all", host="both")
def device_end_all(request: AsoraRequest) -> HttpResponse:
    """Sign out everywhere, including here."""
    end_all_sessions(request.act)
    request.session.flush()
    return redirect("accounts:sign-in")
