"""Links of invitations: valid ones, invalid ones, and sending a new one."""

from __future__ import annotations

import pytest
from django.core import signing
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from asora.accounts.models import Invitation
from asora.accounts.people.actions.invitations import (
    invite,
    renew_invitation,
    withdraw_invitation,
)
from asora.accounts.people.mail import send_invitation
from asora.accounts.sign_in import links
from asora.kernel.refusals import (
    PermissionDenied,
    Reason,
    StateConflict,
)
from tests.factories import tenants
from tests.factories.invitations import ADA, SECRET, TAKEN, link_in
from tests.headers import JSON
from tests.refusals import refused


def assert_invalid(answer) -> None:
    """The response is that of every invalid link."""
    page = answer.content.decode()
    assert answer.status_code == 401
    assert "This link does not work" in page
    assert "LINK_INVALID" in page
    for story in ("Ada", "ada@", "Receiver", "invitation/"):
        assert story not in page


class TestLinks:
    """Links that are wrong, used, expired, withdrawn or of another host get the same response."""

    @pytest.mark.parametrize(
        "token", ["x", "a:b:c", "x" * 5_000, "é", "%00", "..", "eyJzY2hlbWEiOiJ0X2FjYWNpYSJ9:1:x"]
    )
    def test_made_up(self, acacia, client_as, events, token):
        for method in ("get", "post"):
            assert_invalid(getattr(client_as(), method)(f"/invitation/{token}/"))
        assert client_as().get(f"/invitation/{token}/", headers=JSON).json()["reason"] == "LINK_INVALID"
        assert events() == []

    def test_run_out(self, acacia, invited, client_as):
        row, path = invited()
        Invitation.objects.filter(pk=row.pk).update(expires_at=timezone.now())
        assert_invalid(client_as().get(path))
        assert_invalid(client_as().post(path, TAKEN))
        assert "Expired" in client_as("owner").get("/settings/staff/").content.decode()

    def test_withdrawn(self, acacia, invited, client_as, act_as):
        row, path = invited()
        withdraw_invitation(act_as("owner"), invitation=row)
        assert_invalid(client_as().post(path, TAKEN))
        row.refresh_from_db()
        assert (row.name, row.email) == ("", "")

    def test_sent_again(self, acacia, invited, client_as, mailoutbox):
        row, old = invited()
        Invitation.objects.filter(pk=row.pk).update(expires_at=timezone.now())
        browser = client_as("owner")
        answer = browser.post(f"/settings/staff/invitations/{row.ref}/resend/", follow=True)
        assert b"The invitation was sent." in answer.content
        new = link_in(mailoutbox[-1])
        assert_invalid(client_as().post(old, TAKEN))
        assert client_as().post(new, TAKEN).status_code == 302

    def test_the_neighbours(self, acacia, birch, act_as, client_as, mailoutbox):
        with tenant_context(birch):
            row = invite(act_as("owner", tenant=birch), **ADA)
            send_invitation(birch, row)
        path = link_in(mailoutbox[0])
        values = {field.name: getattr(row, field.name) for field in Invitation._meta.concrete_fields}
        Invitation.objects.create(**values)  # even with an identical row here
        assert_invalid(client_as().get(path))
        assert_invalid(client_as().post(path, TAKEN))
        assert client_as(tenant=birch).get(path).status_code == 200
        assert_invalid(client_as(tenant=tenants.public()).get(path))

    def test_signed_for_something_else(self, acacia, invited, client_as):
        row, _path = invited()
        claims = {"ref": row.ref, "nonce": row.nonce}
        forged = [
            links.token("reset", **claims),
            links.token("invitation", **claims | {"nonce": "another"}),
            links.token("invitation", **claims | {"ref": "u-another"}),
            signing.dumps(claims | {"schema": "t_acacia"}),
            signing.dumps(
                claims | {"schema": "t_acacia"}, key="guessed", salt=links._salt("invitation", "t_acacia")
            ),
        ]
        for token in forged:
            assert_invalid(client_as().post(f"/invitation/{token}/", TAKEN))
        right = links.token("invitation", **claims)
        assert client_as().get(f"/invitation/{right}/").status_code == 200

    def test_the_link_is_in_no_page_event_or_log(self, acacia, invited, client_as, events, capsys):
        row, path = invited()
        token = path.split("/")[2]
        browser = client_as("owner")
        pages = [
            browser.get(at).content.decode()
            for at in ("/settings/staff/", f"/settings/staff/invitations/{row.ref}/", "/audit/")
        ]
        client_as().get(path)
        client_as().post(path, {})
        client_as().post(path, TAKEN)
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_jsonb(e)::text FROM audit_event e")
            kept = [text for (text,) in cursor.fetchall()]
        assert len(kept) >= 3
        for text in [*pages, *kept]:
            assert token not in text
            assert row.nonce not in text
        for text in kept:
            assert "zebulon" not in text.lower()
            assert "ada@" not in text
            assert SECRET not in text


class TestAgainAndBack:
    """Sending an invitation again, and withdrawing it."""

    @pytest.mark.parametrize("action", [renew_invitation, withdraw_invitation])
    def test_name_and_address_are_removed_once_it_is_closed(
        self, acacia, invited, act_as, client_as, action, events
    ):
        row, path = invited()
        client_as().post(path, TAKEN)
        refused(StateConflict, Reason.NOT_ACTIVE, lambda: action(act_as("owner"), invitation=row))
        other = invite(act_as("owner"), **ADA | {"email": "b@example.com"})
        withdraw_invitation(act_as("owner"), invitation=other)
        refused(StateConflict, Reason.NOT_ACTIVE, lambda: action(act_as("owner"), invitation=other))
        assert events(action=action.name, outcome="refused")[-1].resource_label == other.ref

    @pytest.mark.parametrize("action", [renew_invitation, withdraw_invitation])
    def test_only_people_who_manage_staff_may(self, acacia, invited, act_as, action):
        row, _path = invited()
        refused(
            PermissionDenied,
            Reason.ROLE_LACKS_PERMISSION,
            lambda: action(act_as("manager"), invitation=row),
        )

    def test_a_withdrawn_address_can_be_invited_anew(self, acacia, invited, act_as):
        row, _path = invited()
        withdraw_invitation(act_as("owner"), invitation=row)
        invited()

    def test_the_pages(self, acacia, birch, invited, client_as, act_as):
        row, path = invited()
        browser, base = client_as("owner"), f"/settings/staff/invitations/{row.ref}/"
        assert "ada@example.com" in browser.get(base).content.decode()
        assert browser.get(f"{base}withdraw/").status_code == 404
        for method, at in (("get", base), ("post", f"{base}resend/"), ("post", f"{base}withdraw/")):
            assert getattr(client_as("manager"), method)(at).status_code == 403
            assert getattr(client_as("owner", tenant=birch), method)(at).status_code == 404
            assert getattr(browser, method)(at.replace(row.ref, "u-nobody")).status_code == 404
        assert browser.post(f"{base}withdraw/").status_code == 302
        assert b"Withdrawn" in browser.get(base).content
        assert browser.post(f"{base}resend/").status_code == 409
        _row, path = invited()
        client_as().post(path, TAKEN)
        answered = browser.get(f"/settings/staff/invitations/{_row.ref}/")
        assert answered["Location"] == f"/settings/staff/{_row.ref}/"
        assert browser.post(f"/settings/staff/invitations/{_row.ref}/withdraw/").status_code == 409
