"""The steps that changes of all master records share: rules, lock, version, archive.

The bodies of the actions call these plain functions inside the door's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from asora.kernel import keys, locks
from asora.kernel.act import Act
from asora.kernel.gates import hub_not_granted
from asora.kernel.permissions import Permission
from asora.kernel.reach import works_everywhere
from asora.kernel.refusals import PermissionDenied, Reason, StateConflict, ValidationFailed
from asora.kernel.shapes import ReadOnlyValues, Values
from inventory.models import Bin, Hub, MasterRecord
from inventory.queries import edits_since
from inventory.rules import RuleBroken

BATCH = 5_000  # rows per INSERT: the number of queries does not grow with the lines of any real file

M = TypeVar("M", bound=MasterRecord)
V = TypeVar("V")
T = TypeVar("T")


def obey(rule: Callable[[V], T], value: V, *, field: str) -> T:
    """The value that the rule returns. Refusals: VALIDATION_FAILED at `field`, with the rule's reason."""
    try:
        return rule(value)
    except RuleBroken as broken:
        raise ValidationFailed.at_field(field, broken.message, reason=broken.reason) from broken


def code_taken() -> ValidationFailed:
    """The refusal CODE_TAKEN: another record already has an equal code (`kernel.text.fold_code`)."""
    return ValidationFailed.at_field(
        "code", _("This code is already in use. Choose another one."), reason=Reason.CODE_TAKEN
    )


def locked(record: M) -> M:
    """Read the record again and lock it until commit."""
    rows = type(record)._default_manager.select_for_update(of=("self",))
    return rows.get(pk=record.pk)


def opened(act: Act, record: M, *, version: int) -> M:
    """Lock the record for an edit that started from `version`.

    Refusals: STATE_CONFLICT STALE_FORM (with the changes since that version), ALREADY_ARCHIVED.
    """
    act.reads(record)
    row = locked(record)
    if row.version != version:
        raise StateConflict(
            _("Somebody changed %(record)s after you opened this form.") % {"record": row},
            reason=Reason.STALE_FORM,
            details={
                "seen": version,
                "version": row.version,
                "edits": edits_since(row, version, reader=act.actor),
                "remedy": _("Reload the record, then make your change again."),
            },
        )
    if row.is_archived:
        raise StateConflict(
            _("%(record)s is archived and cannot be changed.") % {"record": row},
            reason=Reason.ALREADY_ARCHIVED,
            details={"remedy": _("Restore it, then make your change again.")},
        )
    return row


@dataclass(slots=True)
class Edit:
    """The fields that an edit changes: values before and after, by field."""

    before: Values
    after: Values

    def note(self, name: str, before: Any, after: Any) -> None:
        """Add a change of one field."""
        self.before[name], self.after[name] = before, after

    def __bool__(self) -> bool:
        return bool(self.after)

    def __contains__(self, name: str) -> bool:
        return name in self.after


def differences(row: MasterRecord, wanted: ReadOnlyValues) -> Edit:
    """The fields of `wanted` whose value differs from the row's."""
    edit = Edit({}, {})
    for name, value in wanted.items():
        if getattr(row, name) != value:
            edit.note(name, getattr(row, name), value)
    return edit


def save(act: Act, row: MasterRecord, edit: Edit, *, elsewhere: Iterable[str] = ()) -> bool:
    """Save an edit as the next version and record what changed. Without a change, record that there was nothing to do.

    `elsewhere`: changes that the caller saves in another table. Returns True if there was a change.
    """
    if not edit:
        act.noop("no difference")
        return False
    own = [name for name in edit.after if name not in set(elsewhere)]
    for name in own:
        setattr(row, name, edit.after[name])
    _next_version(row, *own)
    act.changed(
        row,
        before={**_shown(edit.before), "version": row.version - 1},
        after={**_shown(edit.after), "version": row.version},
    )
    return True


