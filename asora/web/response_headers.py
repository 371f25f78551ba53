"""Headers that every answer carries: what a browser may keep, and which of its devices a page may use."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from asora.kernel.refusals import ValidationFailed
from asora.web import refusal_pages

Handler = Callable[[HttpRequest], HttpResponseBase]
# A page may use the camera for scanning, and no other device.
PERMISSIONS = "camera=(self), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
# What people see here leaves no copy behind. A form is kept for the way back, so that what was typed is still there.
SIGNED_IN, FORM = "no-store", "private, no-cache"
READ_AS = {"utf-8", "ascii"}


class ResponseHeadersMiddleware:
    """Refuses text in an encoding that is not read here, and sets the headers."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request) if _is_readable(request) else _unreadable(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if keeping := _keeping(request):
            response.headers.setdefault("Cache-Control", keeping)
        return response


def _is_readable(request: HttpRequest) -> bool:
    """Whether the charset that a client names is one that is read. Some that Python knows are no encodings of text."""
    charset = (request.content_params or {}).get("charset")
    if charset is None:
        return True
    try:
        return codecs.lookup(charset).name in READ_AS
    except (LookupError, ValueError):
        return False


def _unreadable(request: HttpRequest) -> HttpResponseBase:
    request.encoding = "utf-8"
    return refusal_pages.answer(
        request, ValidationFailed(_("Send text in UTF-8; this encoding is not read here."))
    )


def _keeping(request: HttpRequest) -> str:
    act = getattr(request, "act", None)
    if act is None or not act.actor.is_authenticated:
        return ""
    match = request.resolver_match
    is_form = match is not None and getattr(match.func, "is_form", False)
    return FORM if is_form and request.method == "GET" else SIGNED_IN
