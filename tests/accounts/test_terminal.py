"""The actor of a command: a person who proves their identity on the terminal, or the system with a claim."""

from __future__ import annotations

import getpass
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from plans.models import PlanChange, Tenant
from tests.factories.authenticator_apps import code, set_up_app
from tests.factories.people import add_person, person

CHANGE = ("change_plan", "acacia", "enterprise", "--reason", "Grown")


def change(*more: str) -> None:
    call_command(*CHANGE, *more, stdout=io.StringIO())


def refused(*more: str) -> str:
    """The output of a command that must be refused and change nothing."""
    with pytest.raises(CommandError) as caught:
        change(*more)
    assert caught.value.returncode == 2
    assert not PlanChange.objects.filter(to_plan="enterprise").exists()
    return str(caught.value)


class TestAtATerminal:
    """After password and code the command has that person's permissions."""

    def test_it_is_the_person_who_proved_it(self, public: Tenant, at_terminal: Any, events: Any) -> None:
        operator = person("operator", public)
        at_terminal.has_app(operator)
        change("--as", "Operator@example.com")
        [event] = events(action="plans.plan.change")
        assert (event.actor_type, event.actor_ref, event.outcome) == ("operator", operator.ref, "allowed")
        assert event.facts["os_user"] == getpass.getuser()
        assert "claimed" not in event.facts
        [proof] = events(action="accounts.identity.terminal")
        assert proof.facts["proof"] == "password, recovery"
        assert at_terminal.asked == ["Password for Operator@example.com: ", "One-time code: "]

    def test_a_wrong_password_or_code_is_refused_and_recorded(
        self, public: Tenant, at_terminal: Any, events: Any
    ) -> None:
        operator = person("operator", public)
        set_up_app(operator, public)
        assert "BAD_CODE" in refused("--as", operator.email)
        at_terminal.password = "a guess"
        assert "BAD_CREDENTIALS" in refused("--as", operator.email)
        reported = events(action="accounts.identity.terminal")
        assert [(event.outcome, event.reason, event.actor_ref) for event in reported] == [
            ("refused", "BAD_CODE", operator.ref),
            ("refused", "BAD_CREDENTIALS", operator.ref),
        ]
        assert "a guess" not in str([event.__dict__ for event in reported])
        assert events(action="plans.plan.change") == []

    def test_a_code_counts_once(self, public: Tenant, at_terminal: Any, monkeypatch: Any) -> None:
        operator = person("operator", public)
        set_up_app(operator, public)
        shown = code()
        monkeypatch.setattr(
            "asora.accounts.terminal.getpass",
            lambda prompt: shown if prompt.startswith("One") else at_terminal.password,
        )
        change("--as", operator.email)
        with pytest.raises(CommandError, match="BAD_CODE"):
            call_command("change_plan", "birch", "pro", "--reason", "Grown", "--as", operator.email)

    def test_a_person_who_needs_an_app_and_has_none_is_refused(
        self, public: Tenant, at_terminal: Any
    ) -> None:
        assert "SECOND_FACTOR_REQUIRED" in refused("--as", person("operator", public).email)

    def test_an_unknown_address_is_asked_the_same(
        self, public: Tenant, at_terminal: Any, events: Any
    ) -> None:
        gone = add_person("operator", name="gone")
        gone.is_active = False
        gone.save()
        for address in ("nobody@example.com", gone.email):
            assert "Address, password or code is wrong." in refused("--as", address)
        assert at_terminal.asked[1::2] == ["One-time code: "] * 2
        assert events(action__startswith="accounts.") == []

    def test_it_has_that_persons_permissions_and_no_others(
        self, public: Tenant, at_terminal: Any, events: Any
    ) -> None:
        limited = add_person("operator", name="limited", all_hubs=False)
        at_terminal.has_app(limited)
        assert "TENANT_NOT_GRANTED" in refused("--as", limited.email)
        agent = person("agent", public)
        at_terminal.has_app(agent)
        assert "ROLE_LACKS_PERMISSION" in refused("--as", agent.email)

    def test_the_person_must_be_named(self, public: Tenant, at_terminal: Any) -> None:
        assert "--as EMAIL" in refused()
        assert at_terminal.asked == []


class TestWithoutATerminal:
    """In a script or timer, the command cannot ask for a password."""

    def test_the_actor_is_the_system_and_the_named_person_a_claim(
        self, public: Tenant, events: Any, client_as: Any
    ) -> None:
        operator = person("operator", public)
        change("--as", operator.email)
        [event] = events(action="plans.plan.change")
        assert (event.actor_type, event.actor_ref) == ("system", "change_plan")
        assert event.facts["claimed"] == operator.ref
        assert event.facts["os_user"] == getpass.getuser()
        assert events(action="accounts.identity.terminal") == []

    def test_an_unknown_address_is_not_in_the_trail(self, public: Tenant, events: Any) -> None:
        change("--as", "mallory@example.com")
        [event] = events(action="plans.plan.change")
        assert event.facts["claimed"] == {"length": 19}
        assert "mallory" not in str(event.__dict__)

    def test_without_a_name_there_is_no_claim(self, public: Tenant, events: Any) -> None:
        change()
        [event] = events(action="plans.plan.change")
        assert "claimed" not in event.facts

    def test_a_refusal_says_so_too(self, public: Tenant, events: Any) -> None:
        operator = person("operator", public)
        with pytest.raises(CommandError, match="SAME_PLAN"):
            call_command("change_plan", "acacia", "pro", "--reason", "x", "--as", operator.email)
        [event] = events(action="plans.plan.change", outcome="refused")
        assert event.facts["claimed"] == operator.ref


def test_the_tenants_owner_reads_that_it_was_only_claimed(
    acacia: Tenant, act_as: Any, client_as: Any, events: Any
) -> None:
    from dataclasses import replace

    from inventory.actions.vendors import create_vendor

    act = act_as("manager")
    named = replace(act.actor, claims={"os_user": "deploy", "claimed": person("owner", acacia).ref})
    create_vendor(replace(act, actor=named), code="V1", name="V1", eligible=True)
    shown = client_as("owner").get(f"/audit/{events()[-1].pk}/").content.decode()
    assert "Name given, not verified" in shown
    assert "Owner" in shown
    assert "<code>deploy</code>" in shown
