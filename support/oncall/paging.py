"""Calls the people on duty. Undecorated: called in the bodies of actions; the e-mail is sent after the commit."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from asora.kernel.act import Act
from support.oncall import mail, rules
from support.oncall.models import Contact, Page
from support.oncall.rules import Level


def page(act: Act, *, subject: UUID, ref: str, severity: int | None, is_security: bool) -> list[Page]:
    """Call the first level of each ladder that applies: of the severity, and of security.

    `subject`, `ref`: the id and the reference of the ticket or incident. Nobody is called twice for the same severity,
    so this can be called whenever the severity changes. Without a contact the call waits until there is one.
    Returns the new calls.
    """
    now = timezone.now()
    made = []
    for for_security in (False, True) if is_security else (False,):
        levels = rules.ladder(severity=severity, is_security=for_security)
        if levels:
            made += _call(
                act, Page(subject=subject, subject_ref=ref, severity=severity, is_security=for_security),
                levels=levels, level=0, now=now,
            )  # fmt: skip
    return made


def pass_on(act: Act, row: Page, *, now: datetime) -> list[Page]:
    """Call the next level of a call that nobody answered. `row` is locked. Returns the new calls."""
    row.state = Page.State.PASSED_ON
    row.save(update_fields=["state"])
    levels = rules.ladder(severity=row.severity, is_security=row.is_security)
    following = Page(
        subject=row.subject, subject_ref=row.subject_ref, severity=row.severity, is_security=row.is_security
    )
    return _call(act, following, levels=levels, level=row.level + 1, now=now)


def _call(act: Act, row: Page, *, levels: tuple[Level, ...], level: int, now: datetime) -> list[Page]:
    at = levels[level]
    same = {"subject": row.subject, "severity": row.severity, "is_security": row.is_security}
    if Page.objects.filter(**same, level=level, duty=at.duty).exists():
        return []
    row.duty, row.level, row.sent_at = at.duty, level, now
    row.due_at = rules.passed_on_at(at, now)
    row.contact = Contact.objects.filter(duty=at.duty, is_active=True).first()
    row.request_id = act.request_id
    row.save(force_insert=True)
    act.touched(row)
    transaction.on_commit(partial(mail.send_soon, row.pk), robust=True)
    return [row]
