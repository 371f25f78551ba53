"""Operators, agents and leads cannot do alone what needs a second person."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.accounts.models import User
from asora.accounts.people.actions.people import change_role, create_user
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict
from asora.onboarding.actions.steps import announce_owner
from ledger.adjustments.actions.requests import request_adjustment
from ledger.models import AdjustmentRequest, Kind, Posting
from plans.models import Onboarding, OnboardingConfirmation, Tenant
from tests.factories import counts, documents, people, tenants
from tests.factories.master_data import make_master_data
from tests.headers import HTMX, JSON
from tests.refusals import refused
from tests.tenancy.routes import PUBLIC, every_route


class TestFourEyes:
    """Where two people are needed, one person cannot get around it in another way."""

    @pytest.fixture
    def master_data(self, cedar: Tenant, act_as: Any) -> Any:
        master_data = make_master_data()
        documents.receive(act_as("owner"), master_data, ("BOLT", "NORTH/A-1", "10", "2"))
        return master_data

    @pytest.mark.parametrize("role", ["owner", "approver"])
    @pytest.mark.parametrize("headers", [{}, JSON, HTMX], ids=["page", "json", "fragment"])
    @pytest.mark.parametrize("button", ["", "dry_run", "skip_refused"])
    def test_an_adjustment_needs_two_people(
        self, master_data: Any, client_as: Any, role: str, headers: dict[str, str], button: str
    ) -> None:
        client, head = client_as(role), Posting.objects.count()
        row = "A,2026-03-02,BOLT,NORTH,A-1,-1,DAMAGED"
        content = "\n".join([documents.HEADERS[Kind.ADJUSTMENT], row, ""]).encode()
        form = {"file": SimpleUploadedFile("a.csv", content)} | ({button: "on"} if button else {})
        answer = client.post("/adjust/import/", form, headers=headers)
        assert answer.status_code == 403, answer.content[:300]
        if role == "owner":
            line = {
                "lines-0-sku": "BOLT",
                "lines-0-bin": "A-1",
                "lines-0-quantity": "-1",
                "lines-0-unit_cost": "",
            }
            typed = {
                "hub": "NORTH", "effective_on": "2026-03-02", "reason": "DAMAGED", "submission": str(uuid4()),
                "reference": "X", "note": "", "lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0", **line,
            }  # fmt: skip
            answer = client.post("/adjust/", typed, headers=headers)
            assert answer.status_code == 403, answer.content.decode()[-3000:]
        assert Posting.objects.count() == head

    @pytest.mark.parametrize("headers", [{}, JSON, HTMX], ids=["page", "json", "fragment"])
    def test_who_asked_posts_nothing_by_its_page_the_owner_neither(
        self, master_data: Any, act_as: Any, client_as: Any, headers: dict[str, str]
    ) -> None:
        wanted = documents.draft(master_data, Kind.ADJUSTMENT, ("BOLT", "NORTH/A-1", "3"))
        asked = request_adjustment(
            act_as("owner"), draft=wanted, hubs=documents.hubs_of(master_data, wanted), reference="R"
        )
        head = Posting.objects.count()
        answer = client_as("owner").post(f"/adjust/requests/{asked.pk}/post/", {}, headers=headers)
        assert answer.status_code == 403
        assert Posting.objects.count() == head
        assert client_as("approver").post(f"/adjust/requests/{asked.pk}/post/", {}).status_code == 302
        assert AdjustmentRequest.objects.get().state == "posted"

    @pytest.mark.parametrize("headers", [{}, JSON, HTMX], ids=["page", "json", "fragment"])
    def test_who_counted_approves_nothing_by_its_page_the_owner_neither(
        self, master_data: Any, act_as: Any, client_as: Any, headers: dict[str, str]
    ) -> None:
        session = counts.start(act_as("counter"), master_data)
        counts.enter(act_as("owner"), master_data, session, **{"BOLT NORTH/A-1": "9"})
        counts.hand_in(act_as("counter"), session)
        session.refresh_from_db()
        head = Posting.objects.count()
        lines = list(session.lines.values_list("pk", flat=True))
        form = {"accept": lines, "seen": session.version}
        client = client_as("owner")
        for path in ("review", "approve"):
            ask = client.get if path == "review" else client.post
            answer = ask(f"/counts/{session.pk}/{path}/", form, headers=headers)
            assert answer.status_code == 403, path
            assert b"expected" not in answer.content.lower() or path == "approve"
        assert Posting.objects.count() == head
        assert client_as("approver").post(f"/counts/{session.pk}/approve/", form).status_code == 302

    def test_a_change_of_role_is_no_way_around_it(
        self, master_data: Any, act_as: Any, client_as: Any
    ) -> None:
        """The four-eyes rule is about the person: a person with another role is still the same person."""
        session = counts.start(act_as("counter"), master_data)
        counts.enter(act_as("counter"), master_data, session, **{"BOLT NORTH/A-1": "9"})
        counts.hand_in(act_as("counter"), session)
        counter = people.person("counter", act_as("owner").tenant)
        change_role(act_as("owner"), person=counter, role="approver", seen="counter")
        session.refresh_from_db()
        form = {"accept": list(session.lines.values_list("pk", flat=True)), "seen": session.version}
        assert (
            client_as("counter").post(f"/counts/{session.pk}/approve/", form, headers=JSON).status_code == 403
        )


def test_every_window_and_page_refuses_an_agent_all_the_same(public: Tenant, client_as: Any) -> None:
    """With and without query strings, HTMX and JSON."""
    client = client_as("agent")
    for route in every_route(PUBLIC):
        if route.policy in {"anyone", "signed-in", "support.work_desk"} or "GET" not in route.methods:
            continue
        for headers in (JSON, HTMX):
            answer = client.get(f"{route.address}?_popup=1&format=csv&q=a", headers=headers)
            assert answer.status_code == 403, route


def test_a_person_that_a_command_adds_has_no_way_around_the_staff_page(acacia: Tenant, act_as: Any) -> None:
    """With `create_user` the adding person chooses the password. No URL leads to it, and lower roles cannot call it."""
    with pytest.raises(PermissionDenied):
        create_user(
            act_as("manager"), email="x@example.com", name="X", role="owner", password="long enough 1"
        )


def test_an_operator_invites_no_second_owner_into_a_tenant_that_has_one(acacia: Tenant, act_as: Any) -> None:
    """An onboarding that was never closed does not help either."""
    make_master_data()
    with tenant_context(tenants.public()):
        onboarding = Onboarding.objects.create(
            slug="acacia", name="Acacia", plan="pro", role_model="standard", costing="average", currency="EUR",
            time_zone="UTC", tenant=acacia, checks=[{"name": "all", "is_green": True}], verified_by="u-1",
            verified_at=timezone.now(), opened_by="u-1",
        )  # fmt: skip
        for kind in OnboardingConfirmation.Kind.values:
            onboarding.confirmations.create(kind=kind, confirmed_by="u-1", note="seen")
        act = act_as("platform_lead", tenant=tenants.public())
        refused(StateConflict, Reason.STEP_DONE, lambda: announce_owner(act, onboarding=onboarding))
        with tenant_context(acacia):
            User.objects.filter(role="owner").update(role="viewer")
        assert announce_owner(act, onboarding=onboarding) == onboarding, (
            "it was not refused for something else"
        )
