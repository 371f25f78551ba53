"""Would a refused request be allowed now? Asked on the pages of the trail, answered from the event alone."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.kernel.refusals import Refusal
from audit.events.models import Event
from audit.explorer.rehearsals.looks import look, request_of
from audit.explorer.rehearsals.now import would_be_allowed
from inventory.actions.bins import archive_bin, restore_bin
from inventory.actions.vendors import create_vendor
from tests.audit.test_verdict_changes import (  # noqa: F401 (a fixture)
    CHANGES,
    UNTRIED,
    company,
    outcome_of,
)
from tests.factories import documents, tenants
from tests.factories.people import add_person


def refused(attempt: Any) -> Event:
    with pytest.raises(Refusal):
        attempt()
    return Event.objects.filter(outcome="refused").latest("number")


def ask(client: Any, event: Event, *, status: int = 200) -> str:
    answer = client.post("/audit/now/", {"event": str(event.pk)}, headers={"HX-Request": "true"})
    assert answer.status_code == status
    return answer.content.decode()


@pytest.fixture
def refused_issue(acacia, act_as, master_data):
    act = act_as("receiver")
    documents.receive(act, master_data, ("BOLT", "NORTH/A-2", "1", "2"))
    return refused(
        lambda: documents.post_movement(act, master_data, documents.Kind.ISSUE, ("BOLT", "NORTH/A-1", "3"))
    )


def test_says_no_and_then_yes(refused_issue, act_as, master_data, client_as):
    client = client_as("owner")
    answer = ask(client, refused_issue)
    read = Event.objects.latest("number")
    assert (read.action, read.resource_id) == ("audit.event.read", str(refused_issue.pk))
    assert 'data-answer="refused"' in answer
    assert "INSUFFICIENT_STOCK" in answer
    documents.receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "3", "2"))
    before = Event.objects.count()
    assert 'data-answer="allowed"' in ask(client, refused_issue)
    assert Event.objects.count() == before


def test_follows_archived_records_and_roles(acacia, act_as, master_data, client_as):
    place = master_data.bins["NORTH/A-1"]
    archive_bin(act_as("manager"), bin=place)
    event = refused(
        lambda: documents.receive(act_as("receiver"), master_data, ("BOLT", "NORTH/A-1", "3", "2"))
    )
    assert "BIN_ARCHIVED" in ask(client_as("owner"), event)
    restore_bin(act_as("manager"), bin=place)
    assert 'data-answer="allowed"' in ask(client_as("owner"), event)
    user = act_as("receiver").actor.account
    user.is_active = False
    user.save(update_fields=["is_active"])
    assert "NO_SESSION" in ask(client_as("owner"), event)


def test_is_answered_on_a_page_without_scripts(refused_issue, client_as):
    answer = client_as("owner").post("/audit/now/", {"event": str(refused_issue.pk)})
    assert answer.status_code == 200
    assert "<h1>Would it be allowed now?</h1>" in answer.content.decode()


def test_refuses_the_viewer_and_other_tenants(refused_issue, client_as, birch):
    ask(client_as("viewer"), refused_issue, status=403)
    ask(client_as("owner", tenant=birch), refused_issue, status=404)
    assert client_as("owner").post("/audit/now/", {"event": "nonsense"}).status_code == 404
    assert client_as("owner").get("/audit/now/").status_code == 404


def test_answers_nothing_about_hubs_of_others(refused_issue, client_as, acacia, master_data):
    south, north = (add_person("manager", name=name, all_hubs=False) for name in ("south", "north"))
    assign_perm("inventory.operate_hub", south, master_data.south)
    assign_perm("inventory.operate_hub", north, master_data.north)
    ask(client_as(user=south), refused_issue, status=404)
    assert "INSUFFICIENT_STOCK" in ask(client_as(user=north), refused_issue)


def test_names_no_stock_to_readers_who_may_not_see_it(refused_issue, act_as):
    from dataclasses import replace

    from audit.explorer.rehearsals.now import would_be_allowed

    agent = replace(
        act_as("owner").actor, account=None, granted=frozenset({"audit.view", "inventory.operate_hub"})
    )
    answer = would_be_allowed(agent, refused_issue.pk)
    assert answer.stop
    assert not answer.stop.messages
    assert "0 available" in str(would_be_allowed(act_as("owner").actor, refused_issue.pk))


def test_judges_what_it_can_of_a_request_without_values(acacia, act_as, client_as):
    from tests.kernel.example_action import VendorForm

    event = refused(lambda: create_vendor.submit(act_as("viewer"), VendorForm({"code": ""})))
    answer = ask(client_as("owner"), event)
    assert "ROLE_LACKS_PERMISSION" in answer
    assert "The form could not be read" in answer
    user = act_as("viewer").actor.account
    user.role = "manager"
    user.save(update_fields=["role"])
    assert 'data-answer="partly"' in ask(client_as("owner"), event)


def test_gives_up_when_the_tenant_is_busy(refused_issue, client_as, monkeypatch):
    from asora.kernel import looking

    monkeypatch.setattr(looking, "MAX_SECONDS", -1)
    assert 'data-answer="busy"' in ask(client_as("owner"), refused_issue)


@pytest.mark.parametrize("cause", CHANGES)
def test_every_cause_is_seen_as_it_was_recorded(company, cause):  # noqa: F811
    """Each known cause of a refusal gives the same reason when it is judged again at once."""
    attempt, _change = CHANGES[cause](company)
    if cause in UNTRIED:
        return  # refused only after the change
    event = outcome_of(attempt)
    if event.outcome != "refused":
        return  # refused only after the change
    home = company.tenant if Event.objects.filter(pk=event.pk).exists() else tenants.public()
    request = request_of(event)
    if request.left_out != "secret":
        with tenant_context(home):
            stop = look(request)
        assert stop
        assert stop.reason == event.reason


def test_a_file_is_judged_while_it_is_stored(acacia, act_as, master_data):
    from asora.files import staging
    from asora.files.models import Upload, upload_of
    from ledger.files.actions import import_receipts
    from ledger.files.forms import MovementUpload
    from ledger.models import Kind

    act = act_as("receiver")
    archive_bin(act_as("manager"), bin=master_data.bins["NORTH/A-1"])
    content = documents.receipts_csv("R-1,2026-03-02,ACME,BOLT,NORTH,A-1,1,1")
    staging.store(act, upload_of(kind="receipts", name="r.csv", content=content, actor_ref=act.actor.ref))
    event = refused(lambda: import_receipts.submit(act, MovementUpload(Kind.RECEIPT, content, name="r.csv")))
    stop = look(request_of(event))
    assert stop
    assert stop.reason == event.reason == "BIN_ARCHIVED"
    restore_bin(act_as("manager"), bin=master_data.bins["NORTH/A-1"])
    assert look(request_of(event)) is None
    Upload.objects.all().delete()
    assert would_be_allowed(act_as("owner").actor, event.pk).state == "unknown"
