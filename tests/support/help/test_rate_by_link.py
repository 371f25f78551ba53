"""The link in a mail rates one ticket for one person, and does nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from audit.disclosure.models import TicketStatement
from plans.models import Tenant
from support.help.rating_links import token_for
from support.tickets.models import Satisfaction, Ticket
from tests.factories.desk import open_in


@pytest.fixture
def viewer(acacia: Tenant) -> User:
    return User.objects.get(email="viewer@example.com")


@pytest.fixture
def ticket(acacia: Tenant, viewer: User) -> Ticket:
    return open_in("resolved", acacia, subject="Zebu", reporter=viewer.ref)


def page_of(tenant: Tenant, ticket: Ticket, person: User) -> str:
    return f"/help/rate/{token_for(tenant, ticket, person.ref)}/"


def test_a_click_on_the_page_rates_and_opening_it_does_not(
    acacia: Tenant, ticket: Ticket, viewer: User, client_as: Any, events: Any
) -> None:
    client, page = client_as(), page_of(acacia, ticket, viewer)
    assert client.get(page).status_code == client.head(page).status_code == 200
    assert not TicketStatement.objects.exists()
    answered = client.post(page, {"rating": "bad"})
    assert (answered.status_code, "Thank you" in answered.content.decode()) == (200, True)
    row = TicketStatement.objects.get()
    assert (row.kind, row.is_good, row.stated_by) == ("rate", False, viewer.ref)
    [event] = events(action="audit.ticket.rate")
    assert (event.actor_ref, event.outcome) == (viewer.ref, "allowed")
    client.post(page, {"rating": "good"})
    assert TicketStatement.objects.count() == 2
    assert client.post(page, {"rating": "superb"}).status_code == 400


def test_the_link_opens_nothing_else(acacia: Tenant, ticket: Ticket, viewer: User, client_as: Any) -> None:
    client = client_as()
    client.get(page_of(acacia, ticket, viewer))
    client.post(page_of(acacia, ticket, viewer), {"rating": "good"})
    assert client.get(f"/help/tickets/{ticket.ref}/").status_code == 401


def test_links_of_others_and_old_ones_are_invalid(
    acacia: Tenant, birch: Tenant, ticket: Ticket, viewer: User, client_as: Any, act_as: Any
) -> None:
    counter = User.objects.get(email="counter@example.com")
    good = page_of(acacia, ticket, viewer)
    for page in (
        good[:-3] + "x/",
        page_of(acacia, ticket, counter),  # signed, but not their ticket
        page_of(acacia, open_in("new", birch, subject="Foreign", reporter=viewer.ref), viewer),
        "/help/rate/nonsense/",
    ):
        assert client_as().get(page).status_code == 401
        assert client_as().post(page, {"rating": "good"}).status_code == 401
    with tenant_context(birch):
        assert client_as(tenant=birch).get(good).status_code == 401
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    assert client_as().post(good, {"rating": "good"}).status_code == 401
    assert not TicketStatement.objects.exists()
    assert not Satisfaction.objects.exists()
