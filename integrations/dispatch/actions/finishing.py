"""The end of a dispatch, with its result in an event: when it is done, or when its sender was found dead."""

from __future__ import annotations

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.shapes import Values
from integrations.dispatch.models import Attempt, Dispatch

#: So many failed payloads are listed in the event; the dispatch's page lists all.
MAX_LISTED = 100


@action(
    "integrations.dispatch.finish",
    permission=Permission.INTEGRATIONS_DISPATCH,
    subject="dispatch",
    while_frozen=True,
    done=gettext_lazy("finished sending: {label}"),
    tried=gettext_lazy("tried to finish sending: {label}"),
)
def finish_dispatch(act: Act, *, dispatch: Dispatch, cut_short: str) -> Dispatch:
    """Record the result of a dispatch. `cut_short`: why it ended early (`Dispatch.CutShort`); empty: it did not."""
    return _end(act, dispatch, cut_short=cut_short)


@action(
    "integrations.dispatch.settle",
    permission=Permission.INTEGRATIONS_DISPATCH,
    subject="dispatch",
    while_frozen=True,
    done=gettext_lazy("closed an interrupted dispatch: {label}"),
    tried=gettext_lazy("tried to close an interrupted dispatch: {label}"),
)
def settle_dispatch(act: Act, *, dispatch: Dispatch) -> Dispatch:
    """Record the result of a dispatch whose sender died. The payload under way may have arrived: it is `unknown`."""
    return _end(act, dispatch, cut_short=Dispatch.CutShort.INTERRUPTED)


def _end(act: Act, dispatch: Dispatch, *, cut_short: str) -> Dispatch:
    row = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
    act.refers(dispatch=str(row.pk))
    if row.finished_at is not None:
        act.noop(_("The dispatch is finished already."))
        return row
    now, own = timezone.now(), Attempt.objects.filter(dispatch=row)
    own.filter(outcome="").update(outcome=Attempt.Outcome.UNKNOWN, finished_at=now)
    counts = dict(own.values_list("outcome").annotate(Count("pk")).order_by())
    result: Values = {outcome: counts.get(outcome, 0) for outcome in Attempt.Outcome.values}
    result |= {"cut_short": cut_short, "finished_at": now}
    for name, value in result.items():
        setattr(row, name, value)
    row.save(update_fields=list(result))
    not_sent = row.amount - row.delivered - row.failed - row.unknown
    act.changed(
        row,
        before={"finished_at": None},
        after={name: value for name, value in result.items() if value != ""} | {"not_sent": not_sent},
    )
    act.found(**_not_delivered(row))
    return row


def _not_delivered(dispatch: Dispatch) -> Values:
    """The numbers of payloads that did not arrive, or may not have, with what is known of each."""
    rows = Attempt.objects.filter(dispatch=dispatch).exclude(outcome=Attempt.Outcome.DELIVERED)
    listed = [
        {"number": number, "outcome": outcome, "fault": fault, "http_status": status}
        for number, outcome, fault, status in rows.order_by("payload__number").values_list(
            "payload__number", "outcome", "fault", "http_status"
        )[:MAX_LISTED]
    ]
    return {"not_delivered": listed} if listed else {}
