"""The pages of onboarding: one checklist, one URL for each step, and nothing typed is lost."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import strip_tags
from django_tenants.utils import tenant_context
from guardian.shortcuts import assign_perm

from asora.accounts.models import Invitation, User
from asora.onboarding import rules
from audit.events.models import Event
from plans.models import Onboarding, Tenant
from tests.factories import onboardings
from tests.factories.people import add_person
from tests.headers import JSON

SEED = "/admin/onboarding/{}/seed/{}/"


@pytest.fixture
def client(public, client_as):
    """An operator's browser."""
    return client_as("operator", tenant=public)


def address(onboarding, step=""):
    return f"/admin/onboarding/{onboarding.pk}/" + (f"{step}/" if step else "")


def text_of(response):
    return response.content.decode()


def test_an_empty_list_explains_how_to_start(client):
    page = client.get("/admin/onboarding/")
    assert page.status_code == 200
    assert "No onboarding is under way" in text_of(page)


def test_begins_with_a_name_and_shows_what_is_next(client):
    sent = client.post("/admin/onboarding/new/", {"name": "Newcomer Ltd", "slug": "newcomer"})
    onboarding = Onboarding.objects.get()
    assert sent["Location"] == address(onboarding)
    page = text_of(client.get(address(onboarding)))
    assert "Next: Identity verified" in page
    assert page.count('data-state="locked"') == 11
    assert "waiting for: Identity verified" in page
    assert "Newcomer Ltd" in text_of(client.get("/admin/onboarding/"))


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"name": "", "slug": "newcomer"}, "This field is required"),
        ({"name": "Newcomer", "slug": "admin"}, "reserved"),
        ({"name": "Newcomer", "slug": "acacia"}, "taken"),
        ({"name": "Newcomer", "slug": "New Comer"}, "small letters"),
        ({"name": "Newcomer", "slug": "n\x00w"}, "Null characters"),
        ({"name": "\u202enewcomer", "slug": "newcomer"}, "ordinary text"),
        ({"name": "x" * 121, "slug": "newcomer"}, "120 characters"),
        ({}, "This field is required"),
    ],
)
def test_a_beginning_that_is_refused_loses_nothing(client, typed, reason):
    page = client.post("/admin/onboarding/new/", typed)
    assert page.status_code == 400
    assert reason in text_of(page)
    if "\x00" not in typed.get("slug", ""):
        assert f'value="{typed.get("slug", "")}"' in text_of(page) or not typed.get("slug")
    assert not Onboarding.objects.exists()
    assert Event.objects.filter(action="plans.onboarding.start", outcome="refused").count() == 1


