"""The roles page: the role table in plain words, for everybody who is signed in."""

from __future__ import annotations

import html
import re

import pytest
from django_tenants.utils import tenant_context

from asora.accounts.roles.labels import DUTIES, PERMISSIONS, ROLES, permissions_of, role_name
from asora.accounts.roles.table import GRANTS
from asora.kernel.words import PERMISSION_LABELS
from tests.factories import people

WORDS = {name: PERMISSION_LABELS[name] for _heading, names in PERMISSIONS for name in names}


def test_every_permission_and_every_role_has_a_word():
    held = {name for roles in GRANTS.values() for names in roles.values() for name in names}
    assert held == set(WORDS)
    assert {role for roles in GRANTS.values() for role in roles} == set(ROLES)
    assert {model: set(roles) for model, roles in DUTIES.items()} == {
        model: set(roles) for model, roles in GRANTS.items()
    }


@pytest.mark.parametrize("model", GRANTS)
def test_every_permission_of_a_role_is_shown_once(model):
    shown = [name for _heading, words in permissions_of(model) for name, _word in words]
    assert sorted(shown) == sorted({name for names in GRANTS[model].values() for name in names})


def table_of(page: str) -> dict[str, list[bool]]:
    """For each codename the answers of its columns, in the words for screen readers."""
    found = {}
    for row in re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", page, re.DOTALL):
        (codename,) = re.findall(r"<code[^>]*>([a-z._]+)</code>", row)
        found[codename] = [word == "yes" for word in re.findall(r"visually-hidden\">(yes|no)<", row)]
    return found


@pytest.mark.parametrize("slug", ["acacia", "cedar", "public"])
def test_it_shows_the_table_that_permission_checks_use(public, client_as, slug):
    from plans.models import Tenant

    tenant = Tenant.objects.get(slug=slug)
    with tenant_context(tenant):
        roles = GRANTS[tenant.role_model]
        who = next(iter(roles))
        page = client_as(who, tenant=tenant).get("/settings/roles/").content.decode()
    table = table_of(page)
    assert set(table) == {name for names in roles.values() for name in names}
    for codename, answers in table.items():
        assert answers == [codename in names for names in roles.values()], codename
        assert html.escape(str(WORDS[codename].label)) in page.replace("&#x27;", "&#39;").replace(
            "&#39;", "&#x27;"
        )


@pytest.mark.parametrize("role", GRANTS["standard"])
def test_everybody_may_read_it_and_their_own_role_is_highlighted(acacia, client_as, role):
    page = client_as(role).get("/settings/roles/").content.decode()
    (mine,) = re.findall(r'<th scope="col" class="is-mine">(\w+)<', page)
    assert mine == role_name(role)
    assert "Four eyes" not in page


def test_four_eyes_are_explained_where_they_hold(cedar, client_as):
    page = client_as("viewer", user=people.person("counter", cedar)).get("/settings/roles/").content.decode()
    assert "A person who counted cannot approve that count." in page
    assert "the person who requested it cannot post it" in page


def test_the_navigation_leads_to_it_and_to_the_people_for_those_who_may(acacia, client_as):
    assert 'href="/settings/staff/"' in client_as("owner").get("/").content.decode()
    page = client_as("viewer").get("/").content.decode()
    assert 'href="/settings/staff/"' not in page
    assert 'href="/settings/roles/"' in page
