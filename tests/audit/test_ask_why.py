"""What would have allowed a refused request? Each repair is proved, and none is left out or too many."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import Reason, Refusal
from asora.kernel.repairs import NO_REPAIR, REPAIRS
from audit.events.models import Event
from audit.explorer.rehearsals.looks import look, request_of
from audit.explorer.rehearsals.why import Plan, plan_for, what_would_allow
from inventory.actions.bins import archive_bin
from inventory.actions.items import archive_item
from inventory.actions.vendors import create_vendor
from inventory.models import Vendor
from ledger.models import Kind
from plans.models import Tenant
from tests.audit.test_verdict_changes import (  # noqa: F401 (a fixture)
    CHANGES,
    UNTRIED,
    company,
    outcome_of,
)
from tests.factories import documents, tenants
from tests.factories.people import add_person
from tests.kernel.example_action import FREE_VENDORS, fill, freeze


def refused(attempt: Any) -> Event:
    with pytest.raises(Refusal):
        attempt()
    return Event.objects.filter(outcome="refused").latest("number")


def keys_of(plan: Plan) -> list[str]:
    return [repair.key for repair in plan.chosen]


def prove(event: Event) -> Plan:
    """The plan for an event, after each alternative was tried, and each repair left out once."""
    request = request_of(event)
    plan = plan_for(request)
    if plan.blocked is None:
        assert look(request, plan.chosen) is None, keys_of(plan)
        for step in plan.steps:
            others = [one.need[0] for one in plan.steps if one is not step]
            assert look(request, others) is not None, (keys_of(plan), step.need[0].key)
            for repair in step.need:
                assert look(request, [*others, repair]) is None, (keys_of(plan), repair.key)
    return plan


def test_every_reason_has_a_repair_or_says_why_not():
    assert set(REPAIRS) | set(NO_REPAIR) == set(Reason)
    assert not set(REPAIRS) & set(NO_REPAIR)


def test_finds_every_gate_that_stops(birch, act_as, client_as):
    """The role, the freeze and the plan, all at once."""
    fill(FREE_VENDORS)
    freeze(birch)
    event = refused(lambda: create_vendor(act_as("viewer"), code="V1", name="V"))
    plan = prove(event)
    assert [key.partition(":")[0] for key in keys_of(plan)] == ["role", "unfreeze", "plan"]
    assert [repair.key for repair in plan.steps[0].need] == ["role:manager", "role:owner"]
    assert [repair.key for repair in plan.steps[2].need] == ["plan:pro", "plan:enterprise"]
    answer = client_as("owner").post("/audit/why/", {"event": str(event.pk)}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "All 3 of these together" in text
    assert "Archiving records does not help" in text, "what cannot be done is said"
    assert "Platform lead" in text
    assert Vendor.objects.count() == FREE_VENDORS


def test_finds_a_hub_an_archived_bin_and_an_archived_item(acacia, act_as, master_data):
    person = add_person("counter", name="casey", all_hubs=False)
    archive_bin(act_as("manager"), bin=master_data.bins["NORTH/A-1"])
    archive_item(act_as("manager"), item=master_data.items["BOLT"])
    event = refused(
        lambda: documents.receive(act_as(user=person), master_data, ("BOLT", "NORTH/A-1", "3", "2"))
    )
    plan = prove(event)
    assert [key.partition(":")[0] for key in keys_of(plan)] == ["role", "place", "restore", "restore"]


@pytest.mark.parametrize("costing", ["average", "fifo"])
def test_finds_the_stock_that_is_missing(acacia, act_as, master_data, costing):
    Tenant.objects.filter(pk=acacia.pk).update(costing=costing)
    acacia.costing = costing
    documents.receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "1", "2"))
    event = refused(
        lambda: documents.post_movement(
            act_as("receiver"),
            master_data,
            Kind.ISSUE,
            ("BOLT", "NORTH/A-1", "3"),
            ("OIL", "NORTH/A-2", "1.5"),
        )
    )
    plan = prove(event)
    assert [str(repair.text) for repair in plan.chosen] == [
        "Bring 2 pcs more of BOLT into bin NORTH/A-1.",
        "Bring 1.5 l more of OIL into bin NORTH/A-2.",
    ]


def test_another_person_where_two_are_needed(cedar, act_as):
    from tests.factories.master_data import make_master_data

    master_data = make_master_data()
    documents.receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "5", "2"))
    event = refused(
        lambda: documents.post_movement(
            act_as("owner"), master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "-1")
        )
    )
    plan = plan_for(request_of(event))
    assert plan.blocked
    assert plan.blocked.reason is Reason.FOUR_EYES, "a request is what helps: nobody may do it alone"


def test_what_was_sent_twice_cannot_be_repaired(acacia, act_as, master_data, client_as):
    from uuid import uuid4

    from tests.factories.documents import line, receipt

    draft = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "1", "2"), submission=uuid4())
    documents.deliver(act_as("manager"), master_data, draft)
    event = refused(lambda: documents.deliver(act_as("manager"), master_data, draft))
    answer = client_as("owner").post("/audit/why/", {"event": str(event.pk)})
    assert "It was sent twice" in answer.content.decode()


def test_shows_nothing_of_a_hub_where_the_reader_does_not_work(acacia, act_as, master_data, client_as):
    archive_bin(act_as("manager"), bin=master_data.bins["NORTH/A-1"])
    event = refused(
        lambda: documents.receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "3", "2"))
    )
    south = add_person("manager", name="south", all_hubs=False)
    assign_perm("inventory.operate_hub", south, master_data.south)
    client = client_as(user=south)
    assert client.post("/audit/why/", {"event": str(event.pk)}).status_code == 404
    answer = what_would_allow(act_as(user=south).actor, event.pk)
    assert answer.state == "concealed"
    assert not answer.needed


def test_names_no_stock_to_readers_who_may_not_see_it(acacia, act_as, master_data):
    from dataclasses import replace

    event = refused(
        lambda: documents.post_movement(
            act_as("receiver"), master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", "3")
        )
    )
    granted = frozenset({"audit.view", "inventory.operate_hub"})
    agent = replace(act_as("owner").actor, account=None, granted=granted)
    text = str(what_would_allow(agent, event.pk))
    assert "Bring more of BOLT into bin NORTH/A-1." in text
    assert "3 pcs" not in text
    assert "available" not in text
    assert "Bring 3 pcs more" in str(what_would_allow(act_as("owner").actor, event.pk))


def test_a_form_that_cannot_be_read_is_for_its_sender_to_correct(acacia, act_as, client_as):
    from tests.kernel.example_action import VendorForm

    freeze(acacia)
    event = refused(lambda: create_vendor.submit(act_as("viewer"), VendorForm({"code": ""})))
    plan = plan_for(request_of(event))
    assert plan.blocked
    assert plan.blocked.reason is Reason.INVALID_INPUT
    assert [key.partition(":")[0] for key in keys_of(plan)] == ["role", "unfreeze"]
    text = client_as("owner").post("/audit/why/", {"event": str(event.pk)}).content.decode()
    assert "Nothing would allow it" in text
    assert "Only the person who sends the request can correct what was entered." in text
    assert "Other gates stop it too" in text


@pytest.mark.parametrize("cause", CHANGES)
def test_every_known_cause_has_a_proved_repair_or_a_text(company, cause):  # noqa: F811
    attempt, _change = CHANGES[cause](company)
    if cause in UNTRIED:
        return  # refused only after the change
    event = outcome_of(attempt)
    if event.outcome != "refused":
        return  # refused only after the change
    home = company.tenant if Event.objects.filter(pk=event.pk).exists() else tenants.public()
    with tenant_context(home):
        plan = prove(event)
    assert plan.steps or plan.left_out or (plan.blocked and plan.blocked.cause)
