"""Every event type of the catalogue is queued when what it means is done by the product's own actions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from integrations.endpoints.models import Endpoint
from integrations.outbox.models import EndpointNumber, Payload
from integrations.types.catalogue import CHOSEN
from inventory.actions.items import edit_item
from ledger.models import Kind
from tests.audit.lives import master_data as records
from tests.audit.lives import stock
from tests.audit.verdicts.company import Company
from tests.factories import documents, people
from tests.factories.payloads import make_endpoint_row
from tests.integrations.payloads import checked

POSTINGS = {
    f"inventory.posting.{kind}.v1" for kind in ("receipt", "issue", "transfer", "adjustment", "reversal")
}
LOW = "inventory.stock.low.v1"
#: What people do in the scenes of every action, and the event types that are queued for it.
QUEUED: dict[Callable[[Company], None], set[str]] = {
    records.by_hand: {
        *(
            f"inventory.{noun}.{done}.v1"
            for noun in ("item", "hub")
            for done in ("created", "changed", "archived")
        ),
        *(f"inventory.{noun}.restored.v1" for noun in ("item", "hub")),
        "inventory.vendor.eligibility.v1",
    },
    records.by_file: {
        "inventory.hub.created.v1",
        "inventory.item.created.v1",
        "inventory.vendor.eligibility.v1",
    },
    stock.documents_by_hand: POSTINGS,
    stock.documents_by_file: POSTINGS,
    stock.a_count: {"inventory.count.approved.v1", "inventory.posting.adjustment.v1"},
    stock.proofs_and_exports: {"inventory.export.made.v1", "inventory.posting.receipt.v1"},
}
#: Done by operators, and queued when it is copied into the tenant's trail: `test_queue_race`.
BY_OPERATORS = {f"inventory.tenant.{done}.v1" for done in ("frozen", "unfrozen", "plan_changed")}


def everything(maker: Any, **values: Any) -> Endpoint:
    """An endpoint of all event types, with values."""
    return make_endpoint_row("Everything", maker=maker, event_types=list(CHOSEN), with_values=True, **values)


def queued(endpoint: Endpoint) -> list[dict[str, Any]]:
    """The bodies in order, each checked as a receiver would."""
    rows = Payload.objects.filter(endpoint=endpoint).order_by("number")
    bodies = [checked(bytes(row.body)) for row in rows]
    assert [body["asoranumber"] for body in bodies] == list(range(1, len(bodies) + 1))
    assert EndpointNumber.objects.get(endpoint=endpoint).last == len(bodies)
    return bodies


@pytest.mark.parametrize("life", QUEUED, ids=lambda life: life.__name__)
def test_what_people_do_is_queued(life: Any, master_data: Any, act_as: Any, acacia: Any) -> None:
    company = Company(master_data, act_as, acacia)
    endpoint = everything(company.owner.actor.ref)

    life(company)

    assert {body["type"] for body in queued(endpoint)} == QUEUED[life]


def test_stock_that_becomes_low_is_queued_after_the_posting_that_made_it_low(
    master_data: Any, act_as: Any, acacia: Any
) -> None:
    owner, manager, bolt = act_as("owner"), act_as("manager"), master_data.items["BOLT"]
    edit_item(owner, item=bolt, version=bolt.version, reorder_points={master_data.north: Decimal(5)})
    endpoint = everything(owner.actor.ref)
    documents.receive(manager, master_data, ("BOLT", "NORTH/A-1", "10", "2"))

    for quantity in ("4", "2", "1"):
        documents.post_movement(manager, master_data, Kind.ISSUE, ("BOLT", "NORTH/A-1", quantity))

    bodies = queued(endpoint)
    receipt, issue, *_ = (body["type"] for body in bodies)
    assert [body["type"] for body in bodies] == [receipt, issue, issue, LOW, issue]
    low, made_low = bodies[3], bodies[2]
    assert low["sequence"] == made_low["sequence"]
    assert (low["data"]["hub"], low["data"]["sku"]) == ("NORTH", "BOLT")


def test_every_event_type_is_queued_somewhere() -> None:
    assert set().union(*QUEUED.values()) | {LOW} | BY_OPERATORS == set(CHOSEN)


def test_the_neighbour_gets_nothing(master_data: Any, act_as: Any, acacia: Any, birch: Any) -> None:
    own = everything(people.person("owner", acacia).ref)
    with tenant_context(birch):
        theirs = everything(people.person("owner", birch).ref)

    documents.receive(act_as("manager"), master_data, ("BOLT", "NORTH/A-1", "10", "2"))

    assert len(queued(own)) == 1
    with tenant_context(birch):
        assert queued(theirs) == []
