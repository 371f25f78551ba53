"""A form that was sent while a fresh proof was missing. It is kept in the page, so that nothing typed is lost.

It comes back from the browser and is not trusted: it is shown as a form to send again and checked like any other form.
Passwords are never carried, and files cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

SECRET = re.compile(r"password|secret|token|one_time_code|^again$|csrf", re.IGNORECASE)
MAX_LENGTH = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Resubmission:
    """Where to continue, and the fields to send there; `fields` is None for a page that was only opened."""

    next: str
    fields: str | None = None
    left_out: bool = False

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The fields in their order, one pair for each value."""
        parsed = QueryDict(self.fields or "")
        for name, values in parsed.lists():
            for value in values:
                yield name, value


def refused_request(request: HttpRequest) -> Resubmission:
    """The target and the fields of the request that is being refused."""
    if request.method != "POST":
        return Resubmission(next=request.get_full_path())
    names = [name for name in request.POST if not SECRET.search(name)]
    fields = urlencode([(name, value) for name in names for value in request.POST.getlist(name)])
    asked = {name for name in request.POST if not name.startswith("csrf")}
    left_out = bool(request.FILES) or len(asked) > len(names) or len(fields) > MAX_LENGTH
    return Resubmission(
        next=request.get_full_path(), fields=fields if len(fields) <= MAX_LENGTH else "", left_out=left_out
    )


def is_ours(request: HttpRequest, target: str) -> bool:
    """Return True if a URL is on this host."""
    return bool(target) and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
