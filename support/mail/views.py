"""Mails of a ticket: sending one again, erasing somebody who wrote by mail, and handing out a file."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from asora.kernel.pages import AsoraRequest, load, page, refused_form, respond
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Refusal, StateConflict
from support.mail.actions.erasing import forget_sender
from support.mail.actions.sending import resend_mail
from support.mail.forms import ForgetForm, ResendForm
from support.mail.models import OutboundMail
from support.tickets import composing
from support.tickets.models import Attachment, Participant
from support.tickets.queries import load_ticket, merged_family

WORK_DESK, REVIEW = Permission.SUPPORT_WORK_DESK, Permission.SUPPORT_REVIEW


@page(permission=WORK_DESK, methods=["POST"], tries="support.mail.resend", host="public")
def mail_resend(request: AsoraRequest, ref: str, mail: UUID) -> HttpResponse:
    """Queue a mail that failed once more. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    rows = OutboundMail.objects.filter(message__ticket__in=merged_family(ticket))
    form = ResendForm(request.POST, ticket=ticket, mail=load(request, rows, permission=WORK_DESK, pk=mail))
    try:
        resend_mail.submit(request.act, form)
    except (StateConflict, PermissionDenied) as refusal:
        return composing.refused(request, ticket, refusal, room="mail")
    messages.success(request, _("The mail is sent again within a minute."))
    return redirect("support:ticket", ref)


@page(permission=REVIEW, methods=["GET", "POST"], tries="support.mail.forget", host="public")
def sender_forget(request: AsoraRequest, ref: str, participant: UUID) -> HttpResponse:
    """Erase somebody who wrote by mail and has no account. Refusals: those of the action."""
    ticket = load_ticket(request, ref)
    people = Participant.objects.filter(ticket=ticket, person="")
    found = load(request, people, permission=REVIEW, pk=participant)
    template, context = "support/mail/forget.html", {"ticket": ticket, "participant": found}
    if request.method != "POST":
        form = ForgetForm(ticket=ticket, participant=found)
        return respond(request, template, {**context, "form": form})
    form = ForgetForm(request.POST, ticket=ticket, participant=found)
    try:
        forget_sender.submit(request.act, form)
    except Refusal as refusal:
        return refused_form(request, template, form, refusal, context)
    messages.success(request, _("The person's address, texts and files are erased."))
    return redirect("support:ticket", ref)


@page(permission=WORK_DESK, host="public")
def attachment(request: AsoraRequest, ref: str, attachment: UUID) -> HttpResponse:
    """Hand out a file that came with a mail, as a download of unknown contents. It is never evidence."""
    ticket = load_ticket(request, ref)
    rows = Attachment.objects.filter(message__ticket__in=merged_family(ticket), content__isnull=False)
    found = load(request, rows, permission=WORK_DESK, pk=attachment)
    response = HttpResponse(bytes(found.content or b""), content_type="application/octet-stream")
    name = content_disposition_header(as_attachment=True, filename=found.name or f"{found.pk}.bin")
    response["Content-Disposition"] = name or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
