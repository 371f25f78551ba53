"""The proof of the ledger: passes for what the product wrote, and finds every manipulation by its check."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from asora.accounts.people.actions.people import create_user, deactivate_user
from asora.kernel import positions
from asora.kernel.act import Change, Record
from asora.kernel.ladder import Outcome
from asora.kernel.refusals import PermissionDenied
from audit.events.trail import record
from inventory.actions.categories import create_category
from inventory.actions.hubs import create_hub
from inventory.actions.items import create_item
from inventory.files.actions.items import import_items
from inventory.models import Bin, Item
from ledger.exports.actions import create_export
from ledger.models import VerificationRun
from ledger.proof.actions import record_verification
from ledger.proof.names import named
from ledger.proof.verification import ALL_CHECKS, verify
from plans.models import Tenant
from tests.ledger.report_fixtures import export_request, post_three_deliveries

# Manipulations of the tables, and the checks that must find them. Entries can only be added, so wrong ones are added.
LIES = {
    "a bin's balance": (
        "UPDATE ledger_binbalance SET quantity = quantity + 1 WHERE id = (SELECT min(id) FROM {0})",
        "ledger_binbalance",
        {"bin_balances", "hubs_are_their_bins"},
    ),
    "a bin without a balance": (
        "DELETE FROM ledger_binbalance WHERE id = (SELECT min(id) FROM {0})",
        "ledger_binbalance",
        {"bin_balances", "hubs_are_their_bins"},
    ),
    "a hub's value": (
        "UPDATE ledger_hubbalance SET value = value + 1 WHERE id = (SELECT min(id) FROM {0})",
        "ledger_hubbalance",
        {"hub_balances"},
    ),
    "a hub's quantity": (
        "UPDATE ledger_hubbalance SET quantity = quantity + 1 WHERE id = (SELECT min(id) FROM {0})",
        "ledger_hubbalance",
        {"hub_balances", "hubs_are_their_bins"},
    ),
    "a movement": (
        "UPDATE ledger_dailymovement SET quantity_up = quantity_up + 1 WHERE id = (SELECT min(id) FROM {0})",
        "ledger_dailymovement",
        {"movements"},
    ),
    "a reorder point": (
        "UPDATE inventory_item SET reorder_point = 3 WHERE id = (SELECT min(id) FROM {0})",
        "inventory_item",
        {"reorder_points"},
    ),
    "the head": ("UPDATE kernel_head SET position = position + 1", "kernel_head", {"positions"}),
    "the clock": ("UPDATE kernel_head SET recorded_at = '2001-01-01'", "kernel_head", {"recorded"}),
}
ENTRY = (
    "INSERT INTO ledger_entry (position, line, item_id, bin_id, hub_id, kind, is_reversal, quantity, unit_cost, value, "
    "bin_quantity, hub_quantity, hub_value) SELECT position, line + {lines}, item_id, bin_id, hub_id, '{kind}', false, "
    "{quantity}, unit_cost, {value}, {bin}, {hub}, {hub_value} FROM ledger_entry "
    "WHERE item_id = (SELECT id FROM inventory_item WHERE sku = 'OIL') ORDER BY position DESC, line DESC LIMIT 1"
)


def say(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def broken() -> set[str]:
    return {check.name for check in verify() if check.broken}


def added(**values: object) -> str:
    """One more line of oil; all values that are not given are right."""
    right = {
        "lines": 1,
        "kind": "receipt",
        "quantity": 1,
        "value": 4,
        "bin": "bin_quantity + 1",
        "hub": "hub_quantity + 1",
        "hub_value": "hub_value + 4",
    }
    return ENTRY.format(**right | values)


def test_holds(stocked, act_as):
    create_export.submit(act_as("owner"), export_request(act_as("owner")))
    checks = list(verify())
    assert [check.name for check in checks] == [name for name, _says, _select in ALL_CHECKS] + ["exports"]
    assert not [check for check in checks if check.broken]
    rows = {check.name: check.rows for check in checks}
    assert (rows["bin_running"], rows["bin_balances"], rows["lines"], rows["exports"]) == (4, 4, 3, 4)


@pytest.mark.parametrize("lie", LIES)
def test_finds_a_lie(stocked, lie):
    sql, table, found_by = LIES[lie]
    say(sql.format(table))
    assert broken() == found_by


def test_finds_an_entry_that_nobody_posted(stocked):
    say(added())
    assert broken() == {"bin_balances", "hub_balances", "movements"}


@pytest.mark.parametrize(
    ("values", "check"),
    [
        ({"bin": "bin_quantity + 2"}, "bin_running"),
        ({"hub": "hub_quantity + 2"}, "hub_running"),
        ({"hub_value": "hub_value + 5"}, "hub_running"),
        ({"lines": 2}, "lines"),
        ({"kind": "issue"}, "bins_of_hubs"),
        ({"kind": "transfer"}, "transfers"),
    ],
)
def test_finds_what_is_wrong_with_an_entry(stocked, values, check):
    say(added(**values))
    assert check in broken()


def test_finds_a_gap(stocked):
    positions.take(1)
    assert broken() == {"positions"}


def test_finds_a_nameless_item(master_data, act_as):
    post_three_deliveries(act_as("owner"), master_data)
    assert broken() == {"named"}


def test_finds_an_export_that_no_longer_derives(stocked, act_as):
    create_export.submit(act_as("owner"), export_request(act_as("owner")))
    say("DELETE FROM ledger_binbalance WHERE id = (SELECT min(id) FROM ledger_binbalance)")
    assert "exports" in broken()


def test_command_proves_and_keeps_it(stocked, events):
    out = io.StringIO()
    call_command("verify_ledger", tenant="acacia", stdout=out)
    connection.set_tenant(_acacia())
    run = VerificationRun.objects.get()
    assert run.is_proved
    assert run.position == positions.current()
    assert "4 compared" in out.getvalue()
    (event,) = events(action="ledger.verification.record")
    assert (event.outcome, event.actor_type, event.actor_ref) == ("allowed", "system", "verify_ledger")


def test_command_says_what_is_broken(stocked):
    say(LIES["a hub's value"][0].format("ledger_hubbalance"))
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("verify_ledger", tenant="acacia", stdout=out)
    assert error.value.returncode == 1
    assert "FAILED The balance of each hub" in out.getvalue()
    connection.set_tenant(_acacia())
    assert not VerificationRun.objects.get().is_proved


def test_page_shows_the_last_proof(stocked, client_as):
    assert "Not proved yet" in client_as("viewer").get("/ledger/health/").content.decode()
    say(LIES["a hub's value"][0].format("ledger_hubbalance"))
    call_command_quietly()
    page = client_as("viewer").get("/ledger/health/").content.decode()
    assert "Failed" in page
    assert client_as("counter").get("/ledger/health/").status_code == 403


def test_refuses_who_may_not_report(stocked, act_as, events):
    with pytest.raises(PermissionDenied):
        record_verification(act_as("receiver"), started_at=None, checks=[])
    assert events(action="ledger.verification.record")[0].outcome == "refused"
    assert not VerificationRun.objects.exists()


def call_command_quietly() -> None:
    with pytest.raises(CommandError):
        call_command("verify_ledger", tenant="acacia", stdout=io.StringIO())
    connection.set_tenant(_acacia())


def _acacia():
    return Tenant.objects.get(slug="acacia")


# Changes past the application, the checks that find them, and the examples that they name.
FORGED = {
    "a role": ("UPDATE accounts_user SET role = 'owner' WHERE name = 'Ada'", "rights", "person u-"),
    "activity": (
        "UPDATE accounts_user SET is_active = NOT is_active WHERE name = 'Ada'",
        "rights",
        "person u-",
    ),
    "a plan": ("UPDATE public.plans_tenant SET plan = 'free' WHERE slug = 'acacia'", "plan", "plan free"),
    "a SKU": (
        "UPDATE inventory_item SET sku = 'NUT-9', sku_key = 'nut-9' WHERE sku = 'NUT-8'",
        "codes",
        "item NUT-9",
    ),
    "an imported SKU": (
        "UPDATE inventory_item SET sku = 'X', sku_key = 'x' WHERE sku = 'IMPORTED'",
        "codes",
        "imported item: IMPORTED",
    ),
    "a hub": ("UPDATE inventory_hub SET code = 'W', code_key = 'w' WHERE code = 'WEST'", "codes", "hub W"),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_the_trail_says_otherwise_is_found(acacia: Tenant, act_as: Any, what: str) -> None:
    owner = act_as("owner")
    ada = create_user(
        owner, email="ada@example.com", name="Ada", role="viewer", password="a long enough secret"
    )
    deactivate_user(act_as("owner"), person=ada)
    category = create_category(act_as("owner"), code="C", name="C")
    create_hub(act_as("owner"), code="WEST", name="West")
    create_item(act_as("owner"), sku="NUT-8", name="Nut", category=category, unit="EA", decimals=0)
    file = b"sku,name,category_code,unit,standard_cost,reorder_point\nIMPORTED,Imported,C,EA,1,\n"
    import_items(act_as("owner"), content=file)
    planned = act_as("owner")
    record(
        planned,
        Outcome(
            action="plans.change_plan",
            outcome="allowed",
            ladder=[],
            record=Record(
                [Change("plans.tenant", str(acacia.pk), "acacia", {"plan": "free"}, {"plan": "pro"})]
            ),
        ),
    )
    assert broken() == set()
    statement, check, example = FORGED[what]
    say(statement)
    found = {one.name: one.example for one in verify() if one.broken}
    assert example in found.get(check, ""), found


def test_a_document_without_its_event_is_found(stocked: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute(
            "DELETE FROM audit_event WHERE last_position = (SELECT max(position) FROM ledger_posting)"
        )
    assert "events_of_documents" in broken()


def test_an_example_names_what_people_know(stocked: Any) -> None:
    say("UPDATE ledger_binbalance SET quantity = quantity + 1")
    say("UPDATE ledger_hubbalance SET value = value + 1")
    examples = {check.name: check.example for check in verify() if check.broken}
    skus, places = (
        set(Item.objects.values_list("sku", flat=True)),
        {place.address for place in Bin.objects.all()},
    )
    item, _, place = examples["bin_balances"].removeprefix("item ").partition(" in bin ")
    assert (item in skus, place in places) == (True, True), examples
    item, _, hub = examples["hub_balances"].removeprefix("item ").partition(" at hub ")
    assert (item in skus, hub in {place.hub.code for place in Bin.objects.all()}) == (True, True), examples
    assert named("item 999999 in bin 7777777") == "item of row 999999 in bin of row 7777777"
