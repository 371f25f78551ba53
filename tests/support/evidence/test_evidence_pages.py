"""The pages of packs and of references: what they show, and that nothing is shown without an open session."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from audit.events.models import Event
from support.access.actions import end_access
from support.evidence.packs.actions import make_pack
from support.models import EvidencePack
from tests.factories.people import add_person
from tests.headers import JSON
from tests.support.evidence.scene import Scene, scene
from tests.support.evidence.test_check import tampering
from tests.support.evidence.test_external_pack import RECIPIENT

LIST, NEW = "/support/evidence/", "/support/evidence/new/"


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def test_a_pack_is_made_listed_shown_and_downloaded(desk: Scene, client_as: Any) -> None:
    event = desk.refuse()
    desk.seal()
    client = client_as("agent")
    assert "No pack yet" in text_of(client.get(LIST))
    form = client.get(f"{NEW}?tenant=acacia&purpose=T-7&request={event.request_id}").content.decode()
    assert event.request_id in form
    sent = {"tenant": "acacia", "purpose": "T-7", "requests": f"\n{event.request_id}\n"}
    made = client.post(NEW, sent)
    pack = EvidencePack.objects.get()
    assert (made.status_code, made.headers["Location"]) == (302, f"{LIST}packs/{pack.pk}/")
    listed = text_of(client.get(LIST))
    assert "T-7" in listed
    assert "acacia_T-7_evidence.zip" in listed
    assert "Outside recipient" not in listed
    page = client.get(f"{LIST}packs/{pack.pk}/")
    assert pack.sha256 in page.content.decode()
    assert "events.jsonl" in text_of(page)
    assert "python3 verify.py acacia_T-7_evidence.zip" in text_of(page)
    file = client.post(f"{LIST}packs/{pack.pk}/download/")
    assert file.content == bytes(pack.file.content)
    assert file.headers["Content-Disposition"] == 'attachment; filename="acacia_T-7_evidence.zip"'
    assert file.headers["Cache-Control"] == "private, no-store"
    assert b"def verify(" in client.get(f"{LIST}verify.py").content


def test_the_passphrase_is_shown_once(desk: Scene, client_as: Any) -> None:
    event = desk.refuse()
    desk.seal()
    client = client_as("agent")
    sent = {"tenant": "acacia", "purpose": "T-7", "requests": event.request_id, "recipient": RECIPIENT}
    page = client.post(NEW, sent)
    assert page.status_code == 200
    [passphrase] = re.findall(r"(?:[a-z2-7]{4}-){6}[a-z2-7]{2}", text_of(page))
    assert "no-store" in page.headers["Cache-Control"]
    assert "verify.py open acacia_T-7_evidence.asora" in text_of(page)
    assert "Outside recipient" in text_of(client.get(LIST))
    pack = EvidencePack.objects.get()
    again = client.get(f"{LIST}packs/{pack.pk}/").content.decode()
    assert passphrase not in again
    assert RECIPIENT in again


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"requests": "a screenshot"}, "This is not a request id: a screenshot."),
        ({"purpose": "for Mrs Miller"}, "without spaces"),
        ({"since": "2026-11-02T10:00", "until": "2026-11-01T10:00"}, "Enter a moment after the first one."),
        ({"item": "NOTHING"}, "The ledger has no stock of this item"),
        ({"tenant": "birch"}, "You have no open access session for this tenant."),
    ],
)
def test_a_refused_form_comes_back_with_what_was_typed(
    desk: Scene, client_as: Any, sent: dict[str, str], says: str
) -> None:
    event = desk.refuse()
    desk.seal()
    values = {"tenant": "acacia", "purpose": "T-7", "requests": event.request_id, "item": ""} | sent
    page = client_as("agent").post(NEW, values)
    assert page.status_code in {400, 403}
    assert says in text_of(page)
    assert values["requests"] in page.content.decode()
    assert not EvidencePack.objects.exists()


def test_the_page_of_a_reference_derives_it_again(desk: Scene, client_as: Any) -> None:
    event = desk.refuse()
    link = desk.link(event)
    client = client_as("agent")
    page = f"{LIST}links/{link.pk}/"
    assert "is not sealed yet" in text_of(client.get(page))
    desk.seal()
    shown = text_of(client.get(page))
    assert "Proved by a seal" in shown
    assert "inventory.manage" in shown
    with tenant_context(desk.tenant):
        look = Event.objects.filter(action="support.access.look").latest("number")
        assert look.facts["page"] == "support:evidence-link"
        assert look.facts["address"] == f"/audit/requests/{event.request_id}/"
    with tampering(desk) as cursor:
        cursor.execute("UPDATE audit_event SET reason = 'X' WHERE id = %s", [event.pk])
    shown = text_of(client.get(page))
    assert "is not the one that was linked. Changed: reason" in shown
    assert "Proved by a seal" not in shown


def test_nothing_is_shown_without_a_session_or_for_another_tenant(
    desk: Scene, client_as: Any, act_as: Any
) -> None:
    event = desk.refuse()
    desk.seal()
    link = desk.link(event)
    pack = make_pack(desk.agent, tenant=desk.tenant, purpose="T-1", requests=[event.request_id]).pack
    stranger = client_as(user=add_person("agent", name="stranger", all_hubs=False))
    for address in (f"packs/{pack.pk}/", f"links/{link.pk}/", f"packs/{uuid4()}/", f"links/{uuid4()}/"):
        answer = stranger.get(LIST + address, headers=JSON)
        assert (answer.status_code, answer.json()["reason"]) == (404, "NO_SUCH_RECORD"), address
    assert "T-1" not in text_of(stranger.get(LIST))
    end_access(act_as("agent"), session=desk.session)
    client = client_as("agent")
    for answer in (
        client.get(f"{LIST}links/{link.pk}/", headers=JSON),
        client.post(f"{LIST}packs/{pack.pk}/download/", headers=JSON),
    ):
        assert (answer.status_code, answer.json()["reason"]) == (403, "ACCESS_NOT_OPEN")
    scene(act_as, client_as, "birch")  # a session of another tenant does not help
    assert client.get(f"{LIST}links/{link.pk}/", headers=JSON).status_code == 403