def test_every_step_by_its_address(client, act, draft, in_acacia):
    for kind in rules.CONFIRMATIONS:
        assert client.post(address(draft, "confirm"), {"kind": kind, "note": "Seen"}).status_code == 302
    assert client.post(address(draft, "plan"), {"plan": "free"}).status_code == 302
    assert client.post(address(draft, "role-model"), {"role_model": "segregated"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.plan, draft.role_model) == ("free", "segregated")
    page = text_of(client.get(address(draft)))
    assert "Next: Tenant" in page
    assert "Create the tenant" in page
    for step in rules.SEEDED:
        upload = SimpleUploadedFile(f"{step}.csv", onboardings.FILES[step])
        sent = client.post(SEED.format(in_acacia.pk, step), {"file": upload})
        assert sent["Location"] == address(in_acacia) + f"#{step}"
    page = text_of(client.get(address(in_acacia)))
    assert "Next: Verification" in page
    assert client.post(address(in_acacia, "verify")).status_code == 302
    page = text_of(client.get(address(in_acacia)))
    assert page.count('class="proof" data-tone="green"') == 4
    assert "four checks passed" in page
    words = " ".join(strip_tags(page).split())
    for rows in ("1 hub ·", "2 bins ·", "2 categories ·", "1 vendor ·", "1 item ·"):
        assert rows in words


def test_a_step_too_early_is_refused_at_its_place(client, in_acacia):
    page = client.post(SEED.format(in_acacia.pk, "items"), {"text": onboardings.FILES["items"].decode()})
    assert page.status_code == 400
    shown = text_of(page)
    assert "STEP_TOO_EARLY" in shown
    assert "“Categories” is still missing in tenant acacia" in shown
    answer = client.post(SEED.format(in_acacia.pk, "items"), {"text": "x"}, headers=JSON)
    assert answer.json()["details"]["missing"] == "categories"
    assert answer.json()["details"]["where"] == "tenant acacia"


def test_a_check_leaves_nothing_and_keeps_the_file_for_the_import(client, in_acacia):
    before = onboardings.counts("t_acacia")
    upload = SimpleUploadedFile("ours.csv", onboardings.FILES["categories"])
    page = client.post(SEED.format(in_acacia.pk, "categories"), {"file": upload, "check": "1"})
    shown = text_of(page)
    assert page.status_code == 200
    assert "2 rows would be created" in shown
    assert "ours.csv" in shown
    assert onboardings.counts("t_acacia") == before
    kept = page.context["checklist"].steps[3].form.initial
    sent = client.post(
        SEED.format(in_acacia.pk, "categories"), {"kept": kept["kept"], "kept_name": kept["kept_name"]}
    )
    assert sent.status_code == 302
    assert "2 categories" in " ".join(
        text_of(client.get(address(in_acacia))).replace('<span class="quantity">2</span>', "2").split()
    )


def test_refused_lines_are_named_and_what_was_pasted_is_still_there(client, in_acacia):
    pasted = "code,name,parent_code\nGOOD,Good,\nbad code,Bad,\nLOST,Lost,NOWHERE\n"
    page = client.post(SEED.format(in_acacia.pk, "categories"), {"text": pasted})
    shown = text_of(page)
    assert page.status_code == 400
    assert "2 of 3 lines" in shown
    assert "UNKNOWN_PARENT" in shown
    assert "LOST,Lost,NOWHERE" in shown
    checked = client.post(SEED.format(in_acacia.pk, "categories"), {"text": pasted, "check": "1"})
    assert checked.status_code == 200
    assert "2 of 3 lines" in text_of(checked)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"\xff\xfe\x00",
        b"code,name,parent_code",
        b"sku\nA\n",
        b'code,name,parent_code\n"A,B,\n',
        b"code,name,parent_code\nA,B\n",
        b"code,name,parent_code\n=CMD(),B,\n",
        "code,name,parent_code\nA,\u202eevil,\n".encode(),
        b"code,name,parent_code\nA,A,A\n",
        b"code,name,parent_code\nA,A,B\nB,B,A\n",
        b"code,code,parent_code\nA,A,\n",
        b"code,name,parent_code\n" + b"x" * 200_000 + b",A,\n",
    ],
)
def test_a_hostile_file_is_refused_whole(client, in_acacia, content):
    before = onboardings.counts("t_acacia")
    upload = SimpleUploadedFile("../../etc/passwd.csv", content)
    page = client.post(SEED.format(in_acacia.pk, "categories"), {"file": upload})
    assert page.status_code == 400
    after = onboardings.counts("t_acacia")
    assert after.pop("audit_event") <= before.pop("audit_event") + 1
    assert after == before


def test_the_same_file_again_is_known(client, in_acacia):
    for _time in range(2):
        client.post(
            SEED.format(in_acacia.pk, "categories"), {"text": onboardings.FILES["categories"].decode()}
        )
    page = text_of(client.get(address(in_acacia)))
    assert "already exists, so nothing was changed" in page


@pytest.mark.parametrize("step", ["confirm", "plan", "role-model", "tenant", "verify", "complete", "abandon"])
def test_an_address_of_a_step_opened_as_a_page_leads_to_the_checklist(client, draft, step):
    response = client.get(address(draft, step))
    assert response.status_code == 302
    assert response["Location"].partition("#")[0] == address(draft)


@pytest.mark.parametrize(
    "step", ["confirm", "plan", "role-model", "tenant", "verify", "complete", "seed/items"]
)
def test_an_empty_or_absurd_form_is_refused(client, draft, step):
    for typed in ({}, {"kind": "x\x00", "plan": "gold", "role_model": "platform", "currency": "€" * 900}):
        page = client.post(address(draft, step), typed)
        assert page.status_code == 400, step
        assert "<h1>" in text_of(page)


@pytest.mark.parametrize("path", ["templates/nothing.csv", "999999/", "1" * 30 + "/", "1/seed/nothing/"])
def test_unknown_onboardings_are_not_found(client, draft, path):
    assert client.get(f"/admin/onboarding/{path}", headers=JSON).status_code == 404


@pytest.mark.parametrize("step", rules.SEEDED)
def test_a_template_is_a_file_that_would_be_taken(client, step):
    response = client.get(reverse("onboarding:template", args=[step], urlconf="asora.urls_public"))
    assert response["Content-Disposition"] == f'attachment; filename="{step}.csv"'
    assert response.content.decode().splitlines()[0].split(",")[0] in {"code", "hub_code", "sku"}


