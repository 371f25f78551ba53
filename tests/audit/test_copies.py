"""Actions of operators on a tenant are also in the tenant's own trail: once, in order, and in no other tenant's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django_tenants.utils import tenant_context

from asora.kernel import binding
from asora.kernel.act import Act, new_act
from asora.kernel.actors import system
from asora.kernel.refusals import Refusal
from audit.events import mirroring, trail
from audit.events.models import Event
from plans import onboarding
from plans.actions.freezes import end_freeze, explain_freeze, start_freeze
from plans.actions.plan_changes import change_plan
from plans.actions.tenants import create_tenant
from plans.models import Domain, FreezeToggle, Tenant
from tests.factories import people, tenants
from tests.kernel.example_action import door


class Killed(BaseException):
    """Simulates a process that ends here: nothing catches it."""


def lead(role: str = "platform_lead") -> Act:
    """A person on the public host."""
    with tenant_context(tenants.public()):
        return people.act_of(people.person(role, tenants.public()), tenants.public())


def freeze(tenant: Tenant, act: Act | None = None) -> Act:
    """As an operator's request does it; returns the act."""
    act = act or lead()
    with tenant_context(tenants.public()):
        start_freeze(act, tenant=tenant, reason="Figures differ")
    return act


def own(tenant: Tenant) -> list[Event]:
    """The events of operators in the tenant's own trail, in order."""
    with tenant_context(tenant):
        return list(Event.objects.filter(resource_type="plans.tenant").order_by("occurred_at", "id"))


def public(tenant: Tenant, **lookup: Any) -> list[Event]:
    """The events about the tenant in the platform's trail."""
    with tenant_context(tenants.public()):
        rows = Event.objects.filter(resource_type="plans.tenant", resource_id=str(tenant.pk), **lookup)
        return list(rows.order_by("occurred_at", "id"))


@pytest.fixture
def swept(committed_tenant: Callable[..., Tenant]) -> Tenant:
    """A tenant whose trail has the events of its creation."""
    tenant = committed_tenant()
    trail.sweep()
    assert [event.action for event in own(tenant)] == ["plans.tenant.create", "plans.tenant.open"]
    return tenant


def test_what_was_done_to_a_tenant_is_told_there(swept):
    act = freeze(swept)
    copy = own(swept)[-1]
    [reported] = public(swept, action="plans.freeze.start")
    for name in (
        "action",
        "outcome",
        "actor_type",
        "actor_ref",
        "request_id",
        "route",
        "decision",
        "changes",
    ):
        assert getattr(copy, name) == getattr(reported, name), name
    assert (copy.actor_type, copy.actor_ref, copy.request_id) == ("operator", act.actor.ref, act.request_id)
    assert copy.cause_id == str(reported.id)
    assert copy.facts == reported.facts | {"occurred_at": reported.occurred_at.isoformat()}
    assert copy.xid8 > reported.xid8, "written after it, in a transaction of its own"


def test_a_plan_and_the_end_of_a_freeze_are_told_too_in_their_order(swept):
    freeze(swept)
    with tenant_context(tenants.public()):
        explain_freeze(lead("ops_lead"), tenant=swept, root_cause="A wrong file")
        [number] = FreezeToggle.objects.filter(tenant=swept, kind="root_cause").values_list("pk", flat=True)
        end_freeze(lead(), tenant=swept, shown=number)
        change_plan(lead(), tenant=swept, from_plan="pro", to_plan="enterprise", reason="They grow")
    assert [event.action for event in own(swept)] == [
        "plans.tenant.create",
        "plans.tenant.open",
        "plans.freeze.start",
        "plans.freeze.explain",
        "plans.freeze.end",
        "plans.plan.change",
    ]


def test_a_tenant_that_cannot_be_reached_is_told_when_it_is_opened(django_db_setup, django_db_blocker):
    values = {"name": "Late", "plan": "free", "role_model": "standard"}
    with django_db_blocker.unblock():
        act = new_act(tenants.public(), system("public", "tests", "plans.onboard_tenant"), route="tests")
        tenant = create_tenant(act, slug="late-tenant", **values)
        try:
            trail.sweep()
            assert len(public(tenant)) == 1
            onboarding.onboard(act, slug="late-tenant", **values)
            assert [event.action for event in own(tenant)] == ["plans.tenant.create", "plans.tenant.open"]
            assert [event.id for event in own(tenant)] == [event.id for event in public(tenant)]
        finally:
            tenants.remove_tenant(tenant)


