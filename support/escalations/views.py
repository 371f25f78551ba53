"""Pages of cases, feature requests and referrals."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from asora.kernel.lists import list_page
from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Refusal
from asora.kernel.shapes import Values
from plans import catalogue
from support.escalations import forms, gate, queries, rules
from support.escalations.actions import cases, features, referrals
from support.escalations.listings import CASES, FEATURES
from support.escalations.models import CommercialReferral, EngineeringCase
from support.tickets.models import Ticket
from support.tickets.queries import load_ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK
ESCALATE, FEATURE, REFERRAL, CASE = (
    f"support/escalations/{name}.html" for name in ("escalate", "feature", "referral", "case")
)


@page(permission=WORK_DESK, methods=["GET", "POST"], tries="support.case.propose", host="public")
def escalate(request: AsoraRequest, ref: str) -> HttpResponse:
    """Propose a case. The page lists what the gate misses; sending it verifies the evidence at that moment."""
    ticket = load_ticket(request, ref)
    form = forms.ProposeForm(request.POST if request.method == "POST" else None, ticket=ticket)
    if request.method == "POST":
        try:
            case = cases.propose_case.submit(request.act, form)
        except Refusal as refusal:
            return refused_form(request, ESCALATE, form, refusal, _gate(request, ticket))
        messages.success(request, _("The case %(case)s waits for a review.") % {"case": case.ref})
        return redirect("support:case", ref=case.ref)
    return respond(request, ESCALATE, {"form": form, **_gate(request, ticket)})


@page(permission=WORK_DESK, host="public")
def case_list(request: AsoraRequest) -> HttpResponse:
    """The cases of the agent's tenants."""
    return list_page(
        request, CASES, template="support/escalations/cases.html", fragment="components/listing.html"
    )


@page(permission=WORK_DESK, host="public")
def case_detail(request: AsoraRequest, ref: str) -> HttpResponse:
    """One case: the hand-over, the evidence, the review and engineering's answer."""
    return respond(request, CASE, _case(request, _load_case(request, ref)))


@page(permission=Permission.SUPPORT_REVIEW, methods=["POST"], tries="support.case.review", host="public")
def case_review(request: AsoraRequest, ref: str) -> HttpResponse:
    """Pass a case on, or decline it."""
    case = _load_case(request, ref)
    form = forms.ReviewForm(request.POST, case=case)
    try:
        cases.review_case.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, CASE, form, refusal, _case(request, case) | {"review": form})
    messages.success(request, _("Your review of %(case)s is recorded.") % {"case": case.ref})
    return redirect("support:case", ref=case.ref)


@page(
    permission=Permission.SUPPORT_ANSWER_CASES, methods=["POST"], tries="support.case.answer", host="public"
)
def case_answer(request: AsoraRequest, ref: str) -> HttpResponse:
    """Engineering's answer."""
    case = _load_case(request, ref)
    form = forms.AnswerForm(request.POST, case=case)
    try:
        cases.answer_case.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, CASE, form, refusal, _case(request, case) | {"answer": form})
    messages.success(request, _("Your answer to %(case)s is recorded.") % {"case": case.ref})
    return redirect("support:case", ref=case.ref)


@page(permission=WORK_DESK, methods=["GET", "POST"], tries="support.feature.log", host="public")
def feature(request: AsoraRequest, ref: str) -> HttpResponse:
    """Log a feature request from a ticket."""
    ticket = load_ticket(request, ref)
    form = forms.FeatureForm(request.POST if request.method == "POST" else None, ticket=ticket)
    if request.method == "POST":
        try:
            made = features.log_feature.submit(request.act, form)
        except Refusal as refusal:
            return refused_form(request, FEATURE, form, refusal, {"ticket": ticket})
        messages.success(
            request, _("%(request)s is logged. Answer the ticket from its template.") % {"request": made}
        )
        return redirect("support:ticket", ref=ticket.ref)
    return respond(request, FEATURE, {"form": form, "ticket": ticket})


@page(permission=WORK_DESK, host="public")
def feature_list(request: AsoraRequest) -> HttpResponse:
    """The feature requests of the agent's tenants."""
    return list_page(
        request, FEATURES, template="support/escalations/features.html", fragment="components/listing.html"
    )


@page(permission=WORK_DESK, methods=["GET", "POST"], tries="support.referral.open", host="public")
def referral(request: AsoraRequest, ref: str) -> HttpResponse:
    """Refer a ticket to sales, or see the referral."""
    ticket = load_ticket(request, ref)
    form = forms.ReferralForm(request.POST if request.method == "POST" else None, ticket=ticket)
    if request.method == "POST":
        try:
            referrals.refer.submit(request.act, form)
        except Refusal as refusal:
            return refused_form(request, REFERRAL, form, refusal, _referral(ticket))
        messages.success(request, _("The ticket was referred to sales, with plan and usage."))
        return redirect("support:ticket", ref=ticket.ref)
    return respond(request, REFERRAL, {"form": form, **_referral(ticket)})


@page(permission=WORK_DESK, methods=["POST"], tries="support.referral.answer", host="public")
def referral_answer(request: AsoraRequest, ref: str) -> HttpResponse:
    """Record the answer of sales."""
    ticket = load_ticket(request, ref)
    found = load(request, CommercialReferral, permission=WORK_DESK, ticket=ticket)
    form = forms.ReferralAnswerForm(request.POST, referral=found)
    try:
        referrals.answer_referral.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, REFERRAL, form, refusal, _referral(ticket) | {"answer": form})
    messages.success(request, _("The answer of sales is recorded."))
    return redirect("support:ticket", ref=ticket.ref)


def _load_case(request: AsoraRequest, ref: str) -> EngineeringCase:
    number = ref.removeprefix("ENG-")
    return load(
        request,
        queries.cases(request.act.actor),
        permission=WORK_DESK,
        number=int(number) if number.isdecimal() and len(number) < 9 else -1,
    )


def _gate(request: AsoraRequest, ticket: Ticket) -> Values:
    claim = gate.claim(ticket, gate.unproved(ticket))
    return {
        "ticket": ticket,
        "route": rules.never_escalated(claim),
        "missing": [one for one in rules.missing(claim) if one.key not in {"proof", "request_event"}],
        "evidence": gate.unproved(ticket).links,
        "has_access": gate.is_open_for(request.act, ticket),
    }


def _case(request: AsoraRequest, case: EngineeringCase) -> Values:
    actor = request.act.actor
    is_waiting = case.state == EngineeringCase.State.PROPOSED
    is_open = case.state in {EngineeringCase.State.OPEN, EngineeringCase.State.COMMITTED}
    return {
        "case": case,
        "ticket": case.ticket,
        "evidence": [row.link for row in case.evidence.select_related("link")],
        "checks": [(label, key in case.checklist) for key, label in rules.CHECKS.items()],
        "review": forms.ReviewForm(case=case)
        if is_waiting and actor.may(Permission.SUPPORT_REVIEW)
        else None,
        "answer": (
            forms.AnswerForm(case=case, initial={"revision": case.revision})
            if is_open and actor.may(Permission.SUPPORT_ANSWER_CASES)
            else None
        ),
    }


def _referral(ticket: Ticket) -> Values:
    found = queries.referral_of(ticket)
    is_open = found is not None and found.state == found.State.OPEN
    return {
        "ticket": ticket,
        "referral": found,
        "usage": [
            (catalogue.LABELS[name], *numbers) for name, numbers in (found.usage if found else {}).items()
        ],
        "answer": forms.ReferralAnswerForm(referral=found) if found is not None and is_open else None,
    }
