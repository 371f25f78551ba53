"""Secrets that somebody typed into texts of inventory are in no payload: stored, shown or sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from audit.events.redaction import MASK
from integrations.endpoints.models import Endpoint
from integrations.feed import tokens
from integrations.outbox.models import Payload
from integrations.signatures import secrets
from integrations.types.catalogue import CHOSEN
from inventory.actions.items import create_item
from inventory.models import Category
from ledger.actions.receiving import receive as receive_draft
from tests.factories import people
from tests.factories.documents import line, receipt
from tests.factories.feeds import issue, poll
from tests.factories.master_data import MasterData
from tests.factories.payloads import make_endpoint_row
from tests.integrations.leaks import Search
from tests.integrations.payloads import checked

GITHUB = "ghp_" + "a1B2" * 9


@pytest.fixture
def endpoint(acacia: Any) -> Endpoint:
    """An endpoint of the owner that receives everything."""
    owner = people.person("owner", acacia)
    return make_endpoint_row(maker=owner.ref, event_types=list(CHOSEN), with_values=True)


def test_a_secret_in_a_name_or_reference_is_in_no_payload(
    acacia: Any, master_data: MasterData, endpoint: Endpoint, act_as: Any, client_as: Any
) -> None:
    search, owner = Search(), act_as("owner")
    in_name = search.plant("secret in a name", secrets.generate())
    in_reference = search.plant("token in a reference", tokens.generate())
    in_barcode = search.plant("token in a barcode", GITHUB)

    category = Category.objects.get(code="PARTS")
    create_item(owner, sku="KEY", name=f"Key {in_name}", category=category, unit="pcs", barcodes=[in_barcode])
    draft = receipt(master_data, line(master_data, "BOLT", "NORTH/A-1", "5", "1"))
    draft = replace(draft, reference=f"DN {in_reference}")
    receive_draft(owner, draft=draft, hubs=[master_data.north], reference=draft.reference)

    bodies = [bytes(body) for body in Payload.objects.order_by("number").values_list("body", flat=True)]
    created, received = (checked(body)["data"] for body in bodies)
    assert created["name"] == f"Key {MASK}"
    assert created["barcodes"] == [MASK]
    assert received["reference"] == f"DN {MASK}"

    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM integrations_payload p")
        for (row,) in cursor.fetchall():
            search.look("table", row)
    search.look("feed", poll(client_as(), issue(owner, endpoint)).content)
    for payload in Payload.objects.all():
        search.look("page", client_as("owner").get(f"/integrations/payloads/{payload.pk}/").content)
    assert search.searched == {"table": 2, "feed": 1, "page": 2}
    assert search.found == []
