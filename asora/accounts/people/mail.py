"""Mails to people: the link of an invitation, and what other contexts send to a person by pseudonym."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse

from asora.accounts.models import Invitation, User
from asora.accounts.roles.labels import role_name
from asora.accounts.sign_in import links
from asora.accounts.sign_in.mail import link, send
from asora.accounts.sign_in.queries import actor_of
from asora.kernel import binding
from asora.kernel.act import Tenancy
from asora.kernel.permissions import Permission
from asora.kernel.shapes import ReadOnlyValues

INVITATION = "invitation"  # the purpose of its link, and the name of its template


def send_invitation(tenant: Tenancy, invitation: Invitation, *, request: HttpRequest | None = None) -> bool:
    """Send the link of an invitation of `tenant`, which is bound. Returns True if the mail server accepted it."""
    token = links.token(INVITATION, ref=invitation.ref, nonce=invitation.nonce)
    inviter = User.objects.filter(ref=invitation.invited_by).first()
    until = invitation.expires_at.astimezone(ZoneInfo(tenant.time_zone))
    context = {
        "name": invitation.name,
        "tenant": getattr(tenant, "name", tenant.slug),
        "is_public": tenant.schema_name == binding.PUBLIC,
        "role": role_name(invitation.role),
        "invited_by": inviter.name if inviter else "",
        "link": link(tenant, reverse("accounts:invitation", args=[token]), request=request),
        "until": f"{until:%Y-%m-%d %H:%M} ({tenant.time_zone})",
        "days": (invitation.expires_at - invitation.invited_at).days,
    }
    return send(INVITATION, to=invitation.email, context=context)


def mail_to(
    tenant: Tenancy,
    ref: str,
    *,
    permission: Permission,
    template: str,
    path: str,
    context: ReadOnlyValues,
    attachments: Sequence[tuple[str, str]] = (),
) -> bool:
    """Send a mail to the person with the pseudonym `ref` of `tenant`, which is bound, with a link to `path`.

    Returns False if nobody active with this permission has the pseudonym, or the mail server did not accept it.
    """
    person = User.objects.filter(ref=ref, is_active=True).first()
    if person is None or not actor_of(person).may(permission):
        return False
    named = {
        "name": person.name,
        "tenant": getattr(tenant, "name", tenant.slug),
        "link": link(tenant, path),
    }
    return send(template, to=person.email, context={**named, **context}, attachments=attachments)
