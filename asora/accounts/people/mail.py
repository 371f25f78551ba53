"""The mail that carries the link of an invitation."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse

from asora.accounts.models import Invitation, User
from asora.accounts.roles.labels import role_name
from asora.accounts.sign_in import links
from asora.accounts.sign_in.mail import link, send
from asora.kernel import binding
from asora.kernel.act import Tenancy

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
