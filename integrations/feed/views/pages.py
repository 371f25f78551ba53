"""The feed's pages for people: its tokens, how often it is read, and the program that looks for gaps."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache

from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from integrations.endpoints.models import Endpoint
from integrations.endpoints.standing import standing, state_of
from integrations.feed import queries
from integrations.feed.actions import issue_token, revoke_token, rotate_token
from integrations.feed.forms import IssueForm, TokenForm
from integrations.feed.models import FeedToken

VIEW, MANAGE = Permission.INTEGRATIONS_DISPATCH, Permission.INTEGRATIONS_MANAGE
GAP_CHECKER = Path(__file__).parents[1] / "find_gaps.py"


@page(permission=VIEW)
def endpoint_feed(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """The feed of one endpoint, removed or not: how to read it, its tokens, and its polls of the last days."""
    found = load(request, Endpoint.everything.all(), permission=VIEW, pk=endpoint)
    return respond(request, "integrations/feed/detail.html", _summary(request, found))


@page(permission=VIEW)
def feed_panel(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """The feed as a panel of the endpoint's page; without HTMX its page."""
    found = load(request, Endpoint.everything.all(), permission=VIEW, pk=endpoint)
    context = _summary(request, found)
    return respond(
        request, "integrations/feed/detail.html", context, fragment="integrations/feed/_panel.html"
    )


@page(permission=MANAGE, methods=["GET", "POST"], step_up=True, tries="integrations.feed.issue_token")
@never_cache
@cache_control(no_transform=True)  # shows a secret: never compressed
def feed_token_issue(request: AsoraRequest, endpoint: UUID) -> HttpResponse:
    """Issue the first token, and show it only once. Refusals: STATE_CONFLICT ALREADY_ACTIVE."""
    found = load(request, Endpoint, permission=MANAGE, pk=endpoint)
    template = "integrations/feed/issue.html"
    form = IssueForm(request.POST if request.method == "POST" else None, endpoint=found)
    if request.method != "POST":
        return respond(request, template, {"form": form, "endpoint": found})
    try:
        token = issue_token.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, {"endpoint": found})
    return _issued(request, found, token)


@page(permission=MANAGE, methods=["GET", "POST"], step_up=True, tries="integrations.feed.rotate_token")
@never_cache
@cache_control(no_transform=True)  # shows a secret: never compressed
def feed_token_rotate(request: AsoraRequest, token: UUID) -> HttpResponse:
    """Issue a new token beside the present one, and show it only once. Refusals: STATE_CONFLICT NOT_ACTIVE."""
    old = _load_token(request, token)
    template, context = "integrations/feed/rotate.html", {"endpoint": old.endpoint, "token": old}
    form = TokenForm(request.POST if request.method == "POST" else None, feed_token=old)
    if request.method != "POST":
        return respond(request, template, {"form": form, **context})
    try:
        issued = rotate_token.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    return _issued(request, old.endpoint, issued)


@page(permission=MANAGE, methods=["GET", "POST"], tries="integrations.feed.revoke_token")
def feed_token_revoke(request: AsoraRequest, token: UUID) -> HttpResponse:
    """End a token at once. Refusals: STATE_CONFLICT NOT_ACTIVE."""
    found = _load_token(request, token)
    template, context = "integrations/feed/revoke.html", {"endpoint": found.endpoint, "token": found}
    form = TokenForm(request.POST if request.method == "POST" else None, feed_token=found)
    if request.method != "POST":
        return respond(request, template, {"form": form, **context})
    try:
        revoke_token.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    messages.success(request, _("The token was revoked. From now on it is invalid."))
    return redirect("integrations:endpoint-feed", endpoint=found.endpoint_id)


@page(permission=VIEW)
def gap_checker(request: AsoraRequest) -> HttpResponse:
    """The program that looks for missing payloads, as a file."""
    response = HttpResponse(GAP_CHECKER.read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{GAP_CHECKER.name}"'
    return response


def _load_token(request: AsoraRequest, token: UUID) -> FeedToken:
    """A token of an endpoint that exists."""
    rows = FeedToken.objects.select_related("endpoint").filter(endpoint__removed_at=None)
    return load(request, rows, permission=MANAGE, pk=token)


def _issued(request: AsoraRequest, endpoint: Endpoint, token: str) -> HttpResponse:
    context = {"endpoint": endpoint, "token": token, "address": _address(request)}
    return respond(request, "integrations/feed/issued.html", context)


def _address(request: AsoraRequest) -> str:
    return request.build_absolute_uri(reverse("integrations:feed"))


def _summary(request: AsoraRequest, endpoint: Endpoint) -> Values:
    now = timezone.now()
    rows = queries.tokens_of(endpoint)
    stands = standing(endpoint)
    return {
        "endpoint": endpoint,
        "standing": stands,
        "state": state_of(endpoint, stands),
        "address": _address(request),
        "numbers": queries.numbers_of(endpoint),
        "tokens": [(row, row.state_at(now)) for row in rows],
        "lasting": next((row for row in rows if row.state_at(now) == "valid"), None),
        "days": queries.days_of(endpoint),
        "latest": queries.last_poll(endpoint),
        "may_manage": request.act.actor.may(MANAGE),
        "gap_checker": GAP_CHECKER.read_text(),
    }
