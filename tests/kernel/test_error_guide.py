"""The error guide has one entry for each refusal, and shows it the same everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from asora.kernel.error_guide import GUIDES, guide_of
from asora.kernel.refusals import CODES, Reason
from support.knowledge import queries
from support.knowledge.documentation import doc_link
from support.knowledge.models import Entry


def test_each_code_has_an_entry() -> None:
    for code in CODES:
        guide = GUIDES[code.code]
        assert guide.statuses == [(code.status, code.error, code.code)]
        assert guide_of(code.code, str(code.default_reason)) is not None


@pytest.mark.parametrize("key", GUIDES)
def test_an_entry_is_complete(key: str) -> None:
    guide = GUIDES[key]
    assert guide.key == key
    assert guide.codes
    for text in (guide.title, guide.meaning, guide.answer, *guide.causes, *guide.checks, *guide.avoid):
        assert len(str(text)) > 5
    assert guide.causes
    assert guide.checks


def test_a_reason_belongs_to_one_situation() -> None:
    reasons = [reason for guide in GUIDES.values() for reason in guide.reasons]
    assert len(reasons) == len(set(reasons))


def test_situations_are_found_by_reason_and_by_action() -> None:
    assert guide_of("STATE_CONFLICT", "FREEZE_ACTIVE").key == "lock-freeze"  # type: ignore[union-attr]
    assert guide_of("STATE_CONFLICT", "COUNT_STATE").key == "lock-closed"  # type: ignore[union-attr]
    assert guide_of("STATE_CONFLICT", "LAST_OWNER").key == "STATE_CONFLICT"  # type: ignore[union-attr]
    for code, key in (
        ("PLAN_LIMIT_EXCEEDED", "onboarding-plan"),
        ("PERMISSION_DENIED", "onboarding-permission"),
    ):
        assert guide_of(code, action="plans.onboarding.seed").key == key  # type: ignore[union-attr]
        assert guide_of(code, action="inventory.item.create").key == code  # type: ignore[union-attr]
    assert guide_of("VALIDATION_FAILED", "STEP_TOO_EARLY").key == "onboarding-order"  # type: ignore[union-attr]
    # The same reason under a code that the situation is not about.
    assert guide_of("PLAN_LIMIT_EXCEEDED", str(Reason.FREEZE_ACTIVE)).key == "PLAN_LIMIT_EXCEEDED"  # type: ignore[union-attr]
    assert guide_of("TEAPOT") is None


def test_addresses_agree_with_the_url_confs() -> None:
    for urlconf in ("asora.urls_tenant", "asora.urls_public"):
        for guide in GUIDES.values():
            assert reverse("error-guide-entry", args=[guide.key], urlconf=urlconf) == guide.address


def test_everybody_can_read_it_without_signing_in(acacia: Any, client_as: Any) -> None:
    client = client_as()
    listing = client.get("/help/errors/").content.decode()
    for guide in GUIDES.values():
        assert guide.address in listing
        assert str(guide.title) in client.get(guide.address).content.decode()
    assert client.get("/help/errors/NOTHING/").status_code == 404


def test_a_refusal_page_and_the_knowledge_room_show_the_same_text(acacia: Any, client_as: Any) -> None:
    page = client_as("viewer").get("/settings/staff/").content.decode()
    guide = GUIDES["PERMISSION_DENIED"]
    assert "PERMISSION_DENIED" in page
    assert guide.address in page
    entry = queries.entry(Entry.Kind.ERROR_GUIDE, "PERMISSION_DENIED")
    assert entry is not None
    for text in (guide.meaning, *guide.causes, *guide.checks):
        assert str(text) in entry.body
        assert str(text) in page.replace("&#x27;", "'")


def test_the_link_for_a_reply_is_absolute_and_on_the_tenants_host(acacia: Any) -> None:
    address = doc_link(acacia, "PLAN_LIMIT_EXCEEDED", "PLAN_EXPORTS")
    assert address.endswith("/help/errors/export-plan/")
    assert "//acacia." in address
    assert doc_link(acacia, "TEAPOT") == ""
