"""Pages that change endpoints. The list and the page of an endpoint are in `integrations.overview`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control, never_cache

from asora.kernel.door import Action
from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from integrations.endpoints import actions
from integrations.endpoints.forms import EndpointForm, SameEndpointForm
from integrations.endpoints.models import Endpoint
from integrations.endpoints.secrets import older_secrets

MANAGE = Permission.INTEGRATIONS_MANAGE
FORM, SECRET = "integrations/endpoint_form.html", "integrations/secret.html"


def endpoint_url(endpoint: Endpoint) -> str:
    """The URL of an endpoint's page."""
    return reverse("integrations:endpoint-detail", args=[endpoint.pk])


def _load(request: AsoraRequest, endpoint: UUID) -> Endpoint:
    return load(request, Endpoint.objects.all(), pk=endpoint, permission=MANAGE)


@page(permission=MANAGE, methods=["GET", "POST"], step_up=True, tries="integrations.endpoint.create")
@never_cache
@cache_control(no_transform=True)  # shows a secret: never compressed
def endpoint_create(request: AsoraRequest) -> HttpResponse:
    """Create an endpoint, and show its secret only once."""
    form = EndpointForm(request.POST if request.method == "POST" else None, act=request.act)
    if request.method != "POST":
        return respond(request, FORM, {"form": form, "endpoint": None})
    try:
        made = actions.create_endpoint.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, FORM, form, refusal, {"endpoint": None})
    return respond(request, SECRET, {"endpoint": made.endpoint, "secret": made.secret, "is_new": True})


@page(permission=MANAGE, methods=["GET", "POST"], step_up=True, tries="integrations.endpoint.change")
def endpoint_edit(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Change an endpoint."""
    record = _load(request, endpoint)
    form = EndpointForm(request.POST if request.method == "POST" else None, act=request.act, record=record)
    if request.method != "POST":
        return respond(request, FORM, {"form": form, "endpoint": record})
    try:
        saved = actions.change_endpoint.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, FORM, form, refusal, {"endpoint": record})
    if saved.version == record.version:
        messages.info(request, _("You changed nothing, so nothing was saved."))
    else:
        messages.success(request, _("%(endpoint)s was changed.") % {"endpoint": saved})
    return HttpResponseRedirect(endpoint_url(saved))


@page(permission=MANAGE, methods=["GET", "POST"], step_up=True, tries="integrations.endpoint.rotate_secret")
@never_cache
@cache_control(no_transform=True)  # shows a secret: never compressed
def endpoint_secret(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Make a new signing secret, and show it only once."""
    record = _load(request, endpoint)
    form = SameEndpointForm(request.POST if request.method == "POST" else None, record=record)
    template, context = "integrations/rotate_secret.html", {"endpoint": record}
    if request.method != "POST":
        return respond(request, template, {**context, "form": form})
    try:
        made = actions.rotate_secret.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    return respond(
        request,
        SECRET,
        {"endpoint": made.endpoint, "secret": made.secret, "older": older_secrets(made.endpoint)},
    )


@page(permission=MANAGE, methods=["POST"], tries="integrations.endpoint.end_older_secrets")
def endpoint_end_older_secrets(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Let only the newest secret sign."""
    record = _load(request, endpoint)
    ended = actions.end_older_secrets(request.act, endpoint=record)
    return _done(
        request,
        record,
        ngettext(
            "%(number)s older secret was ended. Only the newest one signs now.",
            "%(number)s older secrets were ended. Only the newest one signs now.",
            ended,
        )
        % {"number": ended},
    )


@page(permission=MANAGE, methods=["POST"], tries="integrations.endpoint.enable")
def endpoint_enable(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Queue events for an endpoint from now on."""
    record = actions.enable_endpoint(request.act, endpoint=_load(request, endpoint))
    return _done(
        request, record, _("%(endpoint)s is enabled. Events are queued from now on.") % {"endpoint": record}
    )


@page(permission=MANAGE, methods=["POST"], tries="integrations.endpoint.disable")
def endpoint_disable(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Stop queueing events for an endpoint."""
    record = actions.disable_endpoint(request.act, endpoint=_load(request, endpoint))
    return _done(
        request,
        record,
        _("%(endpoint)s is disabled. Events from now on will not reach it.") % {"endpoint": record},
    )


@page(permission=MANAGE, methods=["GET", "POST"], step_up=True, tries="integrations.endpoint.take_over")
def endpoint_take_over(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Bind an endpoint to one's own rights."""
    return _confirmed(
        request,
        endpoint,
        actions.take_over_endpoint,
        template="integrations/take_over.html",
        message=_("You took over %(endpoint)s. It receives what you may see."),
    )


@page(permission=MANAGE, methods=["GET", "POST"], step_up=True, tries="integrations.endpoint.remove")
def endpoint_remove(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Remove an endpoint for good."""
    return _confirmed(
        request,
        endpoint,
        actions.remove_endpoint,
        template="integrations/remove.html",
        message=_("%(endpoint)s was removed."),
    )


def _confirmed(
    request: AsoraRequest, key: UUID, action: Action[Any, Endpoint], *, template: str, message: str
) -> HttpResponse:
    """Show what a change means, or make it. `message`: a sentence with the endpoint's name, after it was made."""
    record = _load(request, key)
    form = SameEndpointForm(request.POST if request.method == "POST" else None, record=record)
    context = {"endpoint": record}
    if request.method != "POST":
        return respond(request, template, {**context, "form": form})
    try:
        saved = action.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    messages.success(request, message % {"endpoint": saved})
    gone = reverse("integrations:endpoint-list")
    return HttpResponseRedirect(gone if saved.removed_at else endpoint_url(saved))


def _done(request: AsoraRequest, endpoint: Endpoint, message: str) -> HttpResponse:
    messages.success(request, message)
    return HttpResponseRedirect(endpoint_url(endpoint))
