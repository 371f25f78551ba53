"""A form that was sent after the session had ended: encrypted for its person, and shown to them after they sign in.

A cookie names the person who was last signed in on this host (a signed pseudonym that grants no rights). A form that
arrives without a session is encrypted for that person in that schema and sent along with the sign-in form. Another
person who signs in cannot decrypt it, and neither can somebody who reads the page.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from asora.accounts.models import User
from asora.accounts.sign_in import links
from asora.accounts.sign_in.resubmission import MAX_LENGTH, Resubmission, is_ours, refused_request
from asora.kernel.refusals import AuthRequired
from asora.kernel.secrets import Unreadable, seal, unseal
from asora.kernel.shapes import Values

PURPOSE = "last-person"
PLACE = {"table": "accounts_user", "field": "resubmission"}
REMEMBERED_FOR = timedelta(days=90)
#: Fields that nobody typed: counters of lines, names of submissions, the values a form was opened with.
OURS = re.compile(r"(^|-)(\w+_FORMS|submission|seen|version|id)$")
LINE = re.compile(r"^\w+-(?P<number>\d{1,6})-(?P<field>\w+)$")
#: The Base64 length of the largest form that is carried.
MAX_SEALED_LENGTH = MAX_LENGTH * 3 // 2


def remember(request: HttpRequest, response: HttpResponseBase, person: User) -> None:
    """Set the cookie that names the person who was last signed in here, if it is not set yet."""
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
    """The pseudonym of the person who was last signed in here, from the cookie."""
    written = request.COOKIES.get(settings.ASORA_PERSON_COOKIE_NAME, "")
    try:
        return str(links.read(PURPOSE, written)["ref"]) if written else ""
    except AuthRequired:
        return ""


def sealed(request: HttpRequest) -> str:
    """The form of a request without a session, encrypted for its person; empty if there is no form or no person."""
    ref = last_person(request)
    if request.method != "POST" or not ref:
        return ""
    wanted = refused_request(request)
    if not wanted.fields:
        return ""
    plain = json.dumps([wanted.next, wanted.fields, wanted.left_out])
    return urlsafe_b64encode(seal(plain, row=ref, **PLACE)).decode()


def opened(request: HttpRequest, text: str, person: User) -> Resubmission | None:
    """The decrypted form, if it was encrypted for this person in this schema."""
    try:
        target, fields, left_out = json.loads(unseal(urlsafe_b64decode(text), row=person.ref, **PLACE))
    except (Unreadable, ValueError):
        return None
    if not is_ours(request, target):
        target = reverse("accounts:security")
    return Resubmission(next=target, fields=fields, left_out=left_out)


def context_of(carried: Resubmission) -> Values:
    """The context of `accounts/_resend.html`."""
    pairs = list(carried.pairs())
    typed = [(_label(name), value) for name, value in pairs if value.strip() and not OURS.search(name)]
    return {"carried": carried, "pairs": pairs, "typed": typed}


def _label(name: str) -> str:
    """A readable label of a field such as `lines-0-unit_cost`."""
    line = LINE.match(name)
    plain = (line["field"] if line else name).replace("_", " ")
    return f"{_('Line')} {int(line['number']) + 1}: {plain}" if line else plain
