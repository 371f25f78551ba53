"""Several clicks at the same moment: a message is taken once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.kernel.refusals import Reason, StateConflict
from audit.disclosure.actions.tickets import answer_ticket
from audit.disclosure.models import TicketStatement
from plans.models import Tenant
from support.tickets.models import Ticket
from tests.factories import tenants
from tests.factories.desk import open_in
from tests.factories.people import act_of


@pytest.fixture
def tenant(committed_tenant: Callable[..., Tenant]) -> Tenant:
    found: Tenant = committed_tenant()
    return found


def ticket_in(state: str, tenant: Tenant, reporter: str) -> Ticket:
    with tenant_context(tenants.public()), transaction.atomic():
        return open_in(state, tenant, subject="Zebu", reporter=reporter)


def test_an_answer_that_is_sent_eight_times_at_once_is_taken_once(tenant: Tenant, threads: Any) -> None:
    with tenant_context(tenant):
        owner = User.objects.get(email="owner@example.com")
    ticket = ticket_in("waiting_customer", tenant, owner.ref)

    def answer(_number: int) -> Any:
        with tenant_context(tenant):
            return answer_ticket(act_of(owner, tenant), ticket=ticket.ref, text="Bin A-1")

    results = threads(8, answer)
    refusals = [one for one in results if isinstance(one, StateConflict)]
    assert [one.reason for one in refusals] == [Reason.ALREADY_POSTED] * 7
    with tenant_context(tenant):
        assert TicketStatement.objects.filter(ticket=ticket.pk).count() == 1
