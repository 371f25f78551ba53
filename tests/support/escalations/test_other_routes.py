"""Feature requests and referrals to sales."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from plans.models import Tenant
from support.access.actions import end_access
from support.escalations.actions.features import log_feature
from support.escalations.actions.referrals import answer_referral, refer
from support.models import CommercialReferral, FeatureRequest, Ticket
from tests.factories.desk import open_for
from tests.factories.investigated import investigated
from tests.factories.people import add_person
from tests.support.escalations.conftest import triaged

WISH = {
    "title": "Scan two labels at once",
    "segment": "pro, wholesale",
    "use_case": "A pallet has two labels.",
    "impact": "Receiving takes twice as long.",
}


@pytest.fixture
def wished(desk: Any) -> Ticket:
    """A ticket whose event is located."""
    opened = triaged(desk.tenant, category="C")
    investigated(opened)
    return opened


def test_a_feature_request_is_logged_apart(desk, wished, events):
    made = log_feature(desk.agent, ticket=wished, **WISH)
    assert (str(made), made.similar) == ("FR-0001", 0)
    wished.refresh_from_db()
    assert wished.state == "investigating", "it is answered from its template, and not closed by itself"
    [event] = events(action="support.feature.log")
    assert (event.outcome, event.ticket_ref) == ("allowed", wished.ref)
    with pytest.raises(StateConflict):
        log_feature(desk.agent, ticket=wished, **WISH)


def test_similar_requests_are_counted(desk, wished):
    log_feature(desk.agent, ticket=wished, **WISH)
    for title, use_case, similar in (
        ("Scan two labels at the same time", "A pallet has two labels.", 1),
        ("Print invoices", "Accounting asks for invoices.", 0),
    ):
        other = triaged(desk.tenant)
        investigated(other)
        assert (
            log_feature(desk.agent, ticket=other, **(WISH | {"title": title, "use_case": use_case})).similar
            == similar
        )


@pytest.mark.parametrize("field", ["title", "segment", "use_case", "impact"])
def test_a_feature_request_is_complete(desk, wished, field):
    with pytest.raises(ValidationFailed) as caught:
        log_feature(desk.agent, ticket=wished, **(WISH | {field: "  "}))
    assert list(caught.value.details["fields"]) == [field]
    assert not FeatureRequest.objects.exists()


def test_nothing_leaves_before_the_event_is_located(desk):
    opened = triaged(desk.tenant)
    investigated(opened, step=2)
    for attempt in (
        lambda: log_feature(desk.agent, ticket=opened, **WISH),
        lambda: refer(desk.agent, ticket=opened, wish="More items"),
    ):
        with pytest.raises(StateConflict) as caught:
            attempt()
        assert caught.value.reason == Reason.STEP_MISSING


def test_a_referral_has_the_plan_and_its_usage(desk, wished, events):
    made = refer(desk.agent, ticket=wished, wish="More than 200 items")
    wished.refresh_from_db()
    assert (made.plan, wished.state, wished.queue) == (desk.tenant.plan, "waiting_commercial", "commercial")
    used, limit = made.usage["hubs"]
    assert used >= 0
    assert limit is None or limit > 0
    assert set(made.usage) == {"items", "categories", "hubs", "bins", "vendors", "exports", "integrations"}
    [event] = events(action="support.referral.open")
    assert "More than" not in str([event.facts, event.changes])


def test_sales_answers_once(desk, wished):
    made = refer(desk.agent, ticket=wished, wish="More items")
    answered = answer_referral(desk.agent, referral=made, answer="They buy the larger plan.")
    wished.refresh_from_db()
    assert (answered.state, wished.state) == ("answered", "investigating")
    with pytest.raises(StateConflict):
        answer_referral(desk.agent, referral=answered, answer="Again.")


def test_a_referral_needs_an_open_session_and_a_tenant(desk, wished):
    with pytest.raises(StateConflict):
        refer(desk.agent, ticket=open_for(None, subject="Who?"), wish="More")
    end_access(desk.agent, session=desk.session)
    with pytest.raises(PermissionDenied):
        refer(desk.agent, ticket=wished, wish="More")


def test_their_rows_stay(desk, wished):
    log_feature(desk.agent, ticket=wished, **WISH)
    refer(desk.agent, ticket=wished, wish="More items")
    for model in (FeatureRequest, CommercialReferral):
        with connection.cursor() as cursor, pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(f"DELETE FROM {model._meta.db_table}")


def test_the_pages(desk, wished, client_as):
    client, ticket = client_as("agent"), f"/support/tickets/{wished.ref}/"
    refused = client.post(f"{ticket}feature/", WISH | {"impact": ""})
    assert refused.status_code == 400
    assert WISH["title"] in refused.content.decode()
    assert client.post(f"{ticket}feature/", WISH).headers["Location"] == ticket
    assert "Scan two labels" in client.get("/support/features/").content.decode()
    again = client.post(f"{ticket}feature/", WISH)
    assert again.status_code == 409
    assert "logged for this ticket already" in again.content.decode()
    assert client.get(f"{ticket}referral/").status_code == 200
    assert client.post(f"{ticket}referral/", {"wish": "More items"}).headers["Location"] == ticket
    assert "More items" in client.get(f"{ticket}referral/").content.decode()
    empty = client.post(f"{ticket}referral/answer/", {"answer": ""})
    assert empty.status_code == 400
    assert client.post(f"{ticket}referral/answer/", {"answer": "Yes."}).headers["Location"] == ticket
    page = client.get(ticket).content.decode()
    assert "Referral to sales" in page
    assert "FR-0001" in page


def test_another_tenants_ticket_does_not_exist(desk, client_as, public):
    opened = open_for(Tenant.objects.get(slug="birch"), subject="Not theirs")
    stranger = add_person("agent", name="stranger", all_hubs=False)
    client = client_as(user=stranger)
    for page in ("escalate", "feature", "referral"):
        assert client.get(f"/support/tickets/{opened.ref}/{page}/").status_code == 404
