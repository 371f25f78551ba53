"""Which request may be meant, when nobody knows its id: by exports, by dispatches of an integration, and by code."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from asora.kernel.refusals import PermissionDenied
from integrations.dispatch.models import Dispatch
from ledger.exports.actions import create_export
from support.evidence.candidates import Kind, Sought, candidates
from tests.factories.documents import receive
from tests.factories.master_data import make_master_data
from tests.integrations.rows import attempt_payload, make_endpoint, queue_payload
from tests.ledger.report_fixtures import export_request
from tests.support.evidence.scene import Scene


def found(desk: Scene, sought: Sought) -> list[str]:
    with desk.inside() as within:
        return [fact.request_id for fact in candidates(within, sought)]


def test_dispatches_of_an_integration_are_found_by_its_name(desk: Scene) -> None:
    with tenant_context(desk.tenant):
        endpoint, other = make_endpoint(), make_endpoint(name="Another")
        refused = desk.refuse()
        attempt_payload(queue_payload(endpoint), request_id=refused.request_id)
        dispatch = Dispatch.objects.get(request_id=refused.request_id)
    of_this = Sought(kinds=(Kind.DISPATCHES,), integration=endpoint.name.upper())
    assert found(desk, of_this) == [refused.request_id]
    assert found(desk, Sought(kinds=(Kind.DISPATCHES,), integration=other.name)) == []
    before = Sought(kinds=(Kind.DISPATCHES,), integration=endpoint.name, until=dispatch.started_at)
    assert found(desk, before) == []


def test_exports_are_found_refused_ones_first(desk: Scene, act_as: Any) -> None:
    with tenant_context(desk.tenant):
        data = make_master_data()
        receive(act_as("manager", tenant=desk.tenant), data, ("BOLT", "NORTH/A-1", "10", "1"))
        acts = {role: act_as(role, tenant=desk.tenant) for role in ("viewer", "manager")}
        with pytest.raises(PermissionDenied):
            create_export.submit(acts["viewer"], export_request(acts["viewer"]))
        create_export.submit(acts["manager"], export_request(acts["manager"]))
    ids = [acts["viewer"].request_id, acts["manager"].request_id]
    assert found(desk, Sought(kinds=(Kind.EXPORTS,))) == ids
    assert found(desk, Sought(kinds=(Kind.EXPORTS,), code="PERMISSION_DENIED")) == ids[:1]
    assert found(desk, Sought(kinds=(Kind.EXPORTS,), person=acts["manager"].actor.ref)) == ids[1:]
