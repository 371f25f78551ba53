"""References to records: what is kept, and that nothing of another tenant, agent or session can be linked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict
from plans.models import Tenant
from support.evidence.facts import EventFact
from support.evidence.linking import link
from support.models import EvidenceLink
from tests.factories.people import add_person
from tests.support.evidence.scene import Scene, scene


def test_a_reference_keeps_hash_seal_and_what_was_read(desk: Scene) -> None:
    event = desk.refuse()
    desk.seal()
    fact = desk.fact(event)
    made = link(desk.agent, desk.tenant, fact, desk.session)
    row = EvidenceLink.objects.get(pk=made.pk)
    assert (row.tenant, row.kind, row.record, row.number) == (
        desk.tenant,
        "event",
        str(event.pk),
        event.number,
    )
    assert (row.event_hash, row.request_id, row.occurred_at) == (
        fact.event_hash, event.request_id, event.occurred_at,
    )  # fmt: skip
    assert (row.code, row.reason, row.rule_id) == (event.code, event.reason, event.rule_id)
    assert fact.seal is not None
    assert row.seal_size == fact.seal.size
    assert (row.linked_by, row.access) == (desk.agent.actor.ref, desk.session.pk)
    assert EventFact.of_link(row) == fact


def test_refuses_what_was_not_read_in_this_session_of_this_tenant(
    desk: Scene, act_as: Any, client_as: Any
) -> None:
    fact = desk.fact(desk.refuse())
    other = scene(act_as, client_as, "birch")
    attempts = [
        (desk.tenant, fact, other.session),
        (other.tenant, fact, other.session),
        (desk.tenant, replace(fact, schema="t_birch"), desk.session),
        (desk.tenant, replace(fact, access=other.session.pk), desk.session),
    ]
    for tenant, wrong, session in attempts:
        with pytest.raises(StateConflict) as caught:
            link(desk.agent, tenant, wrong, session)
        assert caught.value.reason is Reason.OTHER_TENANT
        assert caught.value.details["missing"]
    stranger = add_person("agent", name="stranger", all_hubs=False)
    with pytest.raises(PermissionDenied) as denied:
        link(act_as(user=stranger), desk.tenant, fact, desk.session)
    assert denied.value.reason is Reason.TENANT_NOT_GRANTED
    colleague = add_person("agent", name="colleague")
    with pytest.raises(StateConflict):
        link(act_as(user=colleague), Tenant.objects.get(pk=desk.tenant.pk), fact, desk.session)
    assert not EvidenceLink.objects.exists()


def test_refuses_an_event_without_a_number(desk: Scene) -> None:
    fact = replace(desk.fact(desk.refuse()), number=None)
    with pytest.raises(StateConflict) as caught:
        link(desk.agent, desk.tenant, fact, desk.session)
    assert caught.value.reason is Reason.NOT_EVIDENCE


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE support_evidencelink SET event_hash = 'x'",
        "DELETE FROM support_evidencelink",
        "TRUNCATE support_evidencelink CASCADE",
    ],
)
def test_the_database_refuses_to_change_a_reference(desk: Scene, statement: str) -> None:
    desk.link(desk.refuse())
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
