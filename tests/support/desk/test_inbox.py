"""The inbox: which tickets a person sees, in which order, and how it is filtered."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from guardian.shortcuts import assign_perm

from plans.grants import MANAGE_TENANT
from plans.models import Tenant
from support.clocks.models import DueClock
from support.desk import inbox
from support.tickets.models import Ticket
from tests.factories.desk import open_for, open_in
from tests.factories.people import add_person

INBOX = "/support/"


@pytest.fixture
def tenant(public: Tenant) -> Tenant:
    return Tenant.objects.get(slug="acacia")


def refs_of(response: Any) -> list[str]:
    """The tickets of a page, in their order."""
    return re.findall(r'class="row-link" href="/support/tickets/(T-\d{6})/"', response.content.decode())


def classified(tenant: Tenant, severity: int, *, hours: int = 0) -> Ticket:
    """A triaged ticket, opened some hours ago."""
    opened = timezone.now() - timedelta(hours=hours)
    ticket = open_for(tenant, subject=f"Severity {severity}", opened_at=opened)
    Ticket.objects.filter(pk=ticket.pk).update(category="H", severity=severity, state="triaged")
    return ticket


def merged(tenant: Tenant, other: Ticket) -> Ticket:
    """A ticket that was merged into another."""
    ticket = classified(tenant, 4)
    Ticket.objects.filter(pk=ticket.pk).update(state="duplicate", merged_into=other)
    return ticket


def test_the_most_urgent_is_first_and_of_equals_the_oldest(tenant: Tenant, client_as: Any) -> None:
    late, early = classified(tenant, 3, hours=1), classified(tenant, 3, hours=9)
    minor, major, grave = classified(tenant, 4, hours=20), classified(tenant, 2), classified(tenant, 1)
    unsorted = open_for(tenant, subject="Not classified")
    expected = [one.ref for one in (grave, major, unsorted, early, late, minor)]
    assert refs_of(client_as("agent").get(INBOX)) == expected


def test_finished_tickets_are_listed_only_when_asked_for(tenant: Tenant, client_as: Any) -> None:
    waiting = open_for(tenant, subject="Waiting")
    finished = merged(tenant, waiting)
    client = client_as("agent")
    assert refs_of(client.get(INBOX)) == [waiting.ref]
    assert refs_of(client.get(f"{INBOX}?state=duplicate")) == [finished.ref]
    assert refs_of(client.get(f"{INBOX}?state=any")) == [finished.ref, waiting.ref]


def test_an_agent_sees_neither_other_tenants_nor_security_tickets(tenant: Tenant, client_as: Any) -> None:
    birch = Tenant.objects.get(slug="birch")
    mine, other = open_for(tenant, subject="Mine"), open_for(birch, subject="Of a neighbour")
    secret = open_for(tenant, subject="Leaked key", is_security=True, queue="security")
    unknown = open_for(None, subject="Who are you?", source="mail")
    agent = add_person("agent", name="of_acacia", all_hubs=False)
    assign_perm(MANAGE_TENANT, agent, tenant)
    client = client_as(user=agent)
    assert refs_of(client.get(INBOX)) == [mine.ref, unknown.ref]
    for hidden in (other, secret):
        assert client.get(f"/support/tickets/{hidden.ref}/").status_code == 404
    lead = client_as("support_lead")
    assert set(refs_of(lead.get(INBOX))) == {mine.ref, other.ref, secret.ref, unknown.ref}
    assert "Security" in lead.get(INBOX).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=cannot create", ["first"]),
        ("q=t-{second}", ["second"]),
        ("q=acacia-01ARZ3NDEKTSV4RRFFQ69G5FAV", ["second"]),
        ("queue=l2", ["second"]),
        ("queue=mine", ["first"]),
        ("assignee=nobody", ["second"]),
        ("tenant=acacia", ["first", "second"]),
        ("tenant=none", []),
        ("severity=none", ["first", "second"]),
        ("category=C", []),
        ("state=waiting_customer", []),
    ],
)
def test_filters(tenant: Tenant, client_as: Any, act_as: Any, query: str, found: list[str]) -> None:
    me = act_as("agent").actor.ref
    named = {
        "first": open_for(tenant, subject="I cannot create an item", assignee=me),
        "second": open_for(
            tenant, subject="Something else", queue="l2", about="acacia-01ARZ3NDEKTSV4RRFFQ69G5FAV"
        ),
    }
    number = f"{named['second'].number:06d}"
    address = f"{INBOX}?{query.replace('{second}', number)}"
    assert refs_of(client_as("agent").get(address)) == [named[name].ref for name in found]


@pytest.mark.parametrize("state", ["", "&state=new"])
def test_a_reference_or_a_request_id_finds_its_ticket_in_any_state(
    tenant: Tenant, client_as: Any, state: str
) -> None:
    about = "acacia-01ARZ3NDEKTSV4RRFFQ69G5FAV"
    closed = open_in("closed", tenant, subject="Cannot receive")
    Ticket.objects.filter(pk=closed.pk).update(about=about)
    client = client_as("agent")
    for words in (closed.ref, f" {closed.ref.lower()} ", about):
        assert refs_of(client.get(f"{INBOX}?q={words}{state}")) == [closed.ref]
    assert refs_of(client.get(f"{INBOX}?q=receive{state}")) == []


def test_closed_without_a_confirmation_and_documentation_gaps_are_filters(
    tenant: Tenant, client_as: Any
) -> None:
    confirmed, unconfirmed = (
        open_in("closed", tenant, subject=subject) for subject in ("Confirmed", "Unconfirmed")
    )
    Ticket.objects.filter(pk=confirmed.pk).update(is_confirmed=True, is_doc_gap=True)
    Ticket.objects.filter(pk=unconfirmed.pk).update(is_confirmed=False)
    gap = open_for(tenant, subject="The manual does not say it", is_doc_gap=True)
    reopened = open_for(tenant, subject="Reopened", is_confirmed=False)
    client = client_as("agent")
    assert refs_of(client.get(f"{INBOX}?mark=unconfirmed")) == [unconfirmed.ref]
    assert refs_of(client.get(f"{INBOX}?mark=unconfirmed&state=new")) == [reopened.ref]
    assert refs_of(client.get(f"{INBOX}?mark=doc_gap")) == [gap.ref]
    assert refs_of(client.get(f"{INBOX}?mark=doc_gap&state=any")) == [gap.ref, confirmed.ref]
    assert client.get(f"{INBOX}?mark=lost").status_code == 400


def test_the_tabs_count_open_tickets_and_stop_at_the_cap(
    tenant: Tenant, act_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = act_as("agent").actor
    for number in range(4):
        open_for(tenant, subject=f"Number {number}", queue="l1" if number else "commercial")
    open_for(tenant, subject="Mine", queue="l2", assignee=actor.ref)
    counts = {tab.key: tab.count for tab in inbox.overview(actor, "l1").tabs}
    assert counts == {"": "5", "mine": "1", "l1": "3", "l2": "1", "l3": "0", "commercial": "1"}
    monkeypatch.setattr(inbox, "COUNT_CAP", 3)
    assert {tab.key: tab.count for tab in inbox.overview(actor, "").tabs}[""] == "3+"


def test_paging_shows_every_ticket_once(
    tenant: Tenant, client_as: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [classified(tenant, 1 + number % 4, hours=number) for number in range(7)]
    monkeypatch.setattr(inbox, "WORK", replace(inbox.WORK, page_size=3))
    client, seen, address = client_as("agent"), [], INBOX
    while address:
        page = client.get(address)
        seen += refs_of(page)
        following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        address = f"{INBOX}{following[1]}".replace("&amp;", "&") if following else ""
    assert sorted(seen) == sorted(one.ref for one in tickets)
    assert len(seen) == len(set(seen))


def test_a_filter_that_makes_no_sense_is_refused(public: Tenant, client_as: Any) -> None:
    assert client_as("agent").get(f"{INBOX}?state=lost").status_code == 400
    assert client_as("agent").get(f"{INBOX}?after=forged").status_code == 400


def test_tickets_that_are_late_or_nearly_late_are_counted_and_listed(tenant: Tenant, client_as: Any) -> None:
    now = timezone.now()
    late, soon, calm = (classified(tenant, 3) for _number in range(3))
    for ticket, minutes in ((late, -5), (soon, 30), (calm, 600)):
        DueClock.objects.create(subject=ticket.pk, clock="ack", due_at=now + timedelta(minutes=minutes))
    for clock in ("resolve", "ola_ack"):  # a late ticket is no second time due soon, and one is counted once
        for ticket in (late, soon):
            DueClock.objects.create(subject=ticket.pk, clock=clock, due_at=now + timedelta(minutes=40))
    client = client_as("agent")
    page = " ".join(client.get(INBOX).content.decode().split())
    assert "1 ticket is late" in page
    assert "1 ticket is due within an hour" in page
    assert refs_of(client.get(f"{INBOX}?due=late")) == [late.ref]
    assert refs_of(client.get(f"{INBOX}?due=soon")) == [soon.ref]
    assert refs_of(client.get(INBOX)) == [late.ref, soon.ref, calm.ref]


@pytest.mark.parametrize("role", ["operator", "ops_lead", "platform_lead"])
def test_operators_have_no_desk(public: Tenant, client_as: Any, role: str) -> None:
    assert client_as(role).get(INBOX).status_code == 403
