"""Every page, in both themes and at three widths: nothing that axe finds serious, nothing wider than its window.

Then once more with words as long as the product takes them, which must break or scroll inside their frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django_tenants.utils import tenant_context
from playwright.sync_api import Browser, Page, expect

from asora.demo import history, scenery
from asora.demo import tenants as demo
from audit.events.models import Event
from audit.seals.sealer import seal_schema
from plans.catalogue import CEILINGS
from plans.models import Tenant
from tests.browser.conftest import open_page, session_cookie, url_of
from tests.browser.long_words import faults_of_long_words, words_of
from tests.browser.page_faults import WIDTHS, faults_of
from tests.browser.pages import EMPTY, PAGES, Shown
from tests.conftest import throwaway_tenants
from tests.factories import people, support_access, tenants
from tests.factories.desk import open_for
from tests.factories.replies import replied


@pytest.fixture(scope="module")
def demo_and_empty(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Tenant]]:
    """`demo`: a tenant with the demo's data; `empty`: one with nothing but its people.

    Everything is committed here, so agents look with the rights of support's own database role.
    """
    own_connection = override_settings(ASORA_SUPPORT_OWN_CONNECTION=bool(settings.ASORA_SUPPORT_DATABASE))
    with django_db_blocker.unblock(), own_connection, throwaway_tenants() as make:
        demonstrated = make(name="Birch & Daughters", plan="free")
        shape = replace(scenery.BIRCH, slug=demonstrated.slug)
        demo._add_master_data(demonstrated, shape)
        # The plan has become smaller since the endpoints were set up.
        with mock.patch.dict(CEILINGS["free"], integrations=5):  # type: ignore[arg-type]
            history.add_history(demonstrated, shape)
        with tenant_context(demonstrated):
            support_access.look(demonstrated, support_access.open_access(demonstrated, minutes=60))
            refused = Event.objects.filter(outcome=Event.Outcome.REFUSED).order_by("number").last()
            seal_schema()
        with tenant_context(tenants.public()):
            open_for(
                demonstrated,
                subject="Why was this refused?",
                text="It worked last week. Please look into it.",
                source="question",
                **(
                    {"about": refused.request_id, "code": refused.code, "reason": refused.reason}
                    if refused
                    else {}
                ),
            )
            replied(
                open_for(demonstrated, subject="Our exports stopped this week", text="Why?", source="hand")
            )
        yield {"demo": demonstrated, "empty": make(), "public": tenants.public()}


@pytest.fixture(scope="module")
def words(demo_and_empty: dict[str, Tenant]) -> dict[str, str]:
    """The words of the demo's tenant, each with one as long as the product takes it."""
    with tenant_context(demo_and_empty["demo"]):
        return words_of(demo_and_empty["demo"])


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What the console says on any page of this module, checked after each."""
    return []


@pytest.fixture(scope="module")
def opened(
    chromium: Browser, port: int, demo_and_empty: dict[str, Tenant], complaints: list[str]
) -> Iterator[Callable[..., Page]]:
    """`opened(shown)`: the page, open in the one browser that its person has."""
    pages: dict[tuple[str, str], Page] = {}

    def get(shown: Shown, *, tenant: str = "demo") -> Page:
        where = demo_and_empty["public" if shown.is_public else tenant]
        key = (where.slug, shown.role)
        if key not in pages:
            pages[key] = open_page(chromium, where, port=port, complaints=complaints)
            if shown.role:
                connection.set_tenant(where)
                cookie = session_cookie(people.person(shown.role, where), where, url=url_of(where, port))
                pages[key].context.add_cookies([cookie])
        page = pages[key]
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        page.emulate_media(color_scheme="light")
        answer = page.goto(shown.path)
        assert answer is not None
        assert answer.status == shown.status
        expect(page.locator("[hx-trigger=load]")).to_have_count(0)
        if shown.then:
            shown.then(page)
        return page

    yield get
    for page in pages.values():
        page.context.close()


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_page(
    shown: Shown, opened: Callable[..., Page], complaints: list[str], words: dict[str, str]
) -> None:
    _check(opened(shown), complaints, words)


@pytest.mark.parametrize("shown", EMPTY, ids=lambda shown: shown.name)
def test_page_without_anything(shown: Shown, opened: Callable[..., Page], complaints: list[str]) -> None:
    _check(opened(shown, tenant="empty"), complaints, {})


def _check(page: Page, complaints: list[str], words: dict[str, str]) -> None:
    message = [*faults_of(page), *faults_of_long_words(page, words), *complaints]
    complaints.clear()
    assert message == [], "\n".join(message)
