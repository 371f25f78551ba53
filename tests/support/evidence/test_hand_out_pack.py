"""Who may take a pack, what its tenant sees of it, and when its file is deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django_tenants.utils import tenant_context

from asora.accounts.people.actions.erasing import erase_person
from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied, Reason, RouteNotFound, StateConflict
from audit.events import trail
from audit.events.models import Event
from plans.models import Tenant
from support.access.actions import end_access
from support.evidence.packs import queries, retention
from support.evidence.packs.actions import delete_file, download_pack, make_pack
from support.models import EvidencePack, EvidencePackFile
from tests.factories import people
from tests.support.evidence.scene import Scene


@pytest.fixture
def pack(desk: Scene) -> EvidencePack:
    """A pack of one refusal."""
    event = desk.refuse()
    desk.seal()
    return make_pack(desk.agent, tenant=desk.tenant, purpose="T-1", requests=[event.request_id]).pack


def test_the_file_is_handed_out_inside_a_session_and_both_trails_say_so(
    desk: Scene, pack: EvidencePack, act_as: Any, events: Any
) -> None:
    content = download_pack(act_as("agent"), pack=pack)
    assert content == bytes(pack.file.content)
    [event] = events(action="support.evidence.download")
    assert event.facts["sha256"] == pack.sha256
    trail.copy_missing(desk.tenant)
    with tenant_context(desk.tenant):
        assert Event.objects.filter(action="support.evidence.download").exists()
    end_access(act_as("agent"), session=desk.session)
    with pytest.raises(PermissionDenied) as caught:
        download_pack(act_as("agent"), pack=pack)
    assert caught.value.reason is Reason.ACCESS_NOT_OPEN


def test_refuses_everybody_who_does_not_work_for_the_tenant(
    desk: Scene, pack: EvidencePack, act_as: Any
) -> None:
    stranger = people.add_person("agent", name="stranger", all_hubs=False)
    with pytest.raises(PermissionDenied) as caught:
        download_pack(act_as(user=stranger), pack=pack)
    assert caught.value.reason is Reason.TENANT_NOT_GRANTED
    assert not queries.visible(act_as(user=stranger)).exists()
    assert queries.visible(act_as("agent")).get() == pack
    for role in ("operator", "platform_lead", "engineer"):
        with pytest.raises(PermissionDenied):
            download_pack(act_as(role), pack=pack)


def test_packs_of_security_tickets_are_for_people_who_handle_them(desk: Scene, act_as: Any) -> None:
    event = desk.refuse()
    desk.seal()
    values: dict[str, Any] = {"tenant": desk.tenant, "purpose": "T-1", "requests": [event.request_id]}
    pack = make_pack(desk.agent, **values, is_restricted=True).pack
    assert not queries.visible(act_as("agent")).exists()
    assert queries.visible(act_as("support_lead")).get() == pack


def test_a_file_that_was_changed_is_not_handed_out(desk: Scene, pack: EvidencePack, act_as: Any) -> None:
    EvidencePackFile.objects.filter(pack=pack).update(content=b"something else")
    with pytest.raises(StateConflict) as caught:
        download_pack(act_as("agent"), pack=pack)
    assert caught.value.reason is Reason.EVIDENCE_DIFFERS


def test_the_file_is_deleted_after_90_days_and_its_row_remains(
    desk: Scene, pack: EvidencePack, act_as: Any, events: Any
) -> None:
    assert pack.expires_at - pack.made_at == timedelta(days=90)
    assert retention.delete_due() == 0
    with time_machine.travel(pack.expires_at, tick=False):
        assert retention.delete_due() == 1
        assert retention.delete_due() == 0
    assert not EvidencePackFile.objects.exists()
    assert EvidencePack.objects.get().sha256 == pack.sha256
    [event] = events(action="support.evidence.delete")
    assert (event.facts["why"], event.actor_type) == ("expired", "system")
    trail.copy_missing(desk.tenant)
    with tenant_context(desk.tenant):
        assert Event.objects.filter(action="support.evidence.delete").exists()
    with pytest.raises(RouteNotFound) as caught:
        download_pack(act_as("agent"), pack=EvidencePack.objects.get())
    assert caught.value.reason is Reason.NO_SUCH_RECORD


def test_erasing_a_person_deletes_the_files_with_their_words(desk: Scene, act_as: Any, events: Any) -> None:
    event = desk.refuse()
    desk.seal()
    with tenant_context(desk.tenant):
        viewer = people.person("viewer", desk.tenant)
    values: dict[str, Any] = {"tenant": desk.tenant, "purpose": "T-1", "requests": [event.request_id]}
    with_words = make_pack(
        desk.agent, **values, story="Zebulon: why?", people=[f"{desk.tenant.schema_name}:{viewer.ref}"]
    ).pack
    without = make_pack(desk.agent, **values, people=[f"t_birch:{viewer.ref}"]).pack
    assert retention.delete_due() == 0
    with tenant_context(desk.tenant):
        erase_person(act_as("owner", tenant=desk.tenant), person=viewer)
    assert retention.delete_due() == 1
    assert [file.pack_id for file in EvidencePackFile.objects.all()] == [without.pk]
    [deleted] = events(action="support.evidence.delete")
    assert (deleted.facts["why"], deleted.resource_id) == ("erased", str(with_words.pk))


def test_only_asora_itself_deletes_a_file(
    desk: Scene, pack: EvidencePack, act_as: Any, public: Tenant
) -> None:
    for role in ("agent", "support_lead", "platform_lead"):
        with pytest.raises(PermissionDenied):
            delete_file(act_as(role), pack=pack, why="expired")
    own = new_act(public, system("public", "tests", Permission.SUPPORT_RECEIVE), route="tests")
    delete_file(own, pack=pack, why="expired")
    delete_file(own, pack=pack, why="expired")
    assert not EvidencePackFile.objects.exists()


@pytest.mark.parametrize(
    "statement", ["UPDATE support_evidencepack SET sha256 = ''", "DELETE FROM support_evidencepack"]
)
def test_the_database_refuses_to_change_what_a_pack_was(pack: EvidencePack, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
