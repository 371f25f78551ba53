"""The four answers about a refusal, as the tenant's own request page gives them, for the page of an investigation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from uuid import UUID

from django.conf import settings
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.urls import get_script_prefix, get_urlconf, reverse, set_script_prefix, set_urlconf
from django.utils.safestring import SafeString

from asora.accounts.people.queries import names
from asora.kernel.act import Act
from asora.kernel.pages import AsoraRequest
from asora.kernel.shapes import Values
from audit.events import readers
from audit.events.models import Event
from audit.explorer import story
from audit.explorer.changed import what_changed
from audit.explorer.key_words import in_words
from audit.explorer.others import who_else
from plans.models import Tenant

_STORY, _QUESTIONS = "audit/_story.html", "audit/_questions.html"


@contextmanager
def with_addresses_of(tenant: Tenant) -> Iterator[None]:
    """Templates find the tenant's pages under the addresses of the agent's session."""
    prefix = reverse("support:tenant", args=[tenant.slug])
    urlconf, before = get_urlconf(), get_script_prefix()
    set_urlconf(settings.ROOT_URLCONF)
    set_script_prefix(prefix)
    try:
        yield
    finally:
        set_urlconf(urlconf)
        set_script_prefix(before)


def answers(within: Act, request: AsoraRequest, tenant: Tenant, record: str) -> tuple[SafeString, SafeString]:
    """The decision of an event in words, and the four answers about it; the latter empty if nothing was refused.

    `record`: the id of the event; that of an attempt gives nothing. Inside the tenant only.
    """
    event = readers.readable(within.actor).filter(pk=record).first() if _is_uuid(record) else None
    if event is None:
        return SafeString(""), SafeString("")
    context: Values = {
        "act": within,
        "event": event,
        "csrf_token": get_token(request),
        "request": SimpleNamespace(people=names()),  # where the tags of people look
        **story.story(within.actor, event),
    }
    with with_addresses_of(tenant):
        told = render_to_string(_STORY, context)
        if event.outcome != Event.Outcome.REFUSED:
            return SafeString(told), SafeString("")
        changes = what_changed(within.actor, event)
        read = {key for cause in changes.causes for key in cause.met}
        context |= {
            "changed": changes,
            "words": in_words(within.actor, read),
            "others": who_else(within.actor, event),
        }
        asked = render_to_string(_QUESTIONS, context)
    return SafeString(told), SafeString(asked)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
