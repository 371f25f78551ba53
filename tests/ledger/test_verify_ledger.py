"""The proof of the ledger: holds for what the product wrote, and finds every lie by the check that is about it."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from asora.kernel import positions
from asora.kernel.refusals import PermissionDenied
from ledger.actions.exports import create_export
from ledger.actions.verification import record_verification
from ledger.models import VerificationRun
from ledger.verification import CHECKS, verify
from plans.models import Tenant
from tests.ledger.books import fill, order

# What a lie does to the tables, and the checks that must find it. Entries can only be added, so lies about them are.
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
    """One more line of oil; what is not said is as it should be."""
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


def test_holds(books, act_as):
    create_export.submit(act_as("owner"), order(act_as("owner")))
    checks = list(verify())
    assert [check.name for check in checks] == [name for name, _says, _select in CHECKS] + ["exports"]
    assert not [check for check in checks if check.broken]
    rows = {check.name: check.rows for check in checks}
    assert (rows["bin_running"], rows["bin_balances"], rows["lines"], rows["exports"]) == (4, 4, 3, 4)


@pytest.mark.parametrize("lie", LIES)
def test_finds_a_lie(books, lie):
    sql, table, found_by = LIES[lie]
    say(sql.format(table))
    assert broken() == found_by


def test_finds_an_entry_that_nobody_posted(books):
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
def test_finds_what_is_wrong_with_an_entry(books, values, check):
    say(added(**values))
    assert check in broken()


def test_finds_a_gap(books):
    positions.take(1)
    assert broken() == {"positions"}


def test_finds_a_nameless_item(stage, act_as):
    fill(act_as("owner"), stage)
    assert broken() == {"named"}


def test_finds_an_export_that_no_longer_derives(books, act_as):
    create_export.submit(act_as("owner"), order(act_as("owner")))
    say("DELETE FROM ledger_binbalance WHERE id = (SELECT min(id) FROM ledger_binbalance)")
    assert "exports" in broken()


def test_command_proves_and_keeps_it(books, events):
    out = io.StringIO()
    call_command("verify_ledger", tenant="acacia", stdout=out)
    connection.set_tenant(_acacia())
    run = VerificationRun.objects.get()
    assert run.is_proved
    assert run.position == positions.current()
    assert "4 compared" in out.getvalue()
    (event,) = events(action="ledger.verification.record")
    assert (event.outcome, event.actor_type, event.actor_ref) == ("allowed", "system", "verify_ledger")


def test_command_says_what_is_broken(books):
    say(LIES["a hub's value"][0].format("ledger_hubbalance"))
    out = io.StringIO()
    with pytest.raises(CommandError) as error:
        call_command("verify_ledger", tenant="acacia", stdout=out)
    assert error.value.returncode == 1
    assert "BROKEN All entries of a hub" in out.getvalue()
    connection.set_tenant(_acacia())
    assert not VerificationRun.objects.get().is_proved


def test_page_shows_the_last_proof(books, client_as):
    assert "Not proved yet" in client_as("viewer").get("/ledger/health/").content.decode()
    say(LIES["a hub's value"][0].format("ledger_hubbalance"))
    call_command_quietly()
    page = client_as("viewer").get("/ledger/health/").content.decode()
    assert "Broken" in page
    assert client_as("counter").get("/ledger/health/").status_code == 403


def test_refuses_who_may_not_report(books, act_as, events):
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
