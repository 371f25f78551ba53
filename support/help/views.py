"""A tenant's own tickets at the support desk, on the tenant's host, and the known issues."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from asora.kernel.door import Action
from asora.kernel.lists import list_page
from asora.kernel.pages import AsoraRequest, open_page, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, Refusal, RouteNotFound
from asora.kernel.shapes import Values
from audit.disclosure import announcing
from audit.disclosure.actions.tickets import answer_ticket, confirm_ticket, rate_ticket, reopen_ticket
from audit.disclosure.forms import MessageForm, RatingForm, TicketForm
from support.help import listings, queries, rating_links, rules, threads
from support.tickets.models import Ticket

PAGE = "support/help/ticket.html"


@page()
def ticket_list(request: AsoraRequest) -> HttpResponse:
    """The tickets that the person may see, newest first, below the notices of active incidents."""
    return list_page(
        request,
        listings.TICKETS,
        template="support/help/tickets.html",
        fragment="components/listing.html",
        context={
            "sees_all": request.act.actor.may(queries.SEES_ALL),
            "notices": queries.active_notices(),
        },
    )


@page()
def ticket_detail(request: AsoraRequest, ref: str) -> HttpResponse:
    """One ticket: what was written, and what the person can do now."""
    return respond(request, PAGE, _context(request, _load(request, ref)))


@page(methods=["POST"], tries="audit.ticket.answer")
def ticket_answer(request: AsoraRequest, ref: str) -> HttpResponse:
    """Answer in a ticket."""
    ticket = _load(request, ref)
    form = MessageForm(request.POST, ticket=ticket.ref, auto_id="answer_%s")
    return _say(request, ticket, form, answer_ticket, name="answer_form", done=_("Support has your answer."))


@page(methods=["POST"], tries="audit.ticket.confirm")
def ticket_confirm(request: AsoraRequest, ref: str) -> HttpResponse:
    """Confirm that a ticket is solved."""
    ticket = _load(request, ref)
    form = TicketForm(request.POST, ticket=ticket.ref)
    done = _("You confirmed that this is solved. Support closes the ticket.")
    return _say(request, ticket, form, confirm_ticket, name="confirm_form", done=done)


@page(methods=["POST"], tries="audit.ticket.reopen")
def ticket_reopen(request: AsoraRequest, ref: str) -> HttpResponse:
    """Reopen a ticket."""
    ticket = _load(request, ref)
    form = MessageForm(request.POST, ticket=ticket.ref, auto_id="reopen_%s")
    done = _("The ticket is open again. Support has your message.")
    return _say(request, ticket, form, reopen_ticket, name="reopen_form", done=done)


@page(methods=["POST"], tries="audit.ticket.rate")
def ticket_rate(request: AsoraRequest, ref: str) -> HttpResponse:
    """Rate how support worked on a ticket."""
    ticket = _load(request, ref)
    form = RatingForm(request.POST, ticket=ticket.ref)
    done = _("Thank you. Support has your rating, and you can change it.")
    return _say(request, ticket, form, rate_ticket, name="rating_form", done=done)


@open_page(methods=["GET", "POST"])
@never_cache
def rate_by_link(request: AsoraRequest, token: str) -> HttpResponse:
    """Rate how support worked, by the link of a mail and without signing in. Opening the page changes nothing, because
    programs that check mails open links too. Refusals: AUTH_REQUIRED LINK_INVALID."""
    act, ticket = rating_links.read(request.act, token)
    template, form = "support/help/rate.html", RatingForm(request.POST or None, ticket=ticket.ref)
    context = {"ticket": ticket, "rating": threads.rating_of(ticket), "is_done": False}
    if request.method != "POST":
        return respond(request, template, {**context, "form": form})
    try:
        rate_ticket.submit(act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    announcing.announce(act)
    is_good = form.values()["is_good"]
    return respond(
        request, template, {**context, "form": form, "is_done": True, "rating": {"is_good": is_good}}
    )


@page()
def known_issues(request: AsoraRequest) -> HttpResponse:
    """The known issues of Asora that customers may read, with their workarounds."""
    found = [
        {"issue": issue, "workaround": threads.html(issue.workaround)} for issue in queries.public_issues()
    ]
    return respond(request, "support/help/known_issues.html", {"issues": found})


def _load(request: AsoraRequest, ref: str) -> Ticket:
    ticket = queries.by_ref(request.act, ref)
    if ticket is None:
        raise RouteNotFound(_("This ticket does not exist."), reason=Reason.NO_SUCH_RECORD)
    return ticket


def _say(
    request: AsoraRequest,
    ticket: Ticket,
    form: TicketForm,
    action: Action[Any, Any],
    *,
    name: str,
    done: str,
) -> HttpResponse:
    """Do one action about a ticket and return to its page; a refusal is shown there, with what was typed."""
    try:
        action.submit(request.act, form)
    except Refusal as refusal:
        context = _context(request, ticket)
        return refused_form(request, PAGE, form, refusal, {**context, name: form})
    announcing.announce(request.act)
    messages.success(request, done)
    return redirect("help:ticket", ref=ticket.ref)


def _context(request: AsoraRequest, ticket: Ticket) -> Values:
    issue = queries.public_issues().filter(tickets=ticket).first()
    incident = queries.incident_of(ticket)
    return {
        "ticket": ticket,
        "shown_state": rules.SHOWN[ticket.state],
        "subject": listings.subject_of(ticket),
        "allowed": rules.allowed(ticket.state),
        "thread": threads.entries(request.act, ticket),
        "incident": incident,
        "notices": queries.notices_of(incident),
        "survivor": queries.shown_survivor(request.act, ticket),
        "known_issue": issue,
        "workaround": threads.html(issue.workaround) if issue is not None else "",
        "rating": threads.rating_of(ticket),
        "reads_trail": request.act.actor.may(Permission.AUDIT_VIEW),
        "answer_form": MessageForm(ticket=ticket.ref, auto_id="answer_%s"),
        "reopen_form": MessageForm(ticket=ticket.ref, auto_id="reopen_%s"),
    }
