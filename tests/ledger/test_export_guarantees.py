"""Guarantees of exports besides their bytes: what is counted, who gets them, and that nobody can change them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from asora.accounts.people.actions.people import change_hubs
from asora.accounts.roles.grants import described
from asora.kernel import positions
from asora.kernel.refusals import PermissionDenied, PlanLimitExceeded, ValidationFailed
from ledger.exports.actions import create_export
from ledger.exports.requests import EXTENSIONS, ExportRequest
from ledger.models import Export
from ledger.reports import REPORTS
from ledger.reports.forms import ReportFilter
from plans import limits
from tests.factories import people
from tests.factories.master_data import make_master_data
from tests.headers import JSON
from tests.ledger import report_fixtures
from tests.ledger.report_fixtures import export_request
from tests.ledger.test_tampering import needs_superuser, superuser

MOST = 5  # exports a month on the plan free


@pytest.fixture
def committed_books(committed_tenant: Callable[..., Any], act_as: Callable[..., Any]) -> Callable[..., Any]:
    """`committed_books(plan="free")`: a temporary tenant with the small ledger, committed."""

    def make(**values: Any) -> Any:
        tenant = committed_tenant(**values)
        master_data = make_master_data()
        report_fixtures.name_items(master_data)
        report_fixtures.post_three_deliveries(act_as("owner"), master_data)
        return tenant

    return make


def gates_of(event: Any) -> list[str]:
    return [step["gate"] for step in event.decision]


# Counting exports


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("slug", REPORTS)
def test_nothing_to_export_is_refused_before_the_ceiling(master_data, act_as, events, slug, extension):
    """The event stops at the gate before the plan's gate, and the usage does not change."""
    act, report = act_as("manager"), REPORTS[slug]
    form = ReportFilter({"item": "CABLE"}, act=act, report=report)
    with pytest.raises(ValidationFailed) as refused:
        create_export.submit(act, ExportRequest(act, report, form, extension=extension))
    assert str(refused.value.reason) == "NO_DATA"
    (event,) = events(action="ledger.export.create")
    assert (event.outcome, event.code, event.reason) == ("refused", "VALIDATION_FAILED", "NO_DATA")
    assert gates_of(event)[-1] == "valid"
    assert "within_plan" not in gates_of(event)
    assert limits.usage("exports") == Export.objects.count() == 0


def test_what_is_exported_again_is_not_counted_again(stocked, act_as, events):
    first = create_export.submit(act_as("manager"), export_request(act_as("manager")))
    assert limits.usage("exports") == 1
    again = create_export.submit(act_as("owner"), export_request(act_as("owner")))
    assert (again.pk, limits.usage("exports")) == (first.pk, 1)
    other = act_as("owner")
    workbook = create_export.submit(
        other, ExportRequest(other, report_fixtures.STOCK, ReportFilter({}, act=other), extension="xlsx")
    )
    assert (workbook.rows_sha256, limits.usage("exports")) == (first.rows_sha256, 2)
    assert [event.outcome for event in events(action="ledger.export.create")] == [
        "allowed",
        "noop",
        "allowed",
    ]


def test_eight_at_once_make_one_and_are_counted_once(committed_books, threads, act_as, events):
    committed_books(plan="free")
    position = positions.current()
    acts = [act_as(("owner", "manager")[number % 2]) for number in range(8)]
    found = threads(
        8, lambda number: create_export.submit(acts[number], export_request(acts[number], at=position))
    )
    assert {export.pk for export in found} == {Export.objects.get().pk}
    assert limits.usage("exports") == 1
    outcomes = [event.outcome for event in events(action="ledger.export.create")]
    assert sorted(outcomes) == ["allowed"] + ["noop"] * 7


def test_eight_at_once_do_not_pass_the_ceiling(committed_books, threads, act_as, events):
    """Eight different exports with a ceiling of five a month; afterwards everybody can still get the existing ones."""
    committed_books(plan="free")
    head = positions.current()
    asked = [
        {"at": at, "hub": hub, "item": item}
        for at, hub, item in [
            (head, "", ""), (head, "NORTH", ""), (head, "SOUTH", ""), (head, "", "BOLT"), (head, "", "OIL"),
            (head - 1, "", ""), (head - 1, "NORTH", ""), (head - 2, "", ""),
        ]
    ]  # fmt: skip
    acts = [act_as("owner") for _ in asked]
    found = threads(
        8, lambda number: create_export.submit(acts[number], export_request(acts[number], **asked[number]))
    )
    kept = [result for result in found if isinstance(result, Export)]
    refused = [result for result in found if isinstance(result, PlanLimitExceeded)]
    assert (len(kept), len(refused)) == (MOST, len(asked) - MOST), found
    assert limits.usage("exports") == Export.objects.count() == MOST
    assert {refusal.details["usage"] for refusal in refused} == {MOST}
    assert len(events(action="ledger.export.create", reason="PLAN_EXPORTS")) == len(refused)
    exported = {export.pk for export in kept}
    acts = [act_as("manager") for _ in asked]
    again = threads(
        8, lambda number: create_export.submit(acts[number], export_request(acts[number], **asked[number]))
    )
    assert {result.pk for result in again if isinstance(result, Export)} == exported
    assert Export.objects.count() == MOST


