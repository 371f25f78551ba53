"""Feature requests: they are logged, and the desk does not act on them."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from asora.kernel.act import Act
from asora.kernel.action import action
from asora.kernel.permissions import Permission
from asora.kernel.refusals import Reason, StateConflict
from support.escalations import queries
from support.escalations.models import FeatureRequest
from support.escalations.numbering import next_number
from support.escalations.texts import optional, required
from support.investigations.queries import require_step
from support.tickets import changes
from support.tickets.models import Message, Ticket

WORK_DESK = Permission.SUPPORT_WORK_DESK


@action(
    "support.feature.log",
    permission=WORK_DESK,
    subject="ticket",
    done=gettext_lazy("logged a feature request ({label})"),
    tried=gettext_lazy("tried to log a feature request ({label})"),
)
def log_feature(
    act: Act, *, ticket: Ticket, title: str, segment: str, use_case: str, impact: str, workaround: str = ""
) -> FeatureRequest:
    """Log what a customer wishes for. It promises nothing, and the ticket is answered from its template.

    Refusals: those of a ticket; STATE_CONFLICT STEP_MISSING before the event is located, TICKET_STATE if the ticket
    has one already; VALIDATION_FAILED INVALID_INPUT.
    """
    row = changes.locked(act, ticket)
    require_step(act, row, 3)
    if queries.feature_of(row) is not None:
        raise StateConflict(
            _("A feature request is logged for this ticket already."),
            reason=Reason.TICKET_STATE,
            details={"remedy": _("Answer the ticket from the template of feature requests.")},
        )
    request = FeatureRequest(
        number=next_number(FeatureRequest),
        ticket=row,
        title=required("title", title, most=160),
        segment=required("segment", segment, most=80),
        use_case=required("use_case", use_case, most=2000),
        impact=required("impact", impact, most=1000),
        workaround=optional("workaround", workaround, most=1000),
        similar=len(queries.similar_features(title=title, use_case=use_case)),
        logged_by=act.actor.ref,
        request_id=act.request_id,
    )
    request.save(force_insert=True)
    changes.add_message(
        act,
        row,
        kind=Message.Kind.SYSTEM,
        text=_("Feature request %(ref)s was logged. It is not a commitment.") % {"ref": request},
        is_internal=True,
    )
    act.refers(ticket=row.ref)
    act.changed(request, after={"number": request.number, "ticket": row.ref, "similar": request.similar})
    return request
