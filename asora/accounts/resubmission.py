"""A form that was sent when the session had ended: sealed for its person, and shown to them after they have signed in.

The browser remembers who was last signed in on this host (a signed pseudonym, and no right to anything). What arrives
without a session is encrypted for that person, in that schema, and travels with the sign-in. Whoever else signs in
cannot open it, and neither can who looks at the page.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from asora.accounts import links
from asora.accounts.carrying import LONGEST, Carried, is_ours, refused_request
from asora.accounts.models import User
from asora.kernel.refusals import AuthRequired
from asora.kernel.secrets import Unreadable, seal, unseal

PURPOSE = "last-person"
PLACE = {"table": "accounts_user", "field": "resubmission"}
REMEMBERED_FOR = timedelta(days=90)
#: What no person has typed: counters of lines, names of submissions, what a form was opened with.
OURS = re.compile(r"(^|-)(\w+_FORMS|submission|seen|version|id)$")
LINE = re.compile(r"^\w+-(?P<number>\d{1,6})-(?P<field>\w+)$")
#: Base64 of as much as is carried.
LONGEST_SEALED = LONGEST * 3 // 2


def remember(request: HttpRequest, response: HttpResponseBase, person: User) -> None:
    """Let the browser know who was signed in here last, unless it does."""
    if last_person(request) == person.ref:
        return
    response.set_cookie(
        settings.ASORA_PERSON_COOKIE_NAME,
        links.token(PURPOSE, ref=person.ref),
        max_age=int(REMEMBERED_FOR.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def last_person(request: HttpRequest) -> str:
    """The pseudonym of who was signed in here last, if the browser knows."""
    written = request.COOKIES.get(settings.ASORA_PERSON_COOKIE_NAME, "")
    try:
        return str(links.read(PURPOSE, written)["ref"]) if written else ""
    except AuthRequired:
        return ""


def sealed(request: HttpRequest) -> str:
    """What a request without a session has sent, for its person alone; empty if there is nothing, or nobody."""
    ref = last_person(request)
    if request.method != "POST" or not ref:
        return ""
    wanted = refused_request(request)
    if not wanted.fields:
        return ""
    plain = json.dumps([wanted.next, wanted.fields, wanted.left_out])
    return urlsafe_b64encode(seal(plain, row=ref, **PLACE)).decode()


def opened(request: HttpRequest, text: str, person: User) -> Carried | None:
    """What was sealed, if it was for this person in this schema."""
    try:
        target, fields, left_out = json.loads(unseal(urlsafe_b64decode(text), row=person.ref, **PLACE))
    except (Unreadable, ValueError):
        return None
    if not is_ours(request, target):
        target = reverse("accounts:security")
    return Carried(next=target, fields=fields, left_out=left_out)


def context_of(carried: Carried) -> dict[str, Any]:
    """What `accounts/_resend.html` shows."""
    pairs = list(carried.pairs())
    typed = [(_label(name), value) for name, value in pairs if value.strip() and not OURS.search(name)]
    return {"carried": carried, "pairs": pairs, "typed": typed}


def _label(name: str) -> str:
    """`lines-0-unit_cost` as somebody reads it."""
    line = LINE.match(name)
    plain = (line["field"] if line else name).replace("_", " ")
    return f"{_('Line')} {int(line['number']) + 1}: {plain}" if line else plain
