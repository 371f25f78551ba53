"""Somebody who has one event and nothing else explains the refusal: who, what, which rule, and what would change it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.forms.models import model_to_dict

from audit.events.models import Event
from plans.models import Tenant
from tests.audit.test_verdict_changes import CHANGES, outcome_of
from tests.audit.verdicts.company import Company

STOCK = {"why": "Not enough BOLT in bin NORTH/A-1: 3 needed, 0 available.", "at": "line 1, quantity"}
ARCHIVED_CATEGORY = {"why": "ONE is archived.", "repair": "restore this one"}
NOTHING_TO_DO = {"repair": "Nothing to do"}
STALE = {"gate": "state", "reason": "STALE_FORM", "repair": "Reload the record", "changed": "Theirs"}

#: Cause (see `CHANGES`): the rule that decided, and what else the outsider has to find out.
CAUSES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "a role": (
        "inventory.manage",
        {
            "gate": "permitted",
            "role": "viewer",
            "holders": "owner, manager",
            "helpers": "owner",
            "repair": "a role with this permission",
        },
    ),
    "a hub grant": (
        "inventory.operate_hub",
        {
            "gate": "permitted",
            "hub": "NORTH",
            "works at": "SOUTH",
            "repair": "work at this hub",
            "role": "receiver",
        },
    ),
    "a person who comes back": ("accounts.manage_staff.already_active", {"gate": "state", **NOTHING_TO_DO}),
    "another owner": (
        "accounts.manage_staff.last_owner",
        {
            "gate": "state",
            "why": "nobody who can manage people",
            "repair": "Give somebody else this role first",
        },
    ),
    "an invitation": (
        "accounts.accept_invitation.link_invalid",
        {"gate": "authenticated", "repair": "a new link"},
    ),
    "a freeze": (
        "plans.freeze",
        {
            "gate": "open",
            "why": "frozen: drill",
            "repair": "A platform lead can unfreeze",
            "helpers": "platform_lead",
        },
    ),
    "a plan": (
        "plans.vendors",
        {"gate": "within_plan", "plan": "free", "limit": "10", "usage": "12", "repair": "a larger plan"},
    ),
    "a ceiling, by a file": ("plans.vendors", {"gate": "within_plan", "limit": "10", "usage": "10"}),
    "an archived item": (
        "ledger.receive.item_archived",
        {
            "why": "Item BOLT is archived",
            "at": "line 1, sku",
            "repair": "Restore the item",
            "helpers": "manager",
        },
    ),
    "an archived bin": (
        "ledger.receive.bin_archived",
        {"why": "Bin NORTH/A-1 is archived", "at": "line 1, bin"},
    ),
    "an archived vendor": ("ledger.receive.vendor_archived", {"why": "Vendor ACME", "at": "vendor"}),
    "an archived hub": ("inventory.manage.hub_archived", {"why": "NORTH is archived", "at": "hub"}),
    "an archived category": ("inventory.manage.category_archived", {"at": "category", **ARCHIVED_CATEGORY}),
    "an archived parent": ("inventory.manage.category_archived", {"at": "parent", **ARCHIVED_CATEGORY}),
    "an ineligible vendor": (
        "ledger.receive.vendor_ineligible",
        {"why": "Vendor ACME is not eligible", "repair": "make this vendor eligible"},
    ),
    "a reason": ("ledger.adjust.unknown_reason", {"at": "reason", "repair": "Choose a reason from the list"}),
    "a hub in use": ("inventory.manage.still_in_use", {"record": "SOUTH", "why": "bins (1)"}),
    "a category in use": ("inventory.manage.still_in_use", {"record": "ONE", "why": "items (1)"}),
    "stock, by a receipt": ("ledger.issue.insufficient_stock", {**STOCK, "repair": "the missing receipt"}),
    "stock, by a rebuilding": (
        "ledger.issue.insufficient_stock",
        {"why": "1 needed, 0 available", "position": "2"},
    ),
    "a count and an adjustment": (
        "ledger.approve_count.adjusted_since",
        {"record": "CC-", "repair": "Decide each line"},
    ),
    "a superseded count": ("ledger.approve_count.reading_superseded", {"record": "CC-", "gate": "state"}),
    "an adjustment of what was counted": (
        "ledger.adjust.counted_since",
        {"why": "counted BOLT in NORTH/A-2", "repair": "confirm that it is right"},
    ),
    "stock that a reversal needs": (
        "ledger.reverse.insufficient_stock",
        {"record": "#", "why": "5 needed, 2 available", "at": "line 1, quantity"},
    ),
    "a second submit": (
        "ledger.receive.already_posted",
        {"record": "PO-1", "position": "2", **NOTHING_TO_DO},
    ),
    "a second reversal": (
        "ledger.reverse.already_reversed",
        {"record": "#2", "position": "3", **NOTHING_TO_DO},
    ),
    "a count handed in": ("ledger.count.count_state", {"why": "is submitted", "state": "submitted"}),
    "a declined request": ("ledger.adjust.request_closed", {"state": "declined", **NOTHING_TO_DO}),
    "an onboarding": (
        "plans.onboard_tenant.step_too_early",
        {"record": "newcomer", "why": "“Role model” is still missing", "repair": "Do this first: Role model"},
    ),
    "a stale item": ("inventory.manage.stale_form", {"record": "BOLT", **STALE}),
    "a stale vendor": ("inventory.manage.stale_form", {"record": "ACME", **STALE}),
}
#: Refused only after the change, which has to be done first.
AFTERWARDS = {
    "a person who comes back", "a second submit", "a second reversal", "a ceiling, by a file", "an invitation",
    "a declined request", "a stale item", "a stale vendor",
}  # fmt: skip


@pytest.fixture
def company(master_data: Any, act_as: Any, acacia: Tenant) -> Company:
    return Company(master_data, act_as, acacia)


def test_there_are_thirty_causes() -> None:
    assert len(CAUSES) >= 30
    assert set(CAUSES) <= set(CHANGES)


@pytest.mark.parametrize("cause", CAUSES)
def test_one_event_explains_a_refusal(cause: str, company: Company) -> None:
    rule, expected = CAUSES[cause]
    attempt, change = CHANGES[cause](company)
    event = outcome_of(attempt) if cause not in AFTERWARDS else None
    if event is None or event.outcome != "refused":
        outcome_of(change)
        event = outcome_of(attempt)
    found = explain(as_file(event))

    assert found["rule"] == rule
    for name, value in expected.items():
        assert value in found[name], (name, found[name])
    assert found["who"].startswith("u-")
    assert found["what"] == event.action
    assert found["when"]
    assert found["request"] == event.request_id
    assert found["release"]
    assert found["read"], "the keys that the gate read"
    assert found["repair"]
    assert found["role"], "which roles the person had at that moment"


def as_file(event: Event) -> dict[str, Any]:
    """The event as it leaves the building: JSON, without the database behind it."""
    columns = {field.attname: getattr(event, field.attname) for field in Event._meta.concrete_fields}
    return dict(json.loads(json.dumps(columns | model_to_dict(event), cls=DjangoJSONEncoder)))


def explain(event: Mapping[str, Any]) -> dict[str, str]:
    """What somebody finds out who reads the fields of one event by their names."""
    stopped = next(step for step in event["decision"] if step["verdict"] == "stopped")
    standing = stopped.get("standing", {})
    fields, lines = stopped.get("fields", {}), stopped.get("lines", {})
    findings = [(name, entry) for name, entries in fields.items() for entry in entries]
    findings += [
        (f"line {line}, {entry['field']}", entry) for line, entries in lines.items() for entry in entries
    ]
    return {
        "who": event["actor_ref"],
        "role": ", ".join(standing.get("roles") or stopped.get("roles") or []),
        "works at": str(standing.get("hubs", "")),
        "what": event["action"],
        "record": event["resource_label"],
        "when": event["occurred_at"],
        "request": event["request_id"],
        "release": event["release"],
        "gate": stopped["gate"],
        "reason": event["reason"],
        "rule": event["rule_id"],
        "why": " ".join([event["message"], *(entry["message"] for _at, entry in findings)]),
        "at": ", ".join(at for at, _entry in findings),
        "read": ", ".join(stopped["inputs"]),
        "repair": stopped["remedy"],
        "helpers": ", ".join(stopped.get("who", [])),
        "holders": ", ".join(stopped.get("held_by", [])),
        "hub": str(stopped.get("hub", "")),
        "plan": str(stopped.get("plan", "")),
        "limit": str(stopped.get("limit", "")),
        "usage": str(stopped.get("usage", "")),
        "state": str(stopped.get("state", "")),
        "position": str(stopped.get("position", stopped.get("judged_at", ""))),
        "changed": str(stopped.get("edits", "")),
    }
