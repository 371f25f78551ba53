"""Data of Birch does not exist for Acacia: sessions, ids, codes, and user ids that happen to be the same."""

from __future__ import annotations

import pytest
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django_tenants.utils import tenant_context

from asora.accounts.models import Session, User
from asora.accounts.roles.table import GRANTS
from asora.accounts.sign_in.queries import actor_of
from asora.web.middleware import TenancyMiddleware
from inventory.models import Bin, Category, Hub, Item, Vendor
from tests.factories import people, tenants
from tests.headers import JSON
from tests.kernel.example_action import door


@pytest.fixture
def birchs(acacia, birch):
    """One record of each kind in Birch."""
    with tenant_context(birch):
        hub = Hub.objects.create(code="BIRCHHUB", name="Hub")
        category = Category.objects.create(code="BIRCHCAT", name="Category")
        Bin.objects.create(hub=hub, code="BIRCHBIN")
        Vendor.objects.create(code="BIRCHVENDOR", name="Vendor")
        Item.objects.create(sku="BIRCHITEM", name="Item", category=category, unit="pcs")


ADDRESSES = [
    "/items/BIRCHITEM/",
    "/items/BIRCHITEM/edit/",
    "/hubs/BIRCHHUB/",
    "/bins/BIRCHHUB/BIRCHBIN/",
    "/vendors/BIRCHVENDOR/",
    "/categories/BIRCHCAT/",
]
LISTS = ["/items/", "/hubs/", "/bins/", "/vendors/", "/categories/"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_birchs_addresses_lead_nowhere_on_acacias_host(birchs, birch, client_as, address):
    assert client_as("owner", tenant=birch).get(address).status_code == 200
    here = client_as("owner").get(address, headers=JSON)
    assert (here.status_code, here.json()["code"]) == (404, "ROUTE_NOT_FOUND")


@pytest.mark.parametrize("address", LISTS)
def test_birchs_records_are_in_no_list_and_no_download(birchs, birch, client_as, address):
    assert "BIRCH" in client_as("owner", tenant=birch).get(address).content.decode()
    assert "BIRCH" not in client_as("owner").get(address, {"q": "BIRCH"}).content.decode().replace(
        'value="BIRCH"', ""
    )
    download = client_as("owner").get(address, {"format": "csv"})
    assert download.status_code == 200
    assert "BIRCH" not in download.content.decode()


def test_the_same_user_id_is_somebody_else_in_every_schema(acacia, birch, act_as):
    """Ids repeat across tenants: the schema in which a user was read decides."""
    ids = {}
    for tenant in (acacia, birch, tenants.public()):
        with tenant_context(tenant):
            ids[tenant.slug] = {user.pk for user in User.objects.all()}
    shared = ids["acacia"] & ids["birch"] & ids["public"]
    assert shared, "the test needs a shared id"
    pk = min(shared)
    with tenant_context(tenants.public()):
        stranger = User.objects.get(pk=pk)
        assert stranger.role == "operator"
    assert User.objects.get(pk=pk).role == "owner"
    for permission in GRANTS["standard"]["owner"]:
        assert not stranger.has_perm(permission), permission
    hub = Hub.objects.create(code="H", name="H")
    assert stranger.all_hubs
    assert not stranger.has_perm("inventory.operate_hub", hub)


def test_a_forged_session_row_does_not_make_an_operator_an_owner(acacia, client_as):
    """Even if a session of public is copied into Acacia's table, its user is read in Acacia, with the role there."""
    client = client_as("operator")
    with tenant_context(tenants.public()):
        row = Session.objects.get()
        assert row.get_decoded()[SESSION_KEY]
        values = {
            "session_key": row.session_key,
            "session_data": row.session_data,
            "expire_date": row.expire_date,
        }
    Session.objects.create(**values)
    assert client.get("/items/", headers=JSON).status_code == 401, (
        "its hash is that of another person's password"
    )


def test_an_operator_has_platform_permissions_only_and_nobody_elses_are_theirs(public):
    operator = people.person("operator", public)
    held = {name for grants in GRANTS["standard"].values() for name in grants if operator.has_perm(name)}
    assert held <= {"audit.view"}, "the platform's own audit trail"
    owner_only = set(GRANTS["standard"]["owner"]) - {"audit.view"}
    assert not any(operator.has_perm(name) for name in owner_only)


class TestNoBackDoor:
    """There are no superusers."""

    def test_there_is_no_superuser_column_and_no_way_to_be_one(self, acacia):
        assert "is_superuser" not in {field.name for field in User._meta.get_fields()}
        with pytest.raises(AttributeError):
            User(is_superuser=True)
        with pytest.raises(AttributeError):
            people.person("viewer", acacia).is_superuser = True

    def test_django_groups_and_user_codenames_grant_nothing(self, acacia):
        from django.contrib.auth.models import Permission

        viewer = people.person("viewer", acacia)
        with tenant_context(tenants.public()):
            permissions = list(Permission.objects.all())
        viewer.user_permissions.set(permissions)
        assert not any(
            viewer.has_perm(f"{permission.content_type.app_label}.{permission.codename}")
            for permission in permissions
        )

    def test_the_inactive_may_nothing(self, acacia):
        owner = people.person("owner", acacia)
        owner.is_active = False
        assert not any(owner.has_perm(permission) for permission in GRANTS["standard"]["owner"])
        actor = actor_of(owner)
        assert not actor.may("inventory.manage")


def test_a_request_leaves_no_tenant_on_the_connection(acacia, client_as):
    seen = []

    def view(request):
        seen.append(connection.schema_name)
        from django.http import HttpResponse

        return HttpResponse()

    from django.test import RequestFactory

    TenancyMiddleware(view)(RequestFactory().get("/", headers={"host": "acacia.localhost"}))
    assert seen == ["t_acacia"]
    assert connection.schema_name == "public"

    def crash(request):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        TenancyMiddleware(crash)(RequestFactory().get("/", headers={"host": "acacia.localhost"}))
    assert connection.schema_name == "public"


def test_the_trail_of_one_tenant_is_not_the_others(acacia, birch, act_as, events):
    door()(act_as("manager"), code="V1")
    assert len(events()) == 1
    with tenant_context(birch):
        assert events() == []


def test_a_half_made_tenant_cannot_be_reached(acacia, client_as):
    from plans.models import Tenant

    with tenant_context(tenants.public()):
        Tenant.objects.create(
            slug="halfmade", schema_name="t_halfmade", name="Half", plan="free", role_model="standard"
        )
    response = client_as(HTTP_HOST="halfmade.localhost").get("/", headers=JSON)
    assert (response.status_code, response.json()["reason"]) == (404, "NO_SUCH_TENANT")
