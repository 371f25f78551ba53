"""Writing and deleting sign-in attempts (`SignInAttempt`): outside the door, because they are not in the audit trail.

Only the latest rows of each kind are kept, so nobody can grow the table, and one kind cannot displace another's rows.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from asora.accounts.models import SignInAttempt, User
from asora.accounts.models.addresses import fold_address
from asora.accounts.sign_in.networks import client_address
from asora.kernel.refusals import Reason

KEPT_FOR = timedelta(days=90)


def digest_of(address: str, *, kind: str = "") -> str:
    """A keyed digest of an address. Digests can be compared only within the current schema."""
    schema = getattr(connection, "schema_name", "")
    purpose = f"asora.accounts.attempts:{schema}" + (f":{kind}" if kind else "")
    return salted_hmac(purpose, fold_address(address), algorithm="sha256").hexdigest()


def note(
    request: HttpRequest,
    kind: SignInAttempt.Kind,
    *,
    reason: Reason | None = None,
    address: str = "",
    person: User | None = None,
    session_ref: str = "",
) -> str:
    """Record one attempt; returns the random reference by which an event may name it."""
    act = getattr(request, "act", None)
    source = client_address(request)
    row = SignInAttempt(
        kind=kind,
        request_id=getattr(request, "request_id", ""),
        route=act.route[:200] if act else "",
        reason=str(reason or ""),
        address_digest=digest_of(address) if address else "",
        source=str(source) if source else None,
        browser=_plain(request.headers.get("User-Agent", "")),
        person=person.ref if person else "",
        session_ref=session_ref,
    )
    row.save(force_insert=True)
    _forget_older(kind)
    return row.ref


def note_locked_out(request: HttpRequest, *, address: str) -> None:
    """Record an attempt during a lock-out. It gets no event, so that nobody can grow the audit trail."""
    _note_of(request, SignInAttempt.Kind.LOCKED_OUT, address=address, reason=Reason.LOCKED_OUT)


def note_refused(request: HttpRequest, *, address: str, reason: Reason) -> None:
    """Record a wrong code or password. The action has already written its event, with the same request id."""
    _note_of(request, SignInAttempt.Kind.RECORDED, address=address, reason=reason)


def _note_of(request: HttpRequest, kind: SignInAttempt.Kind, *, address: str, reason: Reason) -> None:
    person = User.objects.with_address(address).first()
    note(request, kind, reason=reason, address=address, person=person)


def forget_old() -> int:
    """Delete attempts that are older than three months; returns the number of rows."""
    gone, _by_table = SignInAttempt.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()
    return gone


def _forget_older(kind: SignInAttempt.Kind) -> None:
    kept: int = settings.ASORA_ATTEMPTS_KEPT
    rows = SignInAttempt.objects.filter(kind=kind)
    beyond = rows.order_by("-pk").values("pk")[kept : kept + 1]
    rows.filter(pk__lte=Subquery(beyond)).delete()


def _plain(text: str) -> str:
    return text.replace("\x00", "").encode(errors="replace").decode()[:200]
