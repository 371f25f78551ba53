"""Mails that a provider posts. Its signature of the whole post is required; providers without one are not supported.

django-anymail checks the signature. The mail itself is not read by it, because the limits of `parsing` come first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.mailersend import MailerSendInboundWebhookView
from anymail.webhooks.mandrill import MandrillCombinedWebhookView
from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from asora.kernel.pages import AsoraRequest, open_page
from asora.kernel.refusals import AuthRequired, Reason, RouteNotFound, ValidationFailed
from support.mail import addresses
from support.mail.actions.receiving import take

#: A mail as it came from the network, and the addresses to which it was delivered.
Posted = tuple[bytes, tuple[str, ...]]
MAX_MAILS = 50


def _of_mailersend(request: AsoraRequest) -> Iterator[Posted]:
    told = json.loads(request.body)["data"]
    named = told.get("recipients", {}).get("rcptTo", [])
    yield told["raw"].encode(), tuple(str(one["email"]) for one in named)


def _of_mandrill(request: AsoraRequest) -> Iterator[Posted]:
    for event in json.loads(request.POST["mandrill_events"])[:MAX_MAILS]:
        if event.get("event") == "inbound":
            told = event["msg"]
            yield told["raw_msg"].encode(), (str(told["email"]),) if told.get("email") else ()


#: Provider → the view that checks its signature, the name of the key there, and what reads the post.
PROVIDERS: dict[str, tuple[type[AnymailCoreWebhookView], str, Callable[[AsoraRequest], Iterator[Posted]]]] = {
    "mailersend": (MailerSendInboundWebhookView, "inbound_secret", _of_mailersend),
    "mandrill": (MandrillCombinedWebhookView, "webhook_key", _of_mandrill),
}


@csrf_exempt
@open_page(host="public", methods=["POST", "HEAD"])
def posted(request: AsoraRequest) -> HttpResponse:
    """Take in the mails that the configured provider posts. Each is taken once, so a repeated post changes nothing.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_PAGE if no provider is configured; AUTH_REQUIRED BAD_CREDENTIALS without a valid
    signature; VALIDATION_FAILED INVALID_INPUT for a post that is none of the provider's.
    """
    provider = PROVIDERS.get(settings.ASORA_INBOUND_MAIL)
    if provider is None or not addresses.is_on():
        raise RouteNotFound(reason=Reason.NO_SUCH_PAGE)
    if request.method == "HEAD":  # a provider asks whether the address exists
        return HttpResponse()
    view, key, read = provider
    _require_signature(view, key, request)
    try:
        mails = list(read(request))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValidationFailed(_("This is not a post about a mail."), reason=Reason.INVALID_INPUT) from error
    for raw, recipients in mails:
        take(raw, channel="webhook", recipients=recipients)
    return HttpResponse(status=204)


def _require_signature(view: type[AnymailCoreWebhookView], key: str, request: AsoraRequest) -> None:
    options: dict[str, Any] = {key: settings.ASORA_INBOUND_MAIL_KEY}
    try:
        view(**options).run_validators(request)
    except AnymailWebhookValidationFailure as error:
        raise AuthRequired(
            _("The signature of this post is wrong."), reason=Reason.BAD_CREDENTIALS
        ) from error
