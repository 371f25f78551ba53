"""The trail as its readers see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from asora.kernel.refusals import PermissionDenied, ValidationFailed
from audit.events.models import Event
from tests.headers import JSON
from tests.kernel.example_action import door

TENANT = "asora.urls_tenant"
LIST = reverse("audit:event-list", urlconf=TENANT)
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def story(acacia, act_as):
    """One allowed, one invalid, one forbidden attempt."""
    door()(act_as("manager"), code="V1")
    with pytest.raises(ValidationFailed):
        door()(act_as("manager"), code="BAD1")
    with pytest.raises(PermissionDenied):
        door()(act_as("viewer"), code="V2")
    return list(Event.objects.order_by("occurred_at", "id"))


def detail(event: Event) -> str:
    return reverse("audit:event-detail", args=[event.pk], urlconf=TENANT)


def test_it_names_who_did_what_newest_first(story, client_as):
    page = client_as("owner").get(LIST).content.decode()
    assert "Manager</strong> created vendor V1" in page
    assert "Viewer</strong> tried to create vendor V2" in page
    assert page.index("vendor V2") < page.index("vendor BAD1") < page.index("vendor V1")


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("manager", 200), ("viewer", 403), ("counter", 403)]
)
def test_only_who_may_read_it_does(story, client_as, role, status):
    client = client_as(role)
    assert client.get(LIST, headers=JSON).status_code == status
    assert client.get(detail(story[0]), headers=JSON).status_code == status


FILTERS = [
    ({"outcome": "allowed"}, {"V1"}),
    ({"outcome": "refused"}, {"BAD1", "V2"}),
    ({"code": "PERMISSION_DENIED"}, {"V2"}),
    ({"action": "inventory.vendor.create"}, {"V1", "BAD1", "V2"}),
    ({"action": "accounts.sign_in"}, set()),
]


@pytest.mark.parametrize(("query", "labels"), FILTERS)
def test_the_address_is_the_filter(story, client_as, query, labels):
    answer = client_as("owner").get(LIST, query, headers=FRAGMENT)
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert {row.resource_label for row in answer.context["page"].rows} == labels


def test_by_actor_request_and_day(story, client_as):
    owner = client_as("owner")

    def labels(**query):
        return {row.resource_label for row in owner.get(LIST, query, headers=FRAGMENT).context["page"].rows}

    assert labels(actor=story[2].actor_ref) == {"V2"}
    assert labels(actor="u-erased") == set()
    assert labels(request=story[0].request_id) == {"V1"}
    today, action = timezone.now().date(), "inventory.vendor.create"
    assert labels(since=today, until=today, action=action) == {"V1", "BAD1", "V2"}
    assert labels(until=today - timedelta(days=1)) == set()
    assert labels(since=today + timedelta(days=1)) == set()


@pytest.mark.parametrize(
    "query",
    [
        "outcome=maybe",
        "code=X",
        "action=X",
        "since=yesterday",
        "since=2026-02-02&until=2026-02-01",
        "request=%00",
        "actor=%00",
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(acacia, client_as, query):
    answer = client_as("owner").get(f"{LIST}?{query}", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_FAILED")


def test_an_event_draws_the_gates_that_decided(story, client_as):
    page = client_as("owner").get(detail(story[2]))
    states = [(gate.name, gate.state) for gate in page.context["gates"]]
    assert states == [
        ("authenticated", "passed"),
        ("permitted", "stopped"),
        *((name, "waiting") for name in ("open", "valid", "within_plan", "state", "written")),
    ]
    text = page.content.decode()
    assert "Rule enforced" in text
    assert "What you can do" in text
    assert "inventory.manage" in text
    assert story[2].request_id in text


def test_an_allowed_event_shows_before_and_after(story, client_as):
    page = client_as("owner").get(detail(story[0]), headers=FRAGMENT)
    assert {gate.state for gate in page.context["gates"]} == {"passed"}
    assert '<span class="after">V1</span>' in page.content.decode()
    assert "<html" not in page.content.decode()


def test_what_was_wrong_with_which_field_is_said(story, client_as):
    page = client_as("owner").get(detail(story[1])).content.decode()
    assert "That is no code." in page
    assert "INVALID_INPUT" in page


def test_birchs_events_are_not_here(story, birch, client_as, act_as):
    from tests.factories.tenants import in_tenant

    with in_tenant(birch):
        door()(act_as("manager", tenant=birch), code="FOREIGN")
        foreign = Event.objects.get()
    owner = client_as("owner")
    assert "FOREIGN" not in owner.get(LIST).content.decode()
    assert owner.get(detail(foreign), headers=JSON).status_code == 404


def test_it_downloads_and_says_so(story, client_as, events):
    answer = client_as("owner").get(LIST, {"format": "csv", "outcome": "refused"})
    lines = answer.content.decode().splitlines()
    assert lines[0].startswith("occurred_at,request_id,actor_type,actor,action")
    assert len(lines) == 3
    [event] = events(action="list.download")
    assert event.facts == {"list": "audit_events", "filters": {"outcome": "refused"}}