class TestWhoseTenant:
    """Another operator's tenant is not found."""

    @pytest.fixture
    def limited(self, public):
        """An operator who does not work for every tenant."""
        return add_person("operator", name="limited", all_hubs=False)

    def test_a_draft_is_everybodys_and_a_tenant_is_not(self, public, limited, client_as, draft, in_acacia):
        client = client_as(tenant=public, user=limited)
        assert client.get(address(draft)).status_code == 200
        assert client.get(address(in_acacia)).status_code == 404
        refused = client.post(SEED.format(in_acacia.pk, "categories"), {"text": "x"}, headers=JSON)
        assert refused.status_code == 404
        listed = text_of(client.get("/admin/onboarding/"))
        assert "Newcomer Ltd" in listed
        assert "Acacia" not in listed

    def test_one_that_was_granted_is(self, public, limited, client_as, in_acacia):
        assign_perm("plans.manage_tenant", limited, Tenant.objects.get(slug="acacia"))
        client = client_as(tenant=public, user=limited)
        assert client.get(address(in_acacia)).status_code == 200

    @pytest.mark.parametrize("role", ["agent"])
    def test_people_without_the_permission_see_nothing(self, public, client_as, draft, role):
        client = client_as(role, tenant=public)
        for path in ("", "new/", f"{draft.pk}/", "templates/items.csv"):
            refused = client.get(f"/admin/onboarding/{path}", headers=JSON)
            assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_DENIED")

    def test_a_tenants_host_has_no_onboarding(self, acacia, client_as):
        assert client_as("owner").get("/admin/onboarding/", headers=JSON).status_code == 404


class TestOwner:
    """The page invites the first owner. Only the tenant stores who the owner is."""

    @pytest.fixture
    def ready(self, act, in_acacia):
        """Acacia, with imported data and verified. It already has people, but never had an owner."""
        with tenant_context(in_acacia.tenant):
            User.objects.filter(role="owner").update(role="manager", is_active=False)
        for step in (*rules.SEEDED, "verification"):
            onboardings.take(act, in_acacia, step)
        return in_acacia

    def invitations(self, onboarding):
        with tenant_context(onboarding.tenant):
            return list(Invitation.objects.order_by("pk"))

    def test_is_invited_and_gets_a_link(self, client, ready, mailoutbox):
        assert client.post(address(ready, "owner"), onboardings.OWNER).status_code == 302
        (invitation,) = self.invitations(ready)
        assert (invitation.role, invitation.email) == ("owner", onboardings.OWNER["email"])
        assert "acacia.localhost" in mailoutbox[0].body
        page = text_of(client.get(address(ready)))
        assert "Sent to" in page
        assert "Next: Completed" in page
        reported = str(
            list(Event.objects.values("changes", "facts", "message", "decision", "resource_label"))
        )
        assert onboardings.OWNER["email"] not in reported
        assert onboardings.OWNER["name"] not in reported

    def test_a_new_link_and_another_address(self, client, ready, mailoutbox):
        client.post(address(ready, "owner"), onboardings.OWNER)
        first = self.invitations(ready)[0].nonce
        assert client.post(address(ready, "owner"), {"again": "1"}).status_code == 302
        assert self.invitations(ready)[0].nonce != first
        other = onboardings.OWNER | {"email": "other@example.com"}
        assert client.post(address(ready, "owner"), other).status_code == 302
        withdrawn, waiting = self.invitations(ready)
        assert withdrawn.withdrawn_at
        assert waiting.email == "other@example.com"
        assert len(mailoutbox) == 3

    @pytest.mark.parametrize(
        "typed", [{}, {"name": "R", "email": "no address"}, {"name": "", "email": "a@b.cc"}]
    )
    def test_an_owner_with_an_invalid_address_is_refused_at_the_field(self, client, ready, typed):
        page = client.post(address(ready, "owner"), typed)
        assert page.status_code == 400
        assert 'aria-invalid="true"' in text_of(page)
        assert self.invitations(ready) == []

    def test_too_early(self, client, in_acacia):
        page = client.post(address(in_acacia, "owner"), onboardings.OWNER)
        assert page.status_code == 400
        assert "STEP_TOO_EARLY" in text_of(page)
        assert self.invitations(in_acacia) == []

    def test_no_new_link_without_an_open_invitation(self, client, ready):
        page = client.post(address(ready, "owner"), {"again": "1"})
        assert page.status_code == 409
        assert "NOT_ACTIVE" in text_of(page)

    def test_is_completed_and_closed(self, client, ready):
        client.post(address(ready, "owner"), onboardings.OWNER)
        assert client.post(address(ready, "complete")).status_code == 302
        page = text_of(client.get(address(ready)))
        assert "Onboarding is complete" in page
        assert "<form" not in page.partition('id="confirmations"')[2].partition("</main>")[0]
        again = client.post(SEED.format(ready.pk, "hubs"), {"text": "code,name\nSOUTH,South\n"})
        assert again.status_code == 409
        assert "ONBOARDING_CLOSED" in text_of(again)
        assert "Acacia" in text_of(client.get("/admin/onboarding/"))
