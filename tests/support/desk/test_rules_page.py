"""The page of the desk's rules: what people do, what they never do, and which attempts were refused."""

from __future__ import annotations

from typing import Any

from plans.models import Tenant
from tests.factories.desk import open_for


def test_names_what_the_desk_does_and_never_does(public: Tenant, client_as: Any) -> None:
    page = client_as("agent").get("/support/rules/").content.decode()
    for sentence in (
        "Explain what the audit event says.",
        "Pass commercial questions to sales.",
        "Edit the ledger by hand.",
        "Make a single exception.",
        "Reading a refusal as an error",
        "Taking a screenshot as proof",
        "Promising a change by engineering",
        "the numbers stop being repeatable",
    ):
        assert sentence in page


def test_people_who_review_see_what_was_refused(public: Tenant, client_as: Any) -> None:
    ticket = open_for(Tenant.objects.get(slug="acacia"), subject="Why?")
    agent = client_as("agent")
    assert agent.post(f"/support/tickets/{ticket.ref}/feature/", {"title": "More"}).status_code == 400
    assert "support.feature.log" in client_as("support_lead").get("/support/rules/").content.decode()
    assert "What was refused at the desk" not in agent.get("/support/rules/").content.decode()