# Access to exports


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_grant_that_is_withdrawn_takes_the_old_export_along(stocked, act_as, client_as, events, extension):
    """No file and no manifest; the list says why; with the grant, the file is the same as before."""
    somebody = people.add_person("manager", name="both", all_hubs=False)
    person_of = lambda: type(somebody).objects.get(pk=somebody.pk)  # noqa: E731
    grant(act_as, person_of(), ["NORTH", "SOUTH"])
    client = client_as(user=person_of())
    asked = {"report": "stock-on-hand", "format": extension}
    address = client.post("/exports/create/", asked).url
    manifest = address.replace("download", "manifest")
    before = b"".join(client.get(address).streaming_content)
    assert client.get(manifest).status_code == 200
    assert address in client.get("/exports/").content.decode()

    grant(act_as, person_of(), ["NORTH"])
    for path in (address, manifest):
        refused = client.get(path, headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_DENIED")
        assert refused.json()["reason"] == "HUB_NOT_GRANTED"
        assert "SOUTH" not in str(refused.headers)
    assert events(action="ledger.export.download")[-1].outcome == "refused"
    assert address not in client.get("/exports/").content.decode()
    named = client.post("/exports/create/", {**asked, "hub": "NORTH,SOUTH"}, headers=JSON)
    assert (named.status_code, named.json()["reason"]) == (403, "HUB_NOT_GRANTED")
    assert client.post("/exports/create/", asked).url != address  # of the hubs that are left: another export

    grant(act_as, person_of(), ["NORTH", "SOUTH"])
    assert b"".join(client.get(address).streaming_content) == before


def grant(act_as: Callable[..., Any], person: Any, hubs: list[str]) -> None:
    change_hubs(act_as("owner"), person=person, hubs=hubs, seen=described(person))


def test_values_go_with_the_permission_to_see_them(stocked, act_as, client_as):
    """A person who may export but no longer see values gets neither an old file with values nor its manifest."""
    act = act_as("owner")
    report = REPORTS["inventory-valuation"]
    export = create_export.submit(act, ExportRequest(act, report, ReportFilter({}, act=act, report=report)))
    for path in ("download", "manifest"):
        refused = client_as("viewer").get(f"/exports/{export.pk}/{path}/", headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_DENIED")
    with pytest.raises(PermissionDenied):
        create_export.submit(act_as("viewer"), export_request(act_as("viewer")))


# Permanence of exports


UNDOING = [
    "UPDATE ledger_export SET rows = rows + 1",
    "UPDATE ledger_export SET created_at = '2001-01-01'",  # an export of another month is not counted
    "DELETE FROM ledger_export",
    "TRUNCATE ledger_export",
    "UPDATE ledger_entry SET quantity = quantity + 1",
    "DELETE FROM ledger_entry",
    "TRUNCATE ledger_entry CASCADE",
    "UPDATE ledger_posting SET effective_on = '2001-01-01'",
    "DELETE FROM ledger_posting",
    "TRUNCATE ledger_posting CASCADE",
    "UPDATE inventory_itemrevision SET name = 'Another'",
    "DELETE FROM inventory_itemrevision",
    "TRUNCATE inventory_itemrevision",
]


def test_the_database_lets_nobody_change_what_an_export_is_made_of(committed_books, act_as, client_as):
    committed_books()
    export = create_export.submit(act_as("owner"), export_request(act_as("owner")))
    client = client_as("owner")
    before = b"".join(client.get(f"/exports/{export.pk}/download/").streaming_content)
    for statement in UNDOING:
        with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert refused.value.__cause__.sqlstate == "23001", statement
    assert b"".join(client.get(f"/exports/{export.pk}/download/").streaming_content) == before
    assert [kept.rows for kept in Export.objects.all()] == [export.rows]


NOTHING_LEFT = "the balances, by which the report finds its bins"
TAMPERING = {
    "a quantity": "UPDATE ledger_entry SET bin_quantity = bin_quantity + 1 WHERE line = 1",
    "a line": "DELETE FROM ledger_entry WHERE line = 2",
    "a name": "UPDATE inventory_itemrevision SET name = 'Another'",
    NOTHING_LEFT: "DELETE FROM ledger_binbalance",
    "the export itself": "UPDATE ledger_export SET rows_sha256 = repeat('0', 64)",
}


@needs_superuser
@pytest.mark.parametrize("what", TAMPERING)
def test_what_was_tampered_with_is_never_sent(committed_books, act_as, client_as, events, what):
    """Changed past all triggers, as only a superuser can: neither the old file nor a new one is sent."""
    tenant = committed_books()
    client = client_as("owner")
    asked = {"report": "stock-on-hand", "at": str(positions.current())}
    addresses = [client.post("/exports/create/", {**asked, "format": name}).url for name in EXTENSIONS]
    assert [client.get(address).status_code for address in addresses] == [200, 200]
    kept = Export.objects.first()

    with superuser(tenant.schema_name) as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(TAMPERING[what])

    for address in addresses:
        refused = client.get(address, headers=JSON)
        assert (refused.status_code, refused.json()["reason"]) == (409, "EXPORT_CHANGED")
        assert "X-Asora-File-SHA256" not in refused.headers
        assert refused.json()["details"]["exported"]["rows"] == kept.rows
    for name in EXTENSIONS:
        refused = client.post("/exports/create/", {**asked, "format": name}, headers=JSON)
        reason = "NO_DATA" if what == NOTHING_LEFT else "EXPORT_CHANGED"
        assert (refused.status_code // 100, refused.json()["reason"]) == (4, reason)
    answer = events(outcome="refused", action="ledger.export.download")
    assert [event.reason for event in answer] == ["EXPORT_CHANGED", "EXPORT_CHANGED"]
    assert Export.objects.count() == len(EXTENSIONS)
