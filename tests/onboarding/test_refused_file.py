"""A file that the tenant refuses: both trails record it, under one request id, and nothing is imported."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context

from asora.kernel.refusals import PermissionDenied, Reason, Refusal, StateConflict, ValidationFailed
from asora.onboarding import rules
from asora.onboarding.actions import seeding
from asora.onboarding.workflow import tenant_steps
from audit.events.models import Event
from inventory.models import Bin
from plans.models import Onboarding, Tenant
from tests.factories import onboardings
from tests.factories.people import add_person
from tests.kernel.example_action import freeze

BAD = b"hub_code,code\nNORTH,A-1\nNOWHERE,A-2\n"


@pytest.fixture
def seeded(act: Any, in_acacia: Onboarding) -> Onboarding:
    """Done up to the hubs."""
    for step in rules.SEEDED[:2]:
        onboardings.take(act, in_acacia, step)
    return in_acacia


def recorded(act: Any, **lookup: Any) -> list[tuple[str, str, str]]:
    """The events of one request in the bound trail: action, outcome, reason."""
    rows = Event.objects.filter(**lookup).order_by("number")
    return [(row.action, row.outcome, row.reason) for row in rows]


def seed(act: Any, onboarding: Onboarding, content: bytes = BAD) -> Any:
    return tenant_steps.seed(act, onboarding, "bins", onboardings.seed_form(onboarding, "bins", content))


def test_is_refused_in_both_trails(act_as, public, seeded):
    act = act_as("operator", tenant=public)
    with pytest.raises(ValidationFailed) as caught:
        seed(act, seeded)
    assert caught.value.reason is Reason.UNKNOWN_PARENT
    assert set(caught.value.details["lines"]) == {"3"}, "the operator sees the line number"

    assert recorded(act, request_id=act.request_id) == [
        ("plans.onboarding.seed", "refused", "UNKNOWN_PARENT")
    ]
    event = Event.objects.get(request_id=act.request_id)
    assert (event.facts["step"], len(event.facts["sha256"])) == ("bins", 64)
    assert event.resource_id == str(seeded.pk)
    assert "NOWHERE" not in str(event.__dict__), "the content of a file is for the tenant's trail only"
    with tenant_context(seeded.tenant):
        assert recorded(act, cause_id=act.request_id) == [
            ("inventory.bin.import", "refused", "UNKNOWN_PARENT")
        ]
        assert not Bin.objects.exists()


def test_a_checked_one_too(act_as, public, seeded):
    act = act_as("operator", tenant=public)
    with pytest.raises(ValidationFailed):
        tenant_steps.check_seed(act, seeded, "bins", onboardings.seed_form(seeded, "bins", BAD))
    assert recorded(act, request_id=act.request_id) == [
        ("plans.onboarding.seed", "refused", "UNKNOWN_PARENT")
    ]
    assert Event.objects.get(request_id=act.request_id).facts["rehearsal"] is True


def test_a_good_check_leaves_no_event_and_a_good_file_is_allowed_in_both(act_as, public, seeded):
    act = act_as("operator", tenant=public)
    form = onboardings.seed_form(seeded, "bins")
    assert tenant_steps.check_seed(act, seeded, "bins", form).created == 2
    assert recorded(act, request_id=act.request_id) == []
    assert seed(act, seeded, onboardings.FILES["bins"]).created == 2
    assert recorded(act, request_id=act.request_id) == [("plans.onboarding.seed", "allowed", "")]
    with tenant_context(seeded.tenant):
        assert recorded(act, cause_id=act.request_id, action__startswith="inventory") == [
            ("inventory.bin.import", "allowed", "")
        ]


def test_what_the_tenants_plan_or_a_freeze_refuses_is_refused_too(act_as, public, seeded):
    act = act_as("operator", tenant=public)
    freeze(seeded.tenant)
    with pytest.raises(StateConflict):
        seed(act, seeded, onboardings.FILES["bins"])
    assert recorded(act, request_id=act.request_id) == [("plans.onboarding.seed", "refused", "FREEZE_ACTIVE")]


def test_a_change_between_the_two_is_recorded_after_it(act_as, public, seeded, monkeypatch):
    """The tenant is frozen after the file was accepted: the last event of the public trail is the refusal."""
    act = act_as("operator", tenant=public)
    in_tenant = tenant_steps.in_tenant
    calls = []

    def frozen_by_then(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            freeze(seeded.tenant)
        return in_tenant(*args)

    for module in (seeding, tenant_steps):
        monkeypatch.setattr(module, "in_tenant", frozen_by_then)
    with pytest.raises(StateConflict):
        seed(act, seeded, onboardings.FILES["bins"])
    assert recorded(act, request_id=act.request_id) == [
        ("plans.onboarding.seed", "allowed", ""),
        ("plans.onboarding.seed", "refused", "FREEZE_ACTIVE"),
    ]


def test_another_operator_does_not_see_the_tenants_errors(act_as, public, seeded):
    other = act_as(user=add_person("operator", name="limited", all_hubs=False), tenant=public)
    with pytest.raises(PermissionDenied) as caught:
        seed(other, seeded)
    assert caught.value.reason is Reason.TENANT_NOT_GRANTED
    with tenant_context(seeded.tenant):
        assert recorded(other, cause_id=other.request_id) == []


def test_a_confirmation_needs_a_note(act, draft):
    from asora.onboarding.actions.drafts import confirm
    from asora.onboarding.forms import ConfirmForm

    for note in ("", "   "):
        with pytest.raises(Refusal) as by_form:
            confirm.submit(act, ConfirmForm({"kind": "identity", "note": note}, onboarding=draft))
        with pytest.raises(Refusal) as by_call:
            confirm(act, onboarding=draft, kind="identity", note=note)
        for caught in (by_form, by_call):
            assert caught.value.details["fields"]["note"][0]["message"] == "Write down how you know."
    assert not draft.confirmations.exists()


def test_the_database_asks_for_the_note_too(act, draft):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="plans_onboardingconfirmation_note"), transaction.atomic():
        draft.confirmations.create(kind="identity", confirmed_by="u-tests")


@pytest.mark.parametrize(
    "command",
    [("add_tenant", "sidedoor", "--name", "Side Door"), ("load_dataset", ".", "--tenant", "sidedoor")],
)
def test_no_command_makes_a_tenant_beside_the_checklist(public, settings, command):
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match="onboard FILE") as caught:
        call_command(*command)
    assert caught.value.returncode == 2
    assert not Tenant.objects.filter(slug="sidedoor").exists()