def require_not_archived(act: Act, row: MasterRecord) -> None:
    """Refuse to archive a record twice. Refusals: STATE_CONFLICT ALREADY_ARCHIVED."""
    act.reads(row)
    if row.is_archived:
        raise StateConflict(
            _("%(record)s is already archived.") % {"record": row}, reason=Reason.ALREADY_ARCHIVED
        )


def archive(act: Act, row: MasterRecord) -> None:
    """Archive a locked record. Refusals: STATE_CONFLICT ALREADY_ARCHIVED."""
    require_not_archived(act, row)
    row.archived_at = timezone.now()
    _next_version(row, "archived_at")
    act.changed(
        row,
        before={"archived_at": None, "version": row.version - 1},
        after={"archived_at": row.archived_at, "version": row.version},
    )


def require_archived(act: Act, row: MasterRecord) -> None:
    """Refuse to restore a record that is not archived. Refusals: STATE_CONFLICT NOT_ARCHIVED."""
    act.reads(row)
    if not row.is_archived:
        raise StateConflict(_("%(record)s is not archived.") % {"record": row}, reason=Reason.NOT_ARCHIVED)


def restore(act: Act, row: MasterRecord) -> None:
    """Restore a locked record. Refusals: STATE_CONFLICT NOT_ARCHIVED."""
    require_archived(act, row)
    was = row.archived_at
    row.archived_at = None
    _next_version(row, "archived_at")
    act.changed(
        row,
        before={"archived_at": was, "version": row.version - 1},
        after={"archived_at": None, "version": row.version},
    )


def require_unused(row: MasterRecord, *, by: Mapping[Any, int]) -> None:
    """Refuse to archive a record that is still in use (STILL_IN_USE). `by`: what uses it, in words, and how many."""
    users = {str(word): count for word, count in by.items() if count}
    if users:
        listed = ", ".join(f"{word} ({count:,})" for word, count in users.items())
        raise ValidationFailed(
            _("%(record)s is still in use: %(users)s.") % {"record": row, "users": listed},
            reason=Reason.STILL_IN_USE,
            details={"used_by": users, "remedy": _("Archive or move them first.")},
        )


def require_live(row: MasterRecord, *, field: str, reason: Reason) -> None:
    """Refuse to use an archived record for something new."""
    if row.is_archived:
        raise ValidationFailed.at_field(field, _("%(record)s is archived.") % {"record": row}, reason=reason)


def require_hubs(act: Act, hubs: Iterable[Hub]) -> None:
    """Refuse work at a hub that is not granted. For hubs that are known only in the body of an action."""
    for hub in sorted(set(hubs), key=str):
        act.at_hubs(hub)
        act.reads(*keys.at_hub(act.actor, hub.pk))
        if not act.actor.may(Permission.INVENTORY_OPERATE_HUB, hub):
            raise hub_not_granted(hub)


def require_all_hubs(act: Act) -> None:
    """Refuse new hubs to people who work at some hubs only: they could not open the hub they made."""
    act.reads(keys.person(act.actor.ref), keys.grant(act.actor.ref, keys.EVERY))
    if not works_everywhere(act.actor):
        raise PermissionDenied(
            _("Only people who work at all hubs can add a hub."),
            reason=Reason.HUB_NOT_GRANTED,
            details={
                "permission": Permission.INVENTORY_OPERATE_HUB,
                "remedy": _("Ask an owner to let you work at all hubs."),
            },
        )


def advisory_lock(act: Act, purpose: str) -> None:
    """Take a lock until the transaction ends, one per tenant and purpose: for rules over several tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s)", [locks.key(purpose, f"{act.tenant.schema_name}:inventory")]
        )


def _next_version(row: MasterRecord, *fields: str) -> None:
    row.version += 1
    row.save(update_fields=[*fields, "version"])


def _shown(values: ReadOnlyValues) -> Values:
    return {name: value.address if isinstance(value, Bin) else value for name, value in values.items()}
