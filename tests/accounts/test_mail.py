"""E-mails: plain text, links on the right host, and an honest report of failures."""

from __future__ import annotations

import pytest
from django.test import RequestFactory, override_settings
from django_tenants.utils import tenant_context

from asora.accounts.sign_in import mail
from plans.models import Tenant
from tests.factories import tenants

CONTEXT = {
    "name": "Miles O'Brien",
    "tenant": "Birch & Sons",
    "role": "Viewer",
    "invited_by": "Ann <ann>",
    "link": "http://birch.localhost/invitation/abc/",
    "until": "2026-11-28",
    "days": 7,
}


def test_the_first_line_is_the_subject_and_nothing_is_escaped(mailoutbox):
    assert mail.send("invitation", to="miles@example.com", context=CONTEXT)
    (sent,) = mailoutbox
    assert sent.subject == "Your invitation to Birch & Sons"
    assert sent.to == ["miles@example.com"]
    assert sent.body.startswith("Hello Miles O'Brien,\n\nAnn <ann> invites you to Birch & Sons. The company")
    assert "\nhttp://birch.localhost/invitation/abc/\n" in sent.body
    assert "&amp;" not in sent.body + sent.subject


def test_a_name_with_a_line_break_adds_no_header(mailoutbox):
    mail.send("invitation", to="a@example.com", context=CONTEXT | {"tenant": "Birch\nBcc: all@example.com"})
    assert mailoutbox[0].subject == "Your invitation to Birch"
    assert "Bcc" not in mailoutbox[0].message()


@override_settings(EMAIL_BACKEND="tests.accounts.test_mail.Broken")
def test_it_reports_a_mail_that_could_not_be_sent():
    assert not mail.send("invitation", to="a@example.com", context=CONTEXT)


class Broken:
    """A mail back end whose server does not answer."""

    def __init__(self, **options):
        pass

    def send_messages(self, messages):
        raise ConnectionRefusedError


@pytest.mark.parametrize(
    ("slug", "address"), [("acacia", "http://acacia.localhost"), ("public", "http://localhost")]
)
def test_a_link_is_on_the_host_of_its_tenant(public, slug, address):
    tenant = tenants.public() if slug == "public" else Tenant.objects.get(slug=slug)
    assert mail.link(tenant, "/x/") == f"{address}:8000/x/"
    request = RequestFactory().get("/", headers={"host": "localhost:8104"}, SERVER_PORT="8104")
    assert mail.link(tenant, "/x/", request=request) == f"{address}:8104/x/"
    request = RequestFactory().get("/", headers={"host": "localhost:1337"}, SERVER_PORT="8104")
    assert mail.link(tenant, "/x/", request=request) == f"{address}/x/", "Asora does not listen on that port"
    request = RequestFactory().get("/", headers={"host": "localhost"}, secure=True)
    with tenant_context(tenant), override_settings(HTTPS=True):
        assert mail.link(tenant, "/x/", request=request) == f"{address.replace('http', 'https')}/x/"
        assert mail.link(tenant, "/x/") == f"{address.replace('http', 'https')}/x/"


def test_a_tenant_without_a_host_name_gets_links_to_its_future_one(public):
    tenant = Tenant(slug="half-made", schema_name="t_half_made")
    assert mail.link(tenant, "/x/") == "http://half-made.localhost:8000/x/"