def test_the_neighbour_and_the_callers_binding_know_nothing_of_it(swept, committed_tenant):
    neighbour = committed_tenant()
    trail.sweep()
    before = len(own(neighbour))
    connection.set_tenant(neighbour)
    freeze(swept)
    assert binding.tenant() == neighbour
    assert len(own(neighbour)) == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        assert cursor.fetchone() == (neighbour.schema_name,)


def test_what_was_refused_to_an_operator_stays_with_the_platform(swept):
    freeze(swept)
    before = len(own(swept))
    with pytest.raises(Refusal):
        freeze(swept)
    with pytest.raises(Refusal):
        freeze(swept, lead("operator"))
    assert len(public(swept, outcome="refused")) == 2
    trail.sweep()
    assert len(own(swept)) == before


def test_a_reader_in_the_tenant_does_not_copy(swept, monkeypatch):
    """Actions of the tenant's own people are recorded only in the tenant's trail."""
    monkeypatch.setattr(trail, "copy_missing", lambda tenant: pytest.fail("nothing of the platform's"))
    connection.set_tenant(swept)
    door()(people.act_of(people.person("manager", swept), swept), code="V1")


@pytest.mark.parametrize("crash", [OperationalError("gone"), RuntimeError("broken")])
def test_a_failing_copy_does_not_undo_the_act_and_the_next_one_brings_it(swept, monkeypatch, crash):
    def fail(event: Event) -> Event:
        raise crash

    with monkeypatch.context() as broken:
        broken.setattr(mirroring, "copy_of", fail)
        freeze(swept)
    assert binding.schema_name() == swept.schema_name
    assert [event.action for event in own(swept)][2:] == []
    with tenant_context(tenants.public()):
        explain_freeze(lead("ops_lead"), tenant=swept, root_cause="A wrong file")
    assert [event.action for event in own(swept)][2:] == ["plans.freeze.start", "plans.freeze.explain"]


@pytest.mark.parametrize("command", ["sweep_events", "prepare"])
def test_a_crash_in_between_is_swept_once(swept, monkeypatch, capsys, command):
    def die(tenant: Tenant) -> int:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(trail, "copy_missing", die)
        with pytest.raises(Killed):
            freeze(swept)
    connection.set_schema_to_public()
    assert [event.action for event in own(swept)][2:] == []
    call_command(command)
    assert command == "prepare" or f"{swept.slug}: events copied: 1" in capsys.readouterr().out
    assert [event.action for event in own(swept)][2:] == ["plans.freeze.start"]
    call_command("sweep_events")
    assert swept.slug not in capsys.readouterr().out
    assert len(own(swept)) == 3


def test_a_crash_in_the_middle_of_copying_leaves_all_or_nothing(swept, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(mirroring, "tenant_id_of", lambda event: None)
        freeze(swept)
        with tenant_context(tenants.public()):
            explain_freeze(lead("ops_lead"), tenant=swept, root_cause="A wrong file")
    made = iter([mirroring.copy_of])

    def die_at_the_second(event: Event) -> Event:
        return next(made, _die)(event)

    with monkeypatch.context() as broken:
        broken.setattr(mirroring, "copy_of", die_at_the_second)
        with pytest.raises(Killed):
            trail.copy_missing(swept)
    assert len(own(swept)) == 2
    assert trail.copy_missing(swept) == 2


def _die(event: Event) -> Event:
    raise Killed


def test_eight_sweeps_at_once_copy_each_event_once_and_in_order(swept, threads, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(mirroring, "tenant_id_of", lambda event: None)
        for _ in range(5):
            freeze(swept)
            with tenant_context(tenants.public()):
                explain_freeze(lead("ops_lead"), tenant=swept, root_cause="A wrong file")
                written = FreezeToggle.objects.filter(tenant=swept, kind="root_cause").latest("pk")
                end_freeze(lead(), tenant=swept, shown=written.pk)
    copied = threads(8, lambda _: trail.sweep().get(swept.slug, 0))
    assert sorted(copied) == [0] * 7 + [15], copied
    assert [event.id for event in own(swept)] == [event.id for event in public(swept, outcome="allowed")]


def test_the_half_made_schema_of_a_closed_tenant_is_not_written_into(swept):
    """If its tables are missing, their names without a schema would mean those of public."""
    connection.set_schema_to_public()
    Domain.objects.filter(tenant=swept).delete()
    freeze(swept)
    assert swept.slug not in trail.sweep()
    assert len(own(swept)) == 2
