"""Pages of saved searches."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from audit.explorer.query_text import BAR
from audit.explorer.searches.actions import delete_search, save_search
from audit.explorer.searches.forms import DeletionForm, SearchForm
from audit.explorer.searches.listings import SEARCHES
from audit.explorer.searches.queries import may_delete, may_save

VIEW = Permission.AUDIT_VIEW


@page(permission=VIEW)
def search_list(request: AsoraRequest) -> HttpResponse:
    """One's own saved searches, and those that others share."""
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    found = SEARCHES.page(request.act, {}, after=after, before=before)
    for search in found.rows:
        search.may_be_deleted = may_delete(request.act.actor, search)
    context = {"page": found, "may_save": may_save(request.act.actor)}
    return respond(request, "audit/searches/list.html", context, fragment="audit/searches/_list.html")


@page(permission=VIEW, methods=["GET", "POST"], tries="audit.search.save")
def search_new(request: AsoraRequest) -> HttpResponse:
    """Save a query (`?q=` fills it in) under a name."""
    template = "audit/searches/new.html"
    if request.method == "POST":
        form = SearchForm(request.POST)
        try:
            search = save_search.submit(request.act, form)
        except Refusal as refusal:
            return refused_form(request, template, form, refusal, {})
        messages.success(request, _("The search “%(name)s” is saved.") % {"name": search.name})
        return redirect(f"{reverse('audit:event-list')}?{urlencode({BAR: search.query})}")
    return respond(request, template, {"form": SearchForm(initial={"query": request.GET.get(BAR, "")})})


@page(permission=VIEW, methods=["POST"], tries="audit.search.delete")
def search_delete(request: AsoraRequest, search: UUID) -> HttpResponse:
    """Delete a saved search."""
    delete_search.submit(request.act, DeletionForm(request.POST, search=search))
    messages.success(request, _("The search is deleted."))
    return redirect("audit:search-list")
