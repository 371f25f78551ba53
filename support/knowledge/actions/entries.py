"""A person publishes a version of an entry, or withdraws the entry."""

from __future__ import annotations

import re
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, RouteNotFound, StateConflict, ValidationFailed
from support.knowledge import entry_rules, locking, queries
from support.knowledge.models import Entry

MANAGE = Permission.SUPPORT_MANAGE_KNOWLEDGE
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


@action(
    "support.knowledge.publish",
    permission=MANAGE,
    done=gettext_lazy("published a knowledge entry ({label})"),
    tried=gettext_lazy("tried to publish a knowledge entry"),
)
def publish_entry(
    act: Act, *, kind: str, key: str, title: str, body: str, rule: str, next_review: date | None, seen: int
) -> Entry:
    """Publish a version of an entry, or a new entry. `rule`: JSON. `seen`: the version that was read; 0: a new entry.

    Refusals: VALIDATION_FAILED INVALID_INPUT, CODE_TAKEN; STATE_CONFLICT STALE_FORM.
    """
    _require_writable(kind)
    if not KEY.fullmatch(key):
        message = _("Use lower-case letters, digits, hyphens and underscores.")
        raise ValidationFailed.at_field("key", message, reason=Reason.INVALID_INPUT)
    try:
        content = entry_rules.content(kind, key, title=title, body=body, rule=rule)
    except entry_rules.InvalidEntry as invalid:
        raise ValidationFailed.at_field(invalid.field, invalid, reason=Reason.INVALID_INPUT) from invalid
    if next_review is not None and next_review <= act.today:
        message = _("Enter a day in the future.")
        raise ValidationFailed.at_field("next_review", message, reason=Reason.INVALID_INPUT)
    locking.one_at_a_time()
    before = queries.versions(kind, key).first()
    if before is not None and not seen:
        message = _("An entry with this key exists already.")
        raise ValidationFailed.at_field("key", message, reason=Reason.CODE_TAKEN)
    _require_seen(before, seen)
    made = Entry(
        kind=kind,
        key=key,
        version=before.version + 1 if before else 1,
        title=content.title,
        body=content.body,
        rule=content.rule,
        next_review=next_review,
        published_by=act.actor.ref,
        request_id=act.request_id,
    )
    return _recorded(act, made)


@action(
    "support.knowledge.withdraw",
    permission=MANAGE,
    subject="entry",
    done=gettext_lazy("withdrew a knowledge entry ({label})"),
    tried=gettext_lazy("tried to withdraw a knowledge entry ({label})"),
)
def withdraw_entry(act: Act, *, entry: Entry) -> Entry:
    """Withdraw an entry: the desk no longer uses it. `entry`: the version that was read. Publishing brings it back.

    Refusals: VALIDATION_FAILED INVALID_INPUT (part of the release, or needed); STATE_CONFLICT STALE_FORM.
    """
    _require_writable(entry.kind)
    if (entry.kind, entry.key) in entry_rules.NEEDED:
        raise ValidationFailed(_("Replies are checked by this entry, so it cannot be withdrawn."))
    locking.one_at_a_time()
    act.reads(entry)
    before = queries.versions(entry.kind, entry.key).first()
    _require_seen(before, entry.version)
    if entry.is_withdrawn:
        act.noop(_("This entry is withdrawn already."))
        return entry
    made = Entry(
        kind=entry.kind,
        key=entry.key,
        version=entry.version + 1,
        title=entry.title,
        body=entry.body,
        rule=entry.rule,
        is_withdrawn=True,
        next_review=entry.next_review,
        published_by=act.actor.ref,
        request_id=act.request_id,
    )
    return _recorded(act, made)


def _recorded(act: Act, made: Entry) -> Entry:
    made.save(force_insert=True)
    act.changed(
        made,
        after={
            "kind": made.kind,
            "key": made.key,
            "version": made.version,
            "is_withdrawn": made.is_withdrawn,
        },
    )
    return made


def _require_writable(kind: str) -> None:
    if kind not in {one.value for one in entry_rules.WRITABLE}:
        raise ValidationFailed(
            _("Entries of this kind are parts of a release. They change with the product only.")
        )


def _require_seen(before: Entry | None, seen: int) -> None:
    if before is None and seen:
        raise RouteNotFound(_("This entry does not exist."), reason=Reason.NO_SUCH_RECORD)
    if before is not None and before.version != seen:
        raise StateConflict(_("Another person has published a version of this entry in the meantime."))
