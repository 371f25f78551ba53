"""`manage.py freeze`: the same steps in a person's name, the same refusals, and an exit status."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from plans.models import FreezeToggle, Tenant, TenantFreeze
from tests.factories.people import add_person, person

OPS, LEAD = "--as=ops_lead@example.com", "--as=platform_lead@example.com"


@pytest.fixture
def tenant(public: Tenant, at_terminal: Any) -> Tenant:
    """Acacia, with people at a terminal who all have an authenticator app."""
    for role in ("operator", "ops_lead", "platform_lead"):
        at_terminal.has_app(person(role, public))
    return Tenant.objects.get(slug="acacia")


def number() -> int:
    return FreezeToggle.objects.filter(kind="root_cause").latest("pk").pk


def refused(*command: str) -> str:
    """The output of a command that must end with the status of a refusal."""
    with pytest.raises(CommandError) as caught:
        call_command("freeze", *command)
    assert caught.value.returncode == 2
    return str(caught.value)


def test_from_freeze_to_open(tenant: Tenant, events: Any, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("freeze", "start", "acacia", OPS, "--reason", "Figures differ")
    output = capsys.readouterr().out
    assert "Changes that were cut off: 0" in output
    assert "acacia has been frozen since" in output
    assert "by Ops_Lead: Figures differ" in output
    assert "Missing: the root cause" in output
    call_command("freeze", "explain", "acacia", OPS, "--root-cause", "A wrong file")
    assert f"freeze open --approve {number()}" in capsys.readouterr().out
    call_command("freeze", "status", "acacia")
    assert "A wrong file" in capsys.readouterr().out
    call_command("freeze", "open", "acacia", "--as=PLATFORM_LEAD@example.com", f"--approve={number()}")
    assert "acacia has been open since" in capsys.readouterr().out
    reported = events(action__startswith="plans.freeze.")
    assert [event.route for event in reported] == [
        f"manage.py freeze {step}" for step in ("start", "explain", "open")
    ]
    assert [event.actor_ref for event in reported] == [
        person(role, tenant).ref for role in ("ops_lead", "ops_lead", "platform_lead")
    ]
    assert {event.actor_type for event in reported} == {"operator"}


def test_who_wrote_the_root_cause_does_not_open_here_either(tenant: Tenant) -> None:
    call_command("freeze", "start", "acacia", LEAD, "--reason", "Figures differ")
    call_command("freeze", "explain", "acacia", LEAD, "--root-cause", "A wrong file")
    assert "FOUR_EYES" in refused("open", "acacia", LEAD, f"--approve={number()}")
    assert "STALE_FORM" in refused("explain", "acacia", OPS, "--root-cause", "Another one")
    call_command(
        "freeze", "explain", "acacia", OPS, "--root-cause", "Another one", f"--instead-of={number()}"
    )
    assert "STALE_FORM" in refused("open", "acacia", LEAD, "--approve=1")
    assert TenantFreeze.objects.get(tenant=tenant).is_active


def test_in_whose_name_it_cannot(tenant: Tenant, events: Any) -> None:
    gone = add_person("ops_lead", name="gone")
    gone.is_active = False
    gone.save()
    for address in ("nobody@example.com", "gone@example.com", "owner@example.com"):
        assert "code is wrong" in refused("start", "acacia", f"--as={address}", "--reason=x")
    assert "Say who you are" in refused("start", "acacia", "--reason=x")
    assert "ROLE_LACKS_PERMISSION" in refused("start", "acacia", "--as=operator@example.com", "--reason=x")
    assert "ROLE_LACKS_PERMISSION" in refused("open", "acacia", OPS, "--approve=1")
    assert [event.outcome for event in events(action__startswith="plans.freeze.")] == ["refused"] * 2
    assert not TenantFreeze.objects.exists()


def test_without_a_terminal_the_system_freezes_and_only_people_open(public: Tenant, events: Any) -> None:
    """A script can freeze a tenant; the person it names is recorded as a claim."""
    call_command("freeze", "start", "acacia", OPS, "--reason", "Figures differ")
    call_command("freeze", "explain", "acacia", "--root-cause", "A wrong file")
    assert "ROLE_LACKS_PERMISSION" in refused("open", "acacia", LEAD, f"--approve={number()}")
    reported = events(action__startswith="plans.freeze.")
    assert [(event.actor_type, event.actor_ref) for event in reported] == [("system", "freeze")] * 3
    assert [event.facts.get("claimed") for event in reported] == [
        person("ops_lead", public).ref,
        None,
        person("platform_lead", public).ref,
    ]
    assert TenantFreeze.objects.get(tenant__slug="acacia").is_active


@pytest.mark.parametrize("slug", ["nobody", "public", ""])
def test_no_such_tenant(public: Tenant, slug: str) -> None:
    assert "There is no tenant" in refused("start", slug, OPS, "--reason=x")


def test_what_does_not_fit(tenant: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("freeze", "status", "acacia")
    assert capsys.readouterr().out == "acacia is open.\n"
    assert "NOT_FROZEN" in refused("open", "acacia", LEAD, "--approve=1")
    assert "INVALID_INPUT" in refused("start", "acacia", LEAD, "--reason= ")
    assert "INVALID_INPUT" in refused("start", "acacia", LEAD, "--reason=\udcff")
    call_command("freeze", "start", "acacia", LEAD, "--reason", "Once")
    assert "ALREADY_FROZEN" in refused("start", "acacia", LEAD, "--reason=Twice")
