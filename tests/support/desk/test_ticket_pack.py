"""The evidence pack of a ticket: its linked events and its story, without internal notes for somebody outside."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from audit.seals.proof.files import VERIFIER
from support.access.actions import request_access
from support.desk.story import story
from support.models import EvidencePack
from support.tickets import changes
from support.tickets.actions.working import flag_security
from support.tickets.models import Message, Ticket, TicketLink
from support.tickets.queries import security_refs
from tests.audit.proof_files import check
from tests.factories.desk import act_of_asora, open_for
from tests.factories.investigated import investigated
from tests.headers import JSON
from tests.support.evidence.scene import Scene, scene

QUESTION, NOTE = "Why can I not create an item?", "The viewer shares a password."


@pytest.fixture
def desk(public: Any, act_as: Any, client_as: Any) -> Scene:
    """Acacia, and an agent with an open access session there."""
    return scene(act_as, client_as)


@pytest.fixture
def ticket(desk: Scene) -> Ticket:
    """A ticket with a question, an internal note, and a linked refusal."""
    event = desk.refuse()
    desk.seal()
    made = open_for(desk.tenant, subject="Items", text=QUESTION)
    act = act_of_asora().recording()
    changes.add_message(act, changes.locked(act, made), kind="note", text=NOTE, is_internal=True)
    investigated(made, links=[desk.link(event)])
    return Ticket.objects.get(pk=made.pk)


def test_it_has_the_linked_event_and_the_thread(
    desk: Scene, ticket: Ticket, client_as: Any, tmp_path: Path
) -> None:
    client = client_as("agent")
    page = f"/support/tickets/{ticket.ref}/pack/"
    assert "inventory.item.create" in client.get(page).content.decode()
    assert page in client.get(f"/support/tickets/{ticket.ref}/").content.decode()
    client.post(page, {})
    pack = EvidencePack.objects.get()
    assert (pack.purpose, pack.is_external, pack.is_restricted) == (ticket.ref, False, False)
    content = bytes(pack.file.content)
    assert check(tmp_path / "elsewhere", content).status == 0
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        told = book.read("ticket.md").decode()
    assert QUESTION in told
    assert NOTE in told
    assert f"# {ticket.ref}: Items" in told
    assert "3. Locate the audit event" in told


def test_somebody_outside_gets_no_internal_note(
    desk: Scene, ticket: Ticket, client_as: Any, tmp_path: Path
) -> None:
    page = client_as("agent").post(f"/support/tickets/{ticket.ref}/pack/", {"recipient": "An auditor"})
    assert "Save this passphrase" in page.content.decode()
    passphrase = page.context["passphrase"]
    (tmp_path / "verify.py").write_bytes(VERIFIER.read_bytes())
    (tmp_path / "pack.asora").write_bytes(bytes(EvidencePack.objects.get().file.content))
    done = subprocess.run(
        [sys.executable, "-I", "verify.py", "open", "pack.asora"],
        cwd=tmp_path, env={}, input=f"{passphrase}\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(tmp_path / "pack.zip") as book:
        told = book.read("ticket.md").decode()
    assert QUESTION in told
    assert NOTE not in told


def test_the_story_has_no_password_that_an_earlier_message_names(ticket: Ticket) -> None:
    Message.objects.create(
        ticket=ticket, kind="answer", author_type="customer", author="t:u-a", text="password: hunter2", length=17,
        revision=ticket.revision, request_id="acacia-1", is_internal=False,
    )  # fmt: skip
    for audience in ("inside", "outside"):
        told = story(ticket, audience=audience).text
        assert "password: [redacted]" in told
        assert "hunter2" not in told


def test_refuses_before_the_audit_event_is_located(desk: Scene, client_as: Any) -> None:
    made = open_for(desk.tenant, subject="Items", text=QUESTION)
    answer = client_as("agent").post(f"/support/tickets/{made.ref}/pack/", headers=JSON)
    assert (answer.status_code, answer.json()["reason"]) == (409, "STEP_MISSING")
    assert not EvidencePack.objects.exists()


def test_marking_a_ticket_as_a_security_matter_hides_its_earlier_packs(
    desk: Scene, ticket: Ticket, client_as: Any, act_as: Any
) -> None:
    agent = client_as("agent")
    agent.post(f"/support/tickets/{ticket.ref}/pack/", {})
    pack = EvidencePack.objects.get()
    page = f"/support/evidence/packs/{pack.pk}/"
    assert agent.get(page).status_code == 200
    other = open_for(desk.tenant, subject="Same")
    flag_security(act_as("agent"), ticket=ticket, reason="A stranger's session")
    assert agent.get(page).status_code == 404
    assert agent.post(f"{page}download/").status_code == 404
    assert "T-0" not in str(agent.get("/support/evidence/").context["page"].rows)
    assert client_as("support_lead").get(page).status_code == 200
    link = {"kind": TicketLink.Kind.DUPLICATE, "made_by": "x", "removed_at": timezone.now()}
    TicketLink.objects.create(ticket=ticket, other=other, **link)
    assert security_refs() == {ticket.ref, other.ref}


def test_the_pack_of_a_security_ticket_is_restricted(
    desk: Scene, ticket: Ticket, client_as: Any, act_as: Any
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(is_security=True)
    assert client_as("agent").post(f"/support/tickets/{ticket.ref}/pack/").status_code == 404
    lead = act_as("support_lead")
    request_access(lead, tenant=desk.tenant, ticket=ticket.ref, minutes=30)
    assert client_as("support_lead").post(f"/support/tickets/{ticket.ref}/pack/").status_code == 302
    assert EvidencePack.objects.get().is_restricted
    assert "T-0" not in str(client_as("agent").get("/support/evidence/").context["page"].rows)
