"""The same mail at the same moment, from a mailbox and from a provider: it is taken once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django_tenants.utils import tenant_context

from plans.models import Tenant
from support.mail import rules
from support.mail.actions.receiving import take
from support.mail.models import InboundMail
from support.tickets.models import Ticket
from tests.factories import tenants
from tests.support.mail.mails import mail


def test_one_message_id_at_once_is_one_mail_and_one_ticket(
    committed_tenant: Callable[..., Tenant], threads: Any
) -> None:
    committed_tenant()
    raw = mail(subject="At once", Message_ID="<race-one@customer.test>", sender="race-one@customer.test")

    def receive(number: int) -> Any:
        with tenant_context(tenants.public()):
            return take(raw, channel="imap" if number % 2 else "webhook")

    taken = [one for one in threads(8, receive) if isinstance(one, InboundMail)]
    assert len(taken) == 1
    assert Ticket.objects.filter(source="mail", participants__address="race-one@customer.test").count() == 1


def test_a_stranger_who_sends_many_at_once_is_limited(
    committed_tenant: Callable[..., Tenant], threads: Any
) -> None:
    committed_tenant()
    raws = [mail(sender="race-two@customer.test") for _number in range(rules.MAX_OF_STRANGER + 3)]

    def receive(number: int) -> Any:
        with tenant_context(tenants.public()):
            return take(raws[number], channel="imap")

    verdicts = sorted(one.verdict for one in threads(len(raws), receive))
    assert verdicts == ["limited"] * 3 + ["new_ticket"] * rules.MAX_OF_STRANGER
