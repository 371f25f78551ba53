"""The tenant decides about access by support, and asks support."""

from __future__ import annotations

from django.test import override_settings
from django_tenants.utils import tenant_context

from asora.kernel.request_ids import new_request_id
from audit.disclosure.actions.access import (
    approve_access,
    change_requirement,
    refuse_access,
    revoke_access,
)
from audit.disclosure.actions.questions import ask_support
from audit.disclosure.actions.tickets import answer_ticket, confirm_ticket, rate_ticket, reopen_ticket
from audit.events import trail
from support.access.actions import end_access, request_access, start_access
from support.mail.actions.erasing import forget_sender
from support.mail.actions.receiving import take
from support.mail.actions.sending import resend_mail
from support.mail.models import OutboundMail
from tests.audit.verdicts.company import Company
from tests.factories import tenants
from tests.factories.desk import open_in
from tests.factories.support_access import ask_for_access
from tests.support.mail.mails import mail

DECISIONS = {"audit.access.require", "audit.access.approve", "audit.access.refuse", "audit.access.revoke"}
AGENT = {"support.access.request", "support.access.start", "support.access.end"}
QUESTIONS = {"audit.support.ask"}
MAILS = {"support.mail.receive", "support.mail.resend", "support.mail.forget"}
TICKETS = {"audit.ticket.answer", "audit.ticket.confirm", "audit.ticket.rate", "audit.ticket.reopen"}


def decisions(company: Company) -> None:
    change_requirement(company.owner, required=True, seen=False)
    approved, refused = ask_for_access(company.tenant), ask_for_access(company.tenant)
    approve_access(company.owner, session=approved)
    refuse_access(company.owner, session=refused, reason="Not now")
    revoke_access(company.owner, session=approved, reason="Seen enough")


def an_agent(company: Company) -> None:
    """An agent waits for the owner's approval, starts the session and ends it."""
    agent = company.public("agent")
    change_requirement(company.owner, required=True, seen=False)
    with tenant_context(tenants.public()):
        session = request_access(agent, tenant=company.tenant, reason="A question about bolts", minutes=30)
    trail.copy_missing(company.tenant)
    approve_access(company.owner, session=session.pk)
    with tenant_context(tenants.public()):
        end_access(agent, session=start_access(agent, session=session))


def questions(company: Company) -> None:
    ask_support(company.receiver, about=new_request_id(company.tenant.slug), question="Why?")


def tickets(company: Company) -> None:
    """A person answers in one ticket, and confirms, rates and reopens another."""
    asker = company.receiver
    open_, resolved = (
        open_in(state, company.tenant, subject="Bolts", reporter=asker.actor.ref)
        for state in ("waiting_customer", "resolved")
    )
    answer_ticket(asker, ticket=open_.ref, text="Bin A-1")
    confirm_ticket(asker, ticket=resolved.ref)
    rate_ticket(asker, ticket=resolved.ref, is_good=True)
    reopen_ticket(asker, ticket=resolved.ref, text="It is back")


def mails(company: Company) -> None:
    """Asora's worker takes in the mail of a stranger; a mail to them fails and is sent again; a lead erases them."""
    with tenant_context(tenants.public()), override_settings(ASORA_SUPPORT_ADDRESS="support@asora.test"):
        row = take(mail(), channel="imap")
        assert row is not None
        assert row.ticket is not None
        sender = row.ticket.participants.get()
        failed = OutboundMail(
            message=row.ticket.messages.get(), participant=sender, header_id="<a@asora.test>"
        )
        failed.state = OutboundMail.State.FAILED
        failed.save(force_insert=True)
        resend_mail(company.public("agent"), ticket=row.ticket, mail=failed)
        forget_sender(company.public("support_lead"), ticket=row.ticket, participant=sender)
