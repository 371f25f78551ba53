"""Contacts, and what happens to a call: somebody takes it, or it is passed on to the next level."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict, ValidationFailed
from support.oncall import paging, queries
from support.oncall.models import Contact, Page

MANAGE, WORK = Permission.SUPPORT_MANAGE_KNOWLEDGE, Permission.SUPPORT_WORK_DESK
MAX_AT_ONCE = 100


def _duty_taken() -> ValidationFailed:
    return ValidationFailed.at_field(
        "duty",
        _("There is a contact for this duty. Change that contact, or retire it first."),
        reason=Reason.INVALID_INPUT,
    )


@action(
    "support.oncall.add_contact",
    permission=MANAGE,
    constraint_refusals={"support_contact_duty": _duty_taken},
    done=gettext_lazy("added a contact for calls"),
    tried=gettext_lazy("tried to add a contact for calls"),
)
def add_contact(act: Act, *, duty: str, name: str, email: str, phone: str = "", notes: str = "") -> Contact:
    """Add the contact of a duty. Refusals: VALIDATION_FAILED INVALID_INPUT if the duty has one."""
    if Contact.objects.filter(duty=duty, is_active=True).exists():
        raise _duty_taken()
    contact = Contact(duty=duty, name=name, email=email, phone=phone, notes=notes)
    contact.save(force_insert=True)
    act.changed(contact, after={"duty": duty})
    return contact


@action(
    "support.oncall.change_contact",
    permission=MANAGE,
    subject="contact",
    done=gettext_lazy("changed a contact for calls"),
    tried=gettext_lazy("tried to change a contact for calls"),
)
def change_contact(
    act: Act, *, contact: Contact, name: str, email: str, phone: str = "", notes: str = ""
) -> Contact:
    """Change how a contact is called. Refusals: STATE_CONFLICT ALREADY_ARCHIVED if it was retired."""
    row = _locked_contact(act, contact)
    given = {"name": name, "email": email, "phone": phone, "notes": notes}
    changed = [field for field, value in given.items() if getattr(row, field) != value]
    if not changed:
        act.noop(_("Nothing has changed."))
        return row
    before = {f"{field}_length": len(getattr(row, field)) for field in changed}
    for field in changed:
        setattr(row, field, given[field])
    row.save(update_fields=changed)
    act.found(changed=changed)
    act.changed(row, before=before, after={f"{field}_length": len(given[field]) for field in changed})
    return row


@action(
    "support.oncall.retire_contact",
    permission=MANAGE,
    subject="contact",
    done=gettext_lazy("retired a contact for calls"),
    tried=gettext_lazy("tried to retire a contact for calls"),
)
def retire_contact(act: Act, *, contact: Contact) -> Contact:
    """Retire a contact and delete what identifies the person: name, address, phone number and notes.

    Refusals: STATE_CONFLICT ALREADY_ARCHIVED.
    """
    row = _locked_contact(act, contact)
    row.is_active, row.name, row.email, row.phone, row.notes = False, "", "", "", ""
    row.save(update_fields=["is_active", "name", "email", "phone", "notes"])
    act.changed(row, before={"is_active": True}, after={"is_active": False})
    return row


@action(
    "support.oncall.acknowledge",
    permission=WORK,
    subject="call",
    done=gettext_lazy("took the call about {label}"),
    tried=gettext_lazy("tried to take the call about {label}"),
)
def acknowledge(act: Act, *, call: Page) -> Page:
    """Take a call, and with it every open call about the same ticket or incident: nobody else is called.

    Refusals: ROUTE_NOT_FOUND NO_SUCH_RECORD for a security call that the actor may not see.
    """
    rows = queries.visible(act.actor).select_for_update().filter(subject=call.subject)
    act.reads(call)
    taken = next((row for row in rows if row.pk == call.pk), None)
    if taken is None:
        raise RouteNotFound(_("This call does not exist."), reason=Reason.NO_SUCH_RECORD)
    waiting = [row for row in rows if row.state == Page.State.SENT]
    if not waiting:
        act.noop(_("Somebody has taken this call already."))
        return taken
    now = timezone.now()
    for row in waiting:
        row.state, row.acknowledged_at, row.acknowledged_by = Page.State.ACKNOWLEDGED, now, act.actor.ref
        row.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
        act.changed(row, before={"state": Page.State.SENT}, after={"state": row.state, "level": row.level})
    return taken


@action(
    "support.oncall.pass_on",
    permission=Permission.SUPPORT_RECEIVE,
    done=gettext_lazy("passed calls on to the next level"),
    tried=gettext_lazy("tried to pass calls on"),
)
def pass_on(act: Act, *, now: datetime) -> int:
    """Pass on the calls that nobody took in time, unless their ticket or incident is finished.

    Called by the worker every minute. Returns how many.
    """
    due = Page.objects.filter(pk__in=queries.due(now)[:MAX_AT_ONCE], state=Page.State.SENT).order_by("due_at")
    rows = list(due.select_for_update(skip_locked=True))
    if not rows:
        act.noop(_("No call is due."))
        return 0
    for row in rows:
        paging.pass_on(act, row, now=now)
        act.changed(row, before={"state": Page.State.SENT}, after={"state": row.state, "level": row.level})
    return len(rows)


def _locked_contact(act: Act, contact: Contact) -> Contact:
    row = Contact.objects.select_for_update().get(pk=contact.pk)
    act.reads(row)
    if not row.is_active:
        raise StateConflict(_("This contact has been retired."), reason=Reason.ALREADY_ARCHIVED)
    return row
