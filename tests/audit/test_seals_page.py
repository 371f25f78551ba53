"""The page of seals: how far everything is sealed, receipts, comparing one, and asking for a check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django_tenants.utils import schema_context

from asora.kernel.refusals import PermissionDenied
from audit.events.models import Event
from audit.seals import nightly, sealer
from audit.seals.actions import compare_receipt, subscribe
from audit.seals.comparing import Verdict
from audit.seals.models import ReceiptSubscription, SealCheck, SealReceipt
from tests.audit.test_sealing import past_the_triggers, restore_to, seals, vendors

PAGE = "/audit/seals/"


@pytest.fixture
def sealed(acacia: Any, act_as: Callable[..., Any]) -> Any:
    vendors(act_as("manager"), "V1", "V2")
    sealer.seal_schema()
    vendors(act_as("manager"), "V3")
    sealer.seal_schema()
    return acacia


def test_shows_how_far_everything_is_sealed(
    sealed: Any, act_as: Callable[..., Any], client_as: Callable[..., Any]
) -> None:
    vendors(act_as("manager"), "V4")
    text = client_as("owner").get(PAGE).content.decode()
    assert "Seal 2" in text
    assert "1 waiting" in text
    assert seals()[-1].vkey in text
    assert "/audit/seals/receipts/audit/2/" in text


def test_an_empty_trail_is_not_sealed_yet(acacia: Any, client_as: Callable[..., Any]) -> None:
    text = client_as("owner").get(PAGE).content.decode()
    assert "Not sealed yet" in text
    assert "No seals yet" in text


@pytest.mark.parametrize("role", ["receiver", "counter", "viewer"])
def test_refuses_people_who_may_not_read_the_trail(
    sealed: Any, client_as: Callable[..., Any], role: str
) -> None:
    for path in (PAGE, "/audit/seals/receipts/", "/audit/seals/receipts/audit/1/"):
        assert client_as(role).get(path).status_code == 403
    for path in ("/audit/seals/check/", "/audit/seals/receipts/mail/"):
        assert client_as(role).post(path, {"wanted": "yes"}).status_code == 403
    assert not ReceiptSubscription.objects.exists()


def test_a_receipt_is_the_signed_note_and_leaves_an_event(
    sealed: Any, client_as: Callable[..., Any], events: Callable[..., list[Event]]
) -> None:
    response = client_as("owner").get("/audit/seals/receipts/audit/1/")
    assert response.content.decode() == seals()[0].note
    assert 'filename="acacia-audit-seal-1.txt"' in response["Content-Disposition"]
    [event] = events(action="audit.receipts.download")
    assert (event.resource_type, event.facts["seal"]) == ("", 1) or event.facts["seal"] == 1


@pytest.mark.parametrize("path", ["audit/99", "ledger/99", "nothing/1"])
def test_a_seal_that_does_not_exist_has_no_receipt(
    sealed: Any, client_as: Callable[..., Any], path: str
) -> None:
    assert client_as("owner").get(f"/audit/seals/receipts/{path}/").status_code == 404


def test_says_what_stops_the_sealing(
    sealed: Any, act_as: Callable[..., Any], client_as: Callable[..., Any]
) -> None:
    vendors(act_as("manager"), "V4", "V5")
    head = Event.objects.order_by("-number").values_list("number", flat=True)[0]
    past_the_triggers(f"DELETE FROM audit_event WHERE number = {head - 1}", "audit_event")
    text = client_as("owner").get(PAGE).content.decode()
    assert "Sealing has stopped: Audit trail" in text
    assert f"number {head - 1} is missing" in text


def test_says_that_it_was_restored(
    sealed: Any, act_as: Callable[..., Any], client_as: Callable[..., Any]
) -> None:
    kept, lost = seals()
    restore_to(1)
    sealer.seal_schema()
    text = client_as("owner").get(PAGE).content.decode()
    assert "Restored from a backup: Audit trail" in text
    assert f"Numbers {kept.last + 1} to {lost.last}" in text


def test_without_a_key_it_says_that_nothing_is_sealed(
    acacia: Any, client_as: Callable[..., Any], settings: Any
) -> None:
    settings.ASORA_SEALING_KEYS = []
    assert "Nothing is sealed" in client_as("owner").get(PAGE).content.decode()


def verdict(client: Any, note: str) -> str:
    response = client.post("/audit/seals/receipts/", {"receipt": note})
    return response.content.decode()


def test_compares_a_receipt(sealed: Any, client_as: Callable[..., Any]) -> None:
    client = client_as("owner")
    first, last = seals()
    assert "The receipt agrees." in verdict(client, first.note)
    assert "The receipt agrees." in verdict(client, last.note.replace("\n", "\r\n"))
    restore_to(1)
    sealer.seal_schema()
    assert "A restore lost this seal." in verdict(client, last.note)
    assert "The receipt agrees." in verdict(client, first.note)


@pytest.mark.parametrize("text", ["", "nonsense", "{note}x", "x{note}"])
def test_a_text_that_is_no_receipt_is_refused_and_comes_back(
    sealed: Any, client_as: Callable[..., Any], text: str
) -> None:
    page = verdict(client_as("owner"), text.format(note=seals()[0].note))
    assert "Paste the text of a receipt." in page if not text else "not a receipt of a seal" in page


def test_a_receipt_of_the_neighbour_is_none_here(
    sealed: Any, birch: Any, act_as: Callable[..., Any], client_as: Callable[..., Any]
) -> None:
    with schema_context("public"):
        pass
    connection.set_tenant(birch)
    vendors(act_as("manager", tenant=birch), "V1")
    sealer.seal_schema()
    theirs = seals()[-1].note
    connection.set_tenant(sealed)
    assert "not a receipt of a seal of this tenant" in verdict(client_as("owner"), theirs)


def test_a_receipt_that_an_owner_kept_reveals_the_restore_of_everything(
    sealed: Any, act_as: Callable[..., Any], client_as: Callable[..., Any]
) -> None:
    """Public was restored too, so nothing in the database knows of the seal that was lost."""
    lost = seals()[-1].note
    restore_to(1)
    past_the_triggers("DELETE FROM public.audit_sealreceipt", "public.audit_sealreceipt")
    assert "The receipt is newer than the seals here." in verdict(client_as("owner"), lost)
    with schema_context("public"):
        assert SealReceipt.objects.filter(note=lost).exists()
    [done, _ledger] = sealer.seal_schema()
    assert len(done.restored) == 1


def test_a_receipt_that_contradicts_the_seals_is_said_to(sealed: Any, act_as: Callable[..., Any]) -> None:
    """The seals were made anew, with the same key, over other rows."""
    note = seals()[0].note
    for table in ("audit_seal", "audit_sealnodes", "audit_sealstream"):
        past_the_triggers(f"DELETE FROM {table}", table)
    past_the_triggers("DELETE FROM public.audit_sealreceipt", "public.audit_sealreceipt")
    past_the_triggers("UPDATE audit_event SET message = 'x' WHERE number = 1", "audit_event")
    sealer.seal_schema()
    assert compare_receipt(act_as("owner"), note=note).verdict == Verdict.CONTRADICTED


def test_asking_for_a_check_enqueues_it_once(
    sealed: Any, client_as: Callable[..., Any], events: Callable[..., list[Event]]
) -> None:
    for _ in range(2):
        assert client_as("owner").post("/audit/seals/check/").status_code == 302
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'schema' FROM public.procrastinate_jobs WHERE task_name = %s", [nightly.CHECK]
        )
        assert cursor.fetchall() == [("t_acacia",)]
    assert len(events(action="audit.seals.request_check")) == 2


def test_the_worker_checks_and_the_page_shows_what_it_found(
    sealed: Any, client_as: Callable[..., Any]
) -> None:
    nightly.CHECKS.run("t_acacia")
    connection.set_tenant(sealed)
    assert SealCheck.objects.get().is_intact
    past_the_triggers("UPDATE audit_event SET message = 'x' WHERE number = 1", "audit_event")
    nightly.CHECKS.run("t_acacia")
    connection.set_tenant(sealed)
    assert "Number 1 was changed." in client_as("owner").get(PAGE).content.decode()


def test_receipts_by_mail_are_asked_for_and_stopped(
    sealed: Any, act_as: Callable[..., Any], client_as: Callable[..., Any], events: Callable[..., list[Event]]
) -> None:
    client = client_as("owner")
    client.post("/audit/seals/receipts/mail/", {"wanted": "yes"})
    assert ReceiptSubscription.objects.get().person_ref == act_as("owner").actor.ref
    client.post("/audit/seals/receipts/mail/", {"wanted": "yes"})
    client.post("/audit/seals/receipts/mail/", {"wanted": "no"})
    assert not ReceiptSubscription.objects.exists()
    assert [event.outcome for event in events(action="audit.receipts.subscribe")] == [
        "allowed",
        "noop",
        "allowed",
    ]
    with pytest.raises(PermissionDenied):
        subscribe(act_as("viewer"), wanted=True)
