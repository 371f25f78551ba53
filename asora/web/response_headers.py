"""Headers of every response: what a browser may cache, and which devices a page may use."""

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
# Pages of signed-in people are not stored. Forms are, so that the browser's Back button shows what was typed.
SIGNED_IN, FORM = "no-store", "private, no-cache"
READ_AS = {"utf-8", "ascii"}


class ResponseHeadersMiddleware:
    """Refuses requests in an unsupported text encoding, and sets the headers."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request) if _is_readable(request) else _unreadable(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        if policy := _cache_policy(request):
            response.headers.setdefault("Cache-Control", policy)
        return response


def _is_readable(request: HttpRequest) -> bool:
    """Return True if the request's charset is supported. Some of Python's encodings are not encodings of text."""
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
        request, ValidationFailed(_("This text encoding is not supported. Send the text in UTF-8."))
    )


def _cache_policy(request: HttpRequest) -> str:
    act = getattr(request, "act", None)
    if act is None or not act.actor.is_authenticated:
        return ""
    match = request.resolver_match
    is_form = match is not None and getattr(match.func, "is_form", False)
    return FORM if is_form and request.method == "GET" else SIGNED_IN
