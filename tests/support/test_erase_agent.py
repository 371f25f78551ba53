"""An agent who is erased: the reasons they wrote are emptied, and the tenant sees that there was one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django_tenants.utils import tenant_context

from asora.accounts.people.actions.erasing import erase_person
from audit.events import trail
from plans.models import Tenant
from support.access.actions import end_access, request_access
from support.models import AccessSession
from tests.factories import people


@pytest.mark.parametrize("is_ended", [False, True])
def test_the_reasons_of_an_erased_agent_are_emptied(
    public: Tenant, act_as: Any, client_as: Any, is_ended: bool
) -> None:
    acacia = Tenant.objects.get(slug="acacia")
    session = request_access(act_as("agent"), tenant=acacia, reason="Zebulon called", minutes=30)
    if is_ended:
        end_access(act_as("agent"), session=session)
    trail.sweep()
    page = f"/audit/support-access/{session.pk}/"
    with tenant_context(acacia):
        assert "Zebulon called" in client_as("owner").get(page).content.decode()

    erase_person(act_as("platform_lead"), person=people.person("agent", public))

    row = AccessSession.objects.get(pk=session.pk)
    assert (row.reason, row.reason_length) == ("", len("Zebulon called"))
    with tenant_context(acacia):
        shown = client_as("owner").get(page).content.decode()
    assert "Zebulon" not in shown
    assert "The reason was erased." in shown


@pytest.mark.parametrize(
    "values", [{"reason": "another"}, {"reason": "", "reason_length": 0}, {"reason_length": 3}]
)
def test_the_database_lets_a_reason_only_be_emptied(
    public: Tenant, act_as: Any, values: dict[str, Any]
) -> None:
    acacia = Tenant.objects.get(slug="acacia")
    session = request_access(act_as("agent"), tenant=acacia, reason="Because", minutes=30)
    rows = AccessSession.objects.filter(pk=session.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**values)
    assert rows.update(reason="") == 1
