"""E-mails to people, and the links in them. An e-mail is sent after the change it reports was committed."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template import Context
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django_tenants.utils import get_tenant_domain_model

from asora.accounts.models import User
from asora.accounts.sign_in.background import in_background
from asora.kernel import binding
from asora.kernel.act import Tenancy
from asora.kernel.database_errors import Unavailable
from asora.kernel.shapes import ReadOnlyValues

RESET, PASSWORD_CHANGED = "reset", "password_changed"

log = structlog.get_logger(__name__)


def send(
    template: str, *, to: str, context: ReadOnlyValues, attachments: Sequence[tuple[str, str]] = ()
) -> bool:
    """Send `templates/mail/<template>.txt`, whose first line is the subject.

    `attachments`: text files, as (name, contents). Returns True if the mail server accepted the message. A failure is
    logged without the recipient and the text.
    """
    # Plain text must not be escaped. The engine can turn escaping off only through the context.
    plain: Any = get_template(f"mail/{template}.txt")
    subject, _, body = plain.template.render(Context(dict(context), autoescape=False)).strip().partition("\n")
    try:
        message = EmailMessage(" ".join(subject.split()), body.lstrip("\n") + "\n", to=[to])
        for name, contents in attachments:
            message.attach(name, contents, "text/plain")
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail not sent", template=template, why=type(error).__name__)
        return False
    return True


def link(tenant: Tenancy, path: str, *, request: HttpRequest | None = None) -> str:
    """The absolute URL of `path` (which begins with one slash) on the host of `tenant`.

    A request cannot choose where a link leads: the host is the tenant's own, and the port is taken from the request
    only if the server really listens on it. A tenant that is being set up has no host name yet; the link uses the one
    that it will get.
    """
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise ValueError("a link in a mail needs a path that begins with one slash")
    scheme = "https" if settings.HTTPS else "http"
    return f"{scheme}://{_host(tenant)}{_port(request)}{path}"


def _port(request: HttpRequest | None) -> str:
    """The `:port` to append to the host, or an empty text."""
    if request is None:
        return "" if settings.HTTPS else f":{settings.PORT}"
    asked = request.get_host().rpartition(":")[2]
    listening = {request.META.get("SERVER_PORT"), str(settings.PORT)}
    return f":{asked}" if asked in listening else ""


def send_reset(tenant: Tenancy, user: User, token: str, *, request: HttpRequest) -> None:
    """Send the link to a new password. Called in the background, because mail servers can be slow."""
    context = {
        "name": user.name,
        "tenant": getattr(tenant, "name", tenant.slug),
        "link": link(tenant, reverse("accounts:reset", args=[token]), request=request),
        "minutes": settings.PASSWORD_RESET_TIMEOUT // 60,
    }
    send(RESET, to=user.email, context=context)


def send_password_changed(tenant: Tenancy, user: User, *, request: HttpRequest) -> None:
    """Tell a person that their password was changed, after the commit. The e-mail is sent in the background."""
    at = timezone.now().astimezone(ZoneInfo(tenant.time_zone))
    context = {
        "name": user.name,
        "tenant": getattr(tenant, "name", tenant.slug),
        "at": f"{at:%Y-%m-%d %H:%M} ({tenant.time_zone})",
        "link": link(tenant, reverse("accounts:forgot"), request=request),
    }
    try:
        in_background(tenant, lambda: _send(PASSWORD_CHANGED, to=user.email, context=context))
    except Unavailable:  # the password has been changed, even if the e-mail cannot be sent
        log.warning("mail not sent", template=PASSWORD_CHANGED, why="too much work is waiting")


def _send(template: str, *, to: str, context: ReadOnlyValues) -> None:
    send(template, to=to, context=context)


def _host(tenant: Tenancy) -> str:
    named = (
        get_tenant_domain_model().objects.filter(tenant_id=tenant.pk).order_by("-is_primary", "pk").first()
    )
    if named is not None:
        return str(named.domain)
    return settings.DOMAIN if tenant.schema_name == binding.PUBLIC else f"{tenant.slug}.{settings.DOMAIN}"
