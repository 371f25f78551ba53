"""Known issues: add, change, fix and withdraw."""

from __future__ import annotations

import re

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action, registry
from asora.kernel.permissions import Permission
from asora.kernel.refusals import CODES, Reason, StateConflict, ValidationFailed
from support.knowledge import locking, queries
from support.knowledge.models import KnownIssue

MANAGE = Permission.SUPPORT_MANAGE_KNOWLEDGE
RELEASE = re.compile(r"\d+\.\d+\.\d+")
MAX_TITLE, MAX_WORKAROUND = 160, 4_000
FIELDS = ("title", "code", "action", "reason", "since_release", "workaround", "is_public")


@action(
    "support.known_issue.add",
    permission=MANAGE,
    done=gettext_lazy("added a known issue ({label})"),
    tried=gettext_lazy("tried to add a known issue"),
)
def add_issue(
    act: Act,
    *,
    title: str,
    workaround: str,
    code: str = "",
    action: str = "",
    reason: str = "",
    since_release: str = "",
    is_public: bool = False,
) -> KnownIssue:
    """Add an issue, which tickets then find by the code, action and reason of their events.

    Refusal: VALIDATION_FAILED INVALID_INPUT.
    """
    issue = KnownIssue(
        title=_line("title", title),
        workaround=_text(workaround),
        since_release=_release("since_release", since_release),
        is_public=is_public,
    )
    issue.code, issue.action, issue.reason = _signature(code, action, reason)
    locking.one_at_a_time()
    issue.ref = queries.next_ref()
    issue.save(force_insert=True)
    act.changed(issue, after=_recorded(issue))
    return issue


@action(
    "support.known_issue.change",
    permission=MANAGE,
    subject="issue",
    done=gettext_lazy("changed a known issue ({label})"),
    tried=gettext_lazy("tried to change a known issue ({label})"),
)
def change_issue(
    act: Act,
    *,
    issue: KnownIssue,
    title: str,
    workaround: str,
    code: str = "",
    action: str = "",
    reason: str = "",
    since_release: str = "",
    is_public: bool = False,
    seen: int,
) -> KnownIssue:
    """Change an issue. `seen`: the revision that was read.

    Refusals: VALIDATION_FAILED INVALID_INPUT; STATE_CONFLICT STALE_FORM, NOT_ACTIVE (fixed or withdrawn).
    """
    wanted = {
        "title": _line("title", title),
        "workaround": _text(workaround),
        "since_release": _release("since_release", since_release),
        "is_public": is_public,
    }
    wanted["code"], wanted["action"], wanted["reason"] = _signature(code, action, reason)
    row = _locked(act, issue, seen)
    changed = [name for name in FIELDS if getattr(row, name) != wanted[name]]
    if not changed:
        act.noop(_("Nothing was changed."))
        return row
    before = _recorded(row)
    for name in changed:
        setattr(row, name, wanted[name])
    return _saved(act, row, before, *changed)


@action(
    "support.known_issue.fix",
    permission=MANAGE,
    subject="issue",
    done=gettext_lazy("recorded the fix of a known issue ({label})"),
    tried=gettext_lazy("tried to record the fix of a known issue ({label})"),
)
def fix_issue(act: Act, *, issue: KnownIssue, fixed_in: str, seen: int) -> KnownIssue:
    """Record in which release an issue is fixed.

    Refusals: VALIDATION_FAILED INVALID_INPUT; STATE_CONFLICT STALE_FORM, NOT_ACTIVE.
    """
    release = _release("fixed_in", fixed_in)
    if not release:
        message = _("Enter the release that has the fix.")
        raise ValidationFailed.at_field("fixed_in", message, reason=Reason.INVALID_INPUT)
    row = _locked(act, issue, seen)
    before = _recorded(row)
    row.state, row.fixed_in = KnownIssue.State.FIXED, release
    return _saved(act, row, before, "state", "fixed_in")


@action(
    "support.known_issue.withdraw",
    permission=MANAGE,
    subject="issue",
    done=gettext_lazy("withdrew a known issue ({label})"),
    tried=gettext_lazy("tried to withdraw a known issue ({label})"),
)
def withdraw_issue(act: Act, *, issue: KnownIssue, seen: int) -> KnownIssue:
    """Withdraw an issue that was none. Refusals: STATE_CONFLICT STALE_FORM, NOT_ACTIVE."""
    row = _locked(act, issue, seen)
    before = _recorded(row)
    row.state = KnownIssue.State.WITHDRAWN
    return _saved(act, row, before, "state")


def _locked(act: Act, issue: KnownIssue, seen: int) -> KnownIssue:
    act.reads(issue)
    row = KnownIssue.objects.select_for_update().get(pk=issue.pk)
    if row.revision != seen:
        raise StateConflict(_("Another person has changed this issue in the meantime."))
    if row.state != KnownIssue.State.OPEN:
        raise StateConflict(_("This issue is not open."), reason=Reason.NOT_ACTIVE)
    return row


def _saved(act: Act, row: KnownIssue, before: dict[str, object], *names: str) -> KnownIssue:
    row.revision += 1
    row.changed_at = timezone.now()
    row.save(update_fields=[*names, "revision", "changed_at"])
    act.changed(row, before=before, after=_recorded(row))
    return row


def _recorded(row: KnownIssue) -> dict[str, object]:
    """What an event has of an issue: its texts are in the row, and the event has their length."""
    return {
        "code": row.code,
        "action": row.action,
        "reason": row.reason,
        "since_release": row.since_release,
        "fixed_in": row.fixed_in,
        "is_public": row.is_public,
        "state": row.state,
        "title_length": len(row.title),
        "workaround_length": len(row.workaround),
    }


def _signature(code: str, action: str, reason: str) -> tuple[str, str, str]:
    """Code, action and reason of the events that have the issue. Each is known, and a reason or action needs a code."""
    checks = (
        ("code", code, {one.code for one in CODES}),
        ("action", action, set(registry)),
        ("reason", reason, {str(one) for one in Reason}),
    )
    for field, value, known in checks:
        if value and value not in known:
            message = _("Choose one that exists.")
            raise ValidationFailed.at_field(field, message, reason=Reason.INVALID_INPUT)
    if (action or reason) and not code:
        message = _("Choose the code too.")
        raise ValidationFailed.at_field("code", message, reason=Reason.INVALID_INPUT)
    return code, action, reason


def _release(field: str, text: str) -> str:
    release = text.strip().lstrip("v")
    if release and not RELEASE.fullmatch(release):
        message = _("Enter a release as three numbers, such as 1.4.0.")
        raise ValidationFailed.at_field(field, message, reason=Reason.INVALID_INPUT)
    return release


def _line(field: str, text: str) -> str:
    line = " ".join(text.split())
    if not line or len(line) > MAX_TITLE:
        message = _("Enter a title of at most %(most)s characters.") % {"most": MAX_TITLE}
        raise ValidationFailed.at_field(field, message, reason=Reason.INVALID_INPUT)
    return line


def _text(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if len(text) > MAX_WORKAROUND:
        message = _("Enter at most %(most)s characters.") % {"most": MAX_WORKAROUND}
        raise ValidationFailed.at_field("workaround", message, reason=Reason.INVALID_INPUT)
    return text
