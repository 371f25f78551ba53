"""An agent makes a pack of evidence and takes it, and Asora deletes its file."""

from __future__ import annotations

import pytest
from django_tenants.utils import tenant_context

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from asora.kernel.refusals import PermissionDenied
from audit.events.models import Event
from audit.seals import sealer
from inventory.actions.hubs import create_hub
from support.access.actions import request_access
from support.evidence.packs.actions import delete_file, download_pack, make_pack
from tests.audit.verdicts.company import Company
from tests.factories import tenants

PACKS = {"support.evidence.pack", "support.evidence.download", "support.evidence.delete"}


def packs(company: Company) -> None:
    with pytest.raises(PermissionDenied):
        create_hub(company.act_as("viewer"), code="N-9", name="Nine")
    request = Event.objects.filter(outcome="refused").latest("number").request_id
    sealer.seal_schema()
    public, agent = tenants.public(), company.public("agent")
    with tenant_context(public):
        request_access(agent, tenant=company.tenant, ticket="T-1", minutes=30)
        made = make_pack(agent, tenant=company.tenant, purpose="T-1", requests=[request])
        download_pack(agent, pack=made.pack)
        own = new_act(
            public, system("public", "evidence_retention", Permission.SUPPORT_RECEIVE), route="tests"
        )
        delete_file(own, pack=made.pack, why="expired")
