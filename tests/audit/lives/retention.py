"""Old payloads of integrations are released for deletion."""

from __future__ import annotations

from asora.kernel.act import new_act
from asora.kernel.actors import system
from asora.kernel.permissions import Permission
from integrations.outbox.actions import release_payloads
from tests.audit.verdicts.company import Company
from tests.factories.payloads import make_endpoint_row, queue_payloads

RETENTION = {"integrations.payload.release"}


def retention(company: Company) -> None:
    endpoint = make_endpoint_row("Old system", is_enabled=False)
    queue_payloads(endpoint, 2, days_ago=100)
    actor = system(company.tenant.schema_name, "payload_retention", Permission.INTEGRATIONS_MANAGE)
    release_payloads(new_act(company.tenant, actor), endpoint=endpoint, upto=2, days=90)
