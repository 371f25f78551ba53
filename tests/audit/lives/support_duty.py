"""The desk's promised times, calls and incidents."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from support.clocks import queries, recording
from support.clocks.actions import publish_calendar, publish_policy, record_missed
from support.incidents.actions import move_incident, name_error, open_incident, post_entry
from support.models import SlaPolicy
from support.oncall.actions import acknowledge, add_contact, change_contact, pass_on, retire_contact
from support.oncall.models import Page
from tests.audit.verdicts.company import Company
from tests.factories import tenants

CLOCKS = {"support.clocks.publish_policy", "support.clocks.publish_calendar", "support.clocks.record_missed"}
CALLS = {
    "support.oncall.add_contact",
    "support.oncall.change_contact",
    "support.oncall.retire_contact",
    "support.oncall.acknowledge",
    "support.oncall.pass_on",
}
INCIDENTS = {
    "support.incident.open",
    "support.incident.post",
    "support.incident.move",
    "support.incident.name_error",
}


def worker() -> Act:
    """The worker at the desk."""
    actor = system("public", "worker", Permission.SUPPORT_RECEIVE)
    return new_act(tenants.public(), actor, route="worker")


def promised_times(company: Company) -> None:
    lead = company.public("support_lead")
    with tenant_context(tenants.public()):
        policy = SlaPolicy.objects.get()
        target = policy.targets.filter(clock="update", severity=3).get()
        publish_policy(lead, amounts={str(target.pk): 2}, reason="Two days are enough", seen=1)
        [calendar] = queries.newest_calendars()
        publish_calendar(
            lead,
            calendar=calendar,
            time_zone="Europe/Berlin",
            hours=calendar.hours,
            holidays=["2026-12-25"],
            reason="We moved",
            seen=2,
        )
        now = timezone.now()
        recording.start(lead, uuid.uuid4(), severity=1, category="H", queue="l1", at=now - timedelta(hours=1))
        record_missed(worker(), now=now)


def calls(company: Company) -> None:
    lead = company.public("support_lead")
    with tenant_context(tenants.public()):
        contact = add_contact(lead, duty="on_call", name="Ada", email="ada@example.com")
        change_contact(lead, contact=contact, name="Ada", email="ada.l@example.com", phone="1")
        retire_contact(lead, contact=contact)
        open_incident(lead, title="Receipts are refused", severity=1, notice="We look into it.")
        pass_on(worker(), now=timezone.now() + timedelta(minutes=6))
        acknowledge(lead, call=Page.objects.get(level=1))


def incidents(company: Company) -> None:
    agent = company.public("agent")
    with tenant_context(tenants.public()):
        incident = open_incident(agent, title="Receipts are refused", severity=2)
        post_entry(agent, incident=incident, kind="root_cause", text="A migration.")
        name_error(agent, incident=incident, code="STATE_CONFLICT")
        move_incident(agent, incident=incident, state="resolved")
