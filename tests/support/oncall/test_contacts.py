"""Contacts: one for each duty, changed and retired by leads. Retiring removes what identifies the person."""

from __future__ import annotations

from typing import Any

import pytest

from asora.kernel.refusals import PermissionDenied, StateConflict, ValidationFailed
from plans.models import Tenant
from support.oncall.actions import add_contact, change_contact, retire_contact
from support.oncall.models import Contact

CALLS = "/support/on-call/"


@pytest.fixture
def lead(public: Tenant, act_as: Any) -> Any:
    return act_as("support_lead")


@pytest.fixture
def contact(lead: Any) -> Contact:
    return add_contact(lead, duty="on_call", name="Ada Lovelace", email="ada@example.com", phone="+1 555")


def test_it_is_recorded_without_the_person(contact, events):
    [event] = events(action="support.oncall.add_contact")
    assert event.changes[0]["after"] == {"duty": "on_call"}
    assert "Ada" not in str(event.changes) + str(event.facts) + event.resource_label


def test_a_duty_has_one_contact(contact, lead):
    with pytest.raises(ValidationFailed) as refused:
        add_contact(lead, duty="on_call", name="Grace", email="grace@example.com")
    assert "duty" in refused.value.details["fields"]
    assert Contact.objects.count() == 1


def test_a_change_names_the_fields_only(contact, lead, events):
    change_contact(lead, contact=contact, name="Ada Lovelace", email="al@example.com", phone="+1 555")
    [event] = events(action="support.oncall.change_contact")
    assert event.facts == {"changed": ["email"]}
    assert "example.com" not in str(event.changes)
    contact.refresh_from_db()
    assert contact.email == "al@example.com"


def test_the_same_values_change_nothing(contact, lead, events):
    change_contact(lead, contact=contact, name="Ada Lovelace", email="ada@example.com", phone="+1 555")
    assert [event.outcome for event in events(action="support.oncall.change_contact")] == ["noop"]


def test_retiring_removes_the_person_and_frees_the_duty(contact, lead):
    retire_contact(lead, contact=contact)
    contact.refresh_from_db()
    assert (contact.name, contact.email, contact.phone, contact.is_active) == ("", "", "", False)
    add_contact(lead, duty="on_call", name="Grace", email="grace@example.com")
    with pytest.raises(StateConflict):
        retire_contact(lead, contact=contact)
    with pytest.raises(StateConflict):
        change_contact(lead, contact=contact, name="x", email="x@example.com")


@pytest.mark.parametrize("who", ["agent", "engineer"])
def test_only_leads_change_contacts(contact, act_as, who):
    act = act_as(who)
    for attempt in (
        lambda: add_contact(act, duty="backup", name="x", email="x@example.com"),
        lambda: change_contact(act, contact=contact, name="x", email="x@example.com"),
        lambda: retire_contact(act, contact=contact),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    contact.refresh_from_db()
    assert (contact.name, contact.is_active) == ("Ada Lovelace", True)


def test_the_pages_add_change_and_retire(lead, client_as):
    browser = client_as("support_lead")
    assert "so nobody is called" in browser.get(CALLS).content.decode()
    data = {"duty": "backup", "name": "Grace", "email": "nonsense", "phone": "", "notes": ""}
    refused = browser.post(CALLS + "contacts/new/", data)
    assert refused.status_code == 400
    assert "nonsense" in refused.content.decode()
    assert browser.post(CALLS + "contacts/new/", {**data, "email": "grace@example.com"}).status_code == 302
    contact = Contact.objects.get()
    address = f"{CALLS}contacts/{contact.pk}/"
    assert "grace@example.com" in browser.get(address).content.decode()
    assert browser.post(address, {**data, "email": "gh@example.com"}).status_code == 302
    assert "backup · gh@example.com" in browser.get(CALLS).content.decode(), "not one word"
    assert browser.post(address + "retire/").status_code == 302
    assert browser.get(address).status_code == 404
