"""Opening a count: its hub, its scope, blind or not, and its tolerance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.accounts.people.queries import names
from asora.kernel import keys
from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict, ValidationFailed
from inventory.models import Bin, Category, Hub, Item
from ledger.counts.actions.counting import SHOWN, hub_of
from ledger.counts.queries.scopes import Scope, balances_in, below, lock_openings, overlaps_of
from ledger.models import CountLine, CountSession
from ledger.posting import rules

MAX_LINES = 5_000


def already_open(count: int | None = None) -> StateConflict:
    """The refusal of a second submit of the same opening form, with the count that the first opened."""
    return StateConflict(
        _("This count has already been opened."),
        reason=Reason.ALREADY_POSTED,
        details={"count": count} if count else {},
    )


@action(
    "ledger.count.open",
    permission=Permission.LEDGER_COUNT,
    hubs=hub_of,
    subject="title",
    constraint_refusals={"ledger_countsession_submission_key": already_open},
    done=gettext_lazy("opened count {label}"),
    tried=gettext_lazy("tried to open count {label}"),
)
def open_count(
    act: Act,
    *,
    submission: UUID,
    hub: Hub,
    title: str,
    is_blind: bool = True,
    tolerance_kind: str = "none",
    tolerance: Decimal = rules.ZERO,
    bins: Sequence[Bin] = (),
    categories: Sequence[Category] = (),
    items: Sequence[Item] = (),
    not_counted_since: date | None = None,
    assignee: str = "",
) -> CountSession:
    """Open a count; its lines are the balances above zero in scope. Returns the session.

    Refusals: STATE_CONFLICT ALREADY_POSTED; VALIDATION_FAILED OUT_OF_SCOPE (a bin of another hub), TOO_LARGE (over
    5,000 lines: narrow the scope), INVALID_INPUT (assignee or tolerance), DATE_IN_FUTURE.
    """
    act.at_hubs(hub)
    act.reads(hub, f"submission:{submission}", *(keys.of(bin_) for bin_ in bins))
    if earlier := CountSession.objects.filter(submission=submission).values_list("pk", flat=True).first():
        raise already_open(earlier)
    lock_openings(hub)
    _refuse_foreign_bins(hub, bins)
    _check_opening(act, tolerance_kind, tolerance, not_counted_since, assignee)
    wanted = Scope(
        hub_id=hub.pk,
        bins=frozenset(bin_.pk for bin_ in bins) or None,
        categories=below(categories),
        items=frozenset(item.pk for item in items) or None,
        not_counted_since=not_counted_since,
    )
    found = balances_in(wanted, limit=MAX_LINES + 1)
    if len(found) > MAX_LINES:
        message = _(
            "A count can have at most %(most)s lines. Limit it to some bins, categories or items."
        ) % {"most": f"{MAX_LINES:,}"}
        raise ValidationFailed.at_field("bins", message, reason=Reason.TOO_LARGE)
    session = CountSession(
        submission=submission,
        hub=hub,
        title=title,
        is_blind=is_blind,
        tolerance_kind=tolerance_kind,
        tolerance=tolerance,
        not_counted_since=not_counted_since,
        assignee=assignee,
        opened_by=act.actor.ref,
    )
    session.save(force_insert=True)
    session.bins.set(bins)
    session.categories.set(categories)
    session.items.set(items)
    CountLine.objects.bulk_create(
        [CountLine(session=session, item_id=item, bin_id=bin_) for item, bin_ in found], batch_size=1000
    )
    act.found(overlaps=[str(overlap.session) for overlap in overlaps_of(session)[:SHOWN]])
    act.touched(f"submission:{submission}")
    act.changed(
        session,
        after={
            "hub": hub.code,
            "title": title,
            "is_blind": is_blind,
            "tolerance": f"{tolerance} {tolerance_kind}" if tolerance_kind != "none" else "none",
            "bins": [bin_.code for bin_ in bins[:SHOWN]],
            "categories": [category.code for category in categories[:SHOWN]],
            "items": [item.sku for item in items[:SHOWN]],
            "not_counted_since": not_counted_since,
            "assignee": assignee,
            "lines": len(found),
        },
    )
    return session


def _refuse_foreign_bins(hub: Hub, bins: Sequence[Bin]) -> None:
    for bin_ in bins:
        if bin_.hub_id != hub.pk:
            message = _("Bin %(bin)s is not in hub %(hub)s.") % {"bin": bin_.code, "hub": hub.code}
            raise ValidationFailed.at_field("bins", message, reason=Reason.OUT_OF_SCOPE)


def _check_opening(
    act: Act, tolerance_kind: str, tolerance: Decimal, not_counted_since: date | None, assignee: str
) -> None:
    if tolerance_kind not in CountSession.ToleranceKind.values or tolerance < 0:
        raise ValidationFailed.at_field(
            "tolerance", _("Enter a tolerance of zero or more."), reason=Reason.INVALID_INPUT
        )
    if not_counted_since is not None and not_counted_since > act.today:
        message = _("This date is in the future. Enter today or an earlier date.")
        raise ValidationFailed.at_field("not_counted_since", message, reason=Reason.DATE_IN_FUTURE)
    if assignee and assignee not in names():
        raise ValidationFailed.at_field(
            "assignee", _("Choose a person from the list."), reason=Reason.INVALID_INPUT
        )
